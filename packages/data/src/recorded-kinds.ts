import type { RunRecord } from "#core";
import type { ColumnKind } from "./read-options.ts";

const kinds: ReadonlySet<unknown> = new Set<ColumnKind>(["number", "text", "date"]);

/** `column_kinds` of run.json: the types that the training data was read with. */
export function readColumnKinds(run: RunRecord | null): Readonly<Record<string, ColumnKind>> {
  const written = run?.["column_kinds"];
  if (typeof written !== "object" || written === null) return {};
  return Object.fromEntries(
    Object.entries(written).filter((entry): entry is [string, ColumnKind] => kinds.has(entry[1])),
  );
}
