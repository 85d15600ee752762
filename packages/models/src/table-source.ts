import type { Column, ErrorFacts, NumberColumn, Table } from "#core";
import { cellAt, DataError, findColumn } from "#core";
import type { BoundInput, InputBinding } from "./bind-inputs.ts";
import { countDays, daysOfMs } from "./count-days.ts";
import type { ColumnWriter, RowSource } from "./row-source.ts";
import { fillInput } from "./row-source.ts";
import { isBigIntType, refuseNumber } from "./value-checks.ts";

/** Collects what preparing a table's columns finds: faults stop the scoring, notes go with it. */
interface Findings {
  readonly faults: string[];
  readonly notes: string[];
}

/**
 * Prepares a table's columns for a model: every value is checked once, then windows of rows
 * are written straight from the columns. Throws one {@link DataError} with every fault.
 */
export function createTableSource(binding: InputBinding, table: Table): RowSource {
  const findings: Findings = { faults: [], notes: [] };
  const prepared = binding.inputs.map((input) => ({
    input,
    writers: input.columns.map((name) => prepareColumn(findColumn(table, name), input, findings)),
  }));
  if (findings.faults.length > 0) throw joinFaults(binding.fileName, findings.faults);
  return {
    rows: table.rows,
    notes: findings.notes,
    feed: (window) =>
      Object.fromEntries(
        prepared.map(({ input, writers }) => [input.name, fillInput(input, writers, window)]),
      ),
  };
}

/** One {@link DataError} that lists what cannot be fed, at most twenty lines. */
export function joinFaults(fileName: string, faults: readonly string[]): DataError {
  const shown = faults.slice(0, 20).map((fault) => `- ${fault}`);
  const more = faults.length > 20 ? [`- and ${faults.length - 20} more`] : [];
  const facts: ErrorFacts = {
    code: "VALUES_DO_NOT_FIT",
    message: [`The rows do not fit ${fileName}:`, ...shown, ...more].join("\n"),
    hint: "Give the model the columns and types that it was trained on, encoded the same way.",
  };
  return new DataError(facts);
}

function prepareColumn(
  column: Column | undefined,
  input: BoundInput,
  findings: Findings,
): ColumnWriter {
  if (column === undefined) {
    findings.faults.push(`A column of input ${input.name} is not in the data.`);
    return writeNumbers(new Float64Array(0));
  }
  if (input.type === "string") return prepareText(column, input, findings);
  const values =
    input.dates?.has(column.name) === true
      ? daysOf(column, input, findings)
      : numbersOf(column, input, findings);
  checkNumbers(column.name, values, { input, findings });
  return isBigIntType(input.type) ? writeBigInts(values) : writeNumbers(values);
}

function numbersOf(column: Column, input: BoundInput, findings: Findings): Float64Array {
  if (column.kind === "number") return column.values;
  if (column.kind === "text") {
    const byCode = column.levels.map((level) => ["false", "true"].indexOf(level.toLowerCase()));
    if (!byCode.includes(-1)) return Float64Array.from(column.codes, (code) => byCode[code] ?? NaN);
  }
  const shown = column.kind === "date" ? "dates" : `text (${showLevels(column.levels)})`;
  findings.faults.push(
    `Column ${column.name} holds ${shown}, but input ${input.name} takes ${input.type}.`,
  );
  return new Float64Array(0);
}

/** A column as days since 1970-01-01 UTC, NaN where a cell is missing. */
function daysOf(column: Column, input: BoundInput, findings: Findings): Float64Array {
  switch (column.kind) {
    case "date":
      return column.values.map(daysOfMs);
    case "number":
      if (column.values.some((value) => !Number.isNaN(value))) {
        findings.notes.push(
          `Column ${column.name} holds numbers; the model takes them as days since 1970-01-01.`,
        );
      }
      return column.values;
    case "text": {
      const byCode = column.levels.map((level) => (level === "" ? 0 : countDays(level)));
      const bad = column.codes.findIndex((code) => code >= 0 && Number.isNaN(byCode[code]));
      if (bad >= 0) {
        const level = JSON.stringify(column.levels[column.codes[bad] ?? -1]);
        findings.faults.push(
          `Column ${column.name}, row ${bad + 1} is ${level}, but an ISO 8601 date such as 2024-02-29 is expected (input ${input.name}).`,
        );
      }
      return Float64Array.from(column.codes, (code) =>
        column.levels[code] === "" ? Number.NaN : (byCode[code] ?? Number.NaN),
      );
    }
  }
}

function showLevels(levels: readonly string[]): string {
  const shown = levels.slice(0, 3).map((level) => JSON.stringify(level));
  return levels.length > 3 ? `${shown.join(", ")}, …` : shown.join(", ");
}

function checkNumbers(
  columnName: string,
  values: Float64Array,
  { input, findings }: { readonly input: BoundInput; readonly findings: Findings },
): void {
  const bad = values.findIndex((value) => refuseNumber(value, input.type) !== null);
  if (bad < 0) return;
  const reason = refuseNumber(values[bad] ?? NaN, input.type);
  findings.faults.push(`Column ${columnName}, row ${bad + 1} ${reason} (input ${input.name}).`);
}

function prepareText(column: Column, input: BoundInput, findings: Findings): ColumnWriter {
  if (column.kind === "text") {
    const missing = column.codes.reduce((count, code) => count + (code < 0 ? 1 : 0), 0);
    noteMissing(column.name, missing, findings);
    return writeTexts((row) => column.levels[column.codes[row] ?? -1] ?? "");
  }
  if (column.kind === "number" && !column.integer) {
    findings.faults.push(
      `Column ${column.name} holds numbers with fractions, but input ${input.name} takes strings: how they are written is not known.`,
    );
  }
  const missing = column.values.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
  noteMissing(column.name, missing, findings);
  if (column.kind === "number") noteWholeNumbers(column, findings);
  return writeTexts((row) => String(cellAt(column, row) ?? ""));
}

function noteWholeNumbers(column: NumberColumn, findings: Findings): void {
  findings.notes.push(`Column ${column.name} holds whole numbers; the model takes them as text.`);
}

function noteMissing(columnName: string, missing: number, findings: Findings): void {
  if (missing === 0) return;
  findings.notes.push(
    `Column ${columnName}: ${missing} missing cells were given to the model as empty text.`,
  );
}

function writeNumbers(values: Float64Array): ColumnWriter {
  return {
    kind: "numbers",
    write: (to, { start, count, column, width }) => {
      if (width === 1) {
        to.set(values.subarray(start, start + count));
        return;
      }
      let at = column;
      for (let row = start; row < start + count; row += 1) {
        to[at] = values[row] as number;
        at += width;
      }
    },
  };
}

function writeBigInts(values: Float64Array): ColumnWriter {
  return {
    kind: "bigints",
    write: (to, { start, count, column, width }) => {
      for (let row = 0; row < count; row += 1) {
        to[row * width + column] = BigInt(values[start + row] ?? 0);
      }
    },
  };
}

function writeTexts(textAt: (row: number) => string): ColumnWriter {
  return {
    kind: "texts",
    write: (to, { start, count, column, width }) => {
      for (let row = 0; row < count; row += 1) to[row * width + column] = textAt(start + row);
    },
  };
}
