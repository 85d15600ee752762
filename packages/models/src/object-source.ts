import type { BoundInput, InputBinding } from "./bind-inputs.ts";
import { countDays } from "./count-days.ts";
import type { ColumnWriter, RowSource, Stride } from "./row-source.ts";
import { fillInput } from "./row-source.ts";
import { joinFaults } from "./table-source.ts";
import { isBigIntType, refuseNumber } from "./value-checks.ts";

/** A row as JSON gives it: values by column name. */
export type NamedRow = Readonly<Record<string, unknown>>;

/** What the caller is told of each value that does not fit: `[2].wind` and why. */
type Faults = string[];

/**
 * Prepares rows of named JSON values for a model. Throws one DataError that names the
 * row and the column of every value that does not fit; columns that the model does not take
 * are left alone.
 */
export function createObjectSource(binding: InputBinding, rows: readonly NamedRow[]): RowSource {
  const faults: Faults = [];
  const prepared = binding.inputs.map((input) => ({
    input,
    writers: input.columns.map((name) => writerOf(input, name, { rows, faults })),
  }));
  return {
    rows: rows.length,
    notes: [],
    feed: (window) => {
      const tensors = Object.fromEntries(
        prepared.map(({ input, writers }) => [input.name, fillInput(input, writers, window)]),
      );
      if (faults.length > 0) throw joinFaults(binding.fileName, faults);
      return tensors;
    },
  };
}

interface RowsAndFaults {
  readonly rows: readonly NamedRow[];
  readonly faults: Faults;
}

function writerOf(input: BoundInput, name: string, from: RowsAndFaults): ColumnWriter {
  if (input.type === "string") {
    return { kind: "texts", write: writeEach((row) => readText(from, row, name)) };
  }
  const read = (row: number): number => readNumber(from, row, { name, input });
  return isBigIntType(input.type)
    ? { kind: "bigints", write: writeEach((row) => BigInt(read(row))) }
    : { kind: "numbers", write: writeEach(read) };
}

function writeEach<T>(read: (row: number) => T): (to: { [at: number]: T }, place: Stride) => void {
  return (to, { start, count, column, width }) => {
    for (let row = 0; row < count; row += 1) to[row * width + column] = read(start + row);
  };
}

function readNumber(
  from: RowsAndFaults,
  row: number,
  { name, input }: { readonly name: string; readonly input: BoundInput },
): number {
  const given = readValue(from, row, name);
  const value = input.dates?.has(name) === true ? toDays(given) : toNumber(given);
  const reason = typeof value === "string" ? value : refuseNumber(value, input.type);
  if (reason === null) return value as number;
  from.faults.push(`[${row}].${name} ${reason} (input ${input.name}).`);
  return 0;
}

function readText(from: RowsAndFaults, row: number, name: string): string {
  const { text, reason } = toText(readValue(from, row, name));
  if (reason !== null) from.faults.push(`[${row}].${name} ${reason}.`);
  return text;
}

function readValue({ rows, faults }: RowsAndFaults, row: number, name: string): unknown {
  const values = rows[row] ?? {};
  // A row from outside may lack a column called `constructor`: only its own values count.
  if (Object.hasOwn(values, name)) return values[name];
  faults.push(`[${row}].${name} is not given.`);
  return null;
}

/** A number, NaN for null, 0 or 1 for a boolean; else words that say why not. */
function toNumber(value: unknown): number | string {
  if (typeof value === "number") return value;
  if (value === null) return Number.NaN;
  if (typeof value === "boolean") return value ? 1 : 0;
  return `is ${showValue(value)}, but a number is expected`;
}

/** Days since 1970-01-01 UTC of an ISO 8601 text, NaN for null; else words that say why not. */
function toDays(value: unknown): number | string {
  if (value === null) return Number.NaN;
  const days = typeof value === "string" ? countDays(value) : Number.NaN;
  return Number.isNaN(days)
    ? `is ${showValue(value)}, but an ISO 8601 date such as 2024-02-29 is expected`
    : days;
}

function toText(value: unknown): { readonly text: string; readonly reason: string | null } {
  if (typeof value === "string") return { text: value, reason: null };
  if (value === null) return { text: "", reason: null };
  if (typeof value === "boolean" || (typeof value === "number" && Number.isInteger(value))) {
    return { text: String(value), reason: null };
  }
  return { text: "", reason: `is ${showValue(value)}, but text is expected` };
}

function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
