import { InputError, suggestNearest } from "#core";
import type { ServedColumn } from "./columns.ts";

/**
 * Refuses to redact a column that the model does not have: a slip of the pen there would log
 * what must not be logged.
 *
 * @throws InputError that names the nearest column
 */
export function checkRedaction(redact: readonly string[], columns: readonly ServedColumn[]): void {
  const known = columns.map(({ name }) => name);
  const unknown = redact.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InputError({
    code: "REDACTED_COLUMN_UNKNOWN",
    message: `REDACT names the column ${unknown}, which the model does not take.`,
    hint: suggestNearest(unknown, known),
  });
}
