import { formatIsoInstant, type Column, type Table } from "#core";

const needsQuotes = /[",;\t\r\n]|^\s|\s$/;

/**
 * A table as CSV: comma, `\n`, a header, quotes only where they are needed. A missing cell is the
 * empty field, an empty text is `""` (read back as such with `quotedMissing: false`). Numbers are
 * written in the shortest form that reads back as the same double.
 */
export function writeCsv(table: Table): string {
  return [...csvChunks(table)].join("");
}

/** The same text in pieces of some thousand rows, for large tables. */
export function* csvChunks(table: Table): Generator<string> {
  const writers = table.columns.map(cellWriter);
  yield `${table.columns.map((column) => quoteText(column.name)).join(",")}\n`;
  const single = writers.length === 1;
  for (let start = 0; start < table.rows; start += 8192) {
    let text = "";
    for (let row = start; row < Math.min(start + 8192, table.rows); row++) {
      const line = writers.map((write) => write(row)).join(",");
      // A blank line is no record: a lone missing cell needs its quotes.
      text += line === "" && single ? '""\n' : `${line}\n`;
    }
    yield text;
  }
}

function cellWriter(column: Column): (row: number) => string {
  switch (column.kind) {
    case "number":
      return (row) => {
        if (column.missing?.[row] === 1) return "";
        const value = column.values[row] ?? Number.NaN;
        if (Object.is(value, -0)) return "-0";
        // Keeps what is no whole-number column from being read back as one.
        return !column.integer && Number.isInteger(value) && Math.abs(value) < 1e21
          ? `${value}.0`
          : String(value);
      };
    case "text": {
      const levels = column.levels.map(quoteText);
      return (row) => levels[column.codes[row] ?? -1] ?? "";
    }
    case "date":
      return (row) => {
        const value = column.values[row] ?? Number.NaN;
        if (Number.isNaN(value)) return "";
        const iso = formatIsoInstant(value);
        return column.dateOnly ? iso.slice(0, 10) : iso;
      };
  }
}

function quoteText(text: string): string {
  return text === "" || needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
