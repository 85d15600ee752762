import type { Column, TextColumn } from "#core";
import { formatInstant } from "./date-text.ts";

/** The same cells as text: numbers in their shortest form, dates in ISO 8601. */
export function toText(column: Column): TextColumn {
  if (column.kind === "text") return column;
  const levels = new Map<number, number>();
  const codes = Int32Array.from(column.values, (value, row) => {
    const absent = column.kind === "date" ? Number.isNaN(value) : column.missing?.[row] === 1;
    if (absent) return -1;
    const code = levels.get(value) ?? levels.size;
    levels.set(value, code);
    return code;
  });
  const format = column.kind === "date" ? formatInstant : String;
  return { kind: "text", name: column.name, codes, levels: Array.from(levels.keys(), format) };
}
