import * as z from "zod/mini";
import { suggestNearest } from "#core";
import type { ColumnKind } from "#data";
import { parseDocument } from "yaml";

const KINDS = ["number", "text", "date"] as const;
const typesSchema = z.record(z.string(), z.enum(KINDS));

/**
 * Reads `{ zip: text, born: date }`.
 *
 * @throws Error that says what was expected
 */
export function parseColumnTypes(raw: string): Readonly<Record<string, ColumnKind>> {
  const document = parseDocument(raw);
  const value: unknown = document.errors.length === 0 ? document.toJS() : null;
  const result = typesSchema.safeParse(value);
  if (result.success) return result.data;
  const [column] = result.error.issues[0]?.path ?? [];
  if (column === undefined || typeof value !== "object" || value === null) {
    throw new Error("expected a YAML map of columns and types, such as `zip: text`.");
  }
  const found = String((value as Record<string, unknown>)[String(column)]);
  throw new Error(
    `column ${String(column)} has the type ${found}; expected one of ${KINDS.join(", ")}. ${suggestNearest(found, KINDS)}`,
  );
}
