import { cellAt, type Table } from "#core";

/** A table as JSON Lines, one object a row; a missing cell is `null`, as are NaN and the infinities, which JSON cannot hold. */
export function writeJsonLines(table: Table): string {
  const names = table.columns.map((column) => JSON.stringify(column.name));
  const lines: string[] = [];
  for (let row = 0; row < table.rows; row++) {
    const cells = table.columns.map(
      (column, c) => `${names[c]}:${JSON.stringify(cellAt(column, row))}`,
    );
    lines.push(`{${cells.join(",")}}\n`);
  }
  return lines.join("");
}
