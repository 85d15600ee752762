import { DataError, joinInputFaults, suggestNearest, type ErrorFacts } from "#core";
import type { LoadedTable } from "#data";
import type { Inputs } from "./inputs.ts";
import type { SplitPlan } from "./split-rule.ts";

/** What the columns are to this run. */
export interface ChosenColumns {
  readonly target: string | null;
  readonly features: readonly string[];
  readonly id: readonly string[];
  readonly time: string | null;
}

/**
 * Settles which column is what.
 *
 * @throws InputError that lists every unknown column with the nearest name; DataError
 * `MIXED_TYPES` for a column of numbers or dates with something else among them
 */
export function chooseColumns(
  table: LoadedTable,
  inputs: Pick<Inputs, "target" | "features" | "id" | "time">,
  plan: SplitPlan,
): ChosenColumns {
  const names = table.columns.map(({ name }) => name);
  const partColumn = plan.spec.kind === "column" ? [plan.spec.column] : [];
  const id = inputs.id ?? [];
  refuseUnknown(names, [
    ["target", inputs.target === null ? [] : [inputs.target]],
    ["features", inputs.features ?? []],
    ["id", id],
    ["time", inputs.time === null ? [] : [inputs.time]],
    ["split", partColumn],
  ]);
  const apart = new Set([...id, ...partColumn, ...(inputs.target === null ? [] : [inputs.target])]);
  const features = inputs.features ?? names.filter((name) => !apart.has(name));
  refuseTargetAsFeature(inputs.target, features);
  refuseMixedTypes(table, [...features, inputs.target, inputs.time]);
  return { target: inputs.target, features: [...new Set(features)], id, time: inputs.time };
}

function refuseUnknown(
  names: readonly string[],
  wanted: readonly (readonly [input: string, columns: readonly string[]])[],
): void {
  const faults: ErrorFacts[] = wanted.flatMap(([input, columns]) =>
    columns
      .filter((column) => !names.includes(column))
      .map((column) => ({
        code: "UNKNOWN_COLUMN",
        message: `${input}: the data has no column ${JSON.stringify(column)}.`,
        hint: suggestNearest(column, names),
      })),
  );
  if (faults.length > 0) throw joinInputFaults(faults);
}

function refuseTargetAsFeature(target: string | null, features: readonly string[]): void {
  if (target === null || !features.includes(target)) return;
  throw joinInputFaults([
    {
      code: "TARGET_IS_FEATURE",
      message: `features: names the target ${JSON.stringify(target)}.`,
      hint: "A model that is told the answer learns nothing: leave it out.",
    },
  ]);
}

function refuseMixedTypes(table: LoadedTable, used: readonly (string | null)[]): void {
  const note = table.notes.find(({ column }) => used.includes(column));
  if (note === undefined) return;
  const { evidence, column, message } = note;
  const value = JSON.stringify(evidence.value);
  throw new DataError({
    code: "MIXED_TYPES",
    message,
    hint: `Correct the value; or name it in missing: when ${value} stands for none; or say column-types: "${column}: text" when the column is text.`,
    place: {
      file: evidence.file,
      column,
      ...(evidence.line !== undefined && { line: evidence.line }),
      ...(evidence.row !== undefined && { row: evidence.row }),
    },
  });
}
