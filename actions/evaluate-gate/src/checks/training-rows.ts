import { findColumn, SlipwayError, type Column, type Table } from "#core";
import type { ScoringContext } from "../candidate.ts";
import { readTyped } from "../evaluation-rows.ts";

/** The rows that the model was trained on, or why they are not known. */
export type TrainingRows =
  | {
      readonly kind: "known";
      readonly table: Table;
      /** As people know them. */
      readonly name: string;
      readonly target: Column | null;
    }
  | { readonly kind: "unknown"; readonly why: string; readonly needs: "training-data" };

const HOW = "give training-data: the rows that it was trained on";

/** Reads `training-data`, else the training part that the run kept. Never fails for the run's own rows. */
export async function readTrainingRows({
  inputs,
  subject,
  directory,
  ports,
}: ScoringContext): Promise<TrainingRows> {
  const { run, columnKinds, target } = subject;
  const known = (table: Table, name: string): TrainingRows => ({
    kind: "known",
    table,
    name,
    target: findColumn(table, target) ?? null,
  });
  if (inputs.trainingData !== null) {
    const place = { directory: ports.workspace, remote: ports.remote };
    const table = await readTyped(inputs.trainingData, place, columnKinds);
    const [first, ...more] = table.files;
    return known(table, more.length === 0 ? (first?.uri ?? "") : `${more.length + 1} files`);
  }
  if (run === null)
    return unknown(`There is no run that says what the model was trained on; ${HOW}.`);
  if (inputs.modelFile !== null && run.files.every(({ path }) => path !== inputs.modelFile))
    return unknown(`model-file is not the run's model; ${HOW}.`);
  const path = run.split?.parts["train"]?.path ?? null;
  if (path === null)
    return unknown(`The run kept no training rows; train with keep-splits: true, or ${HOW}.`);
  if (!(await directory.has(path))) return unknown(`${path} is not in the run directory; ${HOW}.`);
  try {
    return known(await readTyped([path], { directory: directory.path }, columnKinds), path);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return unknown(`${path} could not be read: ${error.message}`);
  }
}

function unknown(why: string): TrainingRows {
  return { kind: "unknown", why, needs: "training-data" };
}
