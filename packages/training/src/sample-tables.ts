import type { Column, Table } from "#core";

/** Builds a small table for tests from named cells: numbers, texts or Dates; `null` is missing. */
export function makeTable(
  cells: Readonly<Record<string, readonly (number | string | Date | null)[]>>,
): Table {
  const columns = Object.entries(cells).map(([name, values]) => makeColumn(name, values));
  return { rows: Object.values(cells)[0]?.length ?? 0, columns };
}

function makeColumn(name: string, values: readonly (number | string | Date | null)[]): Column {
  if (values.some((value) => typeof value === "string")) {
    const levels = [...new Set(values.filter((value) => typeof value === "string"))];
    const codes = Int32Array.from(values, (value) => levels.indexOf(String(value ?? "\u0000")));
    return { kind: "text", name, codes, levels };
  }
  if (values.some((value) => value instanceof Date)) {
    const times = Float64Array.from(values, (value) =>
      value === null ? Number.NaN : Number(value),
    );
    return {
      kind: "date",
      name,
      values: times,
      dateOnly: times.every((time) => !(time % 86_400_000)),
    };
  }
  const numbers = Float64Array.from(values, (value) =>
    value === null ? Number.NaN : Number(value),
  );
  return {
    kind: "number",
    name,
    values: numbers,
    missing: values.includes(null)
      ? Uint8Array.from(values, (value) => Number(value === null))
      : null,
    integer: numbers.every((value) => Number.isNaN(value) || Number.isInteger(value)),
  };
}

/** Whole numbers from 0 to `count` - 1. */
export function countUp(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
