import { join } from "node:path";
import { findColumn, type Signature, type Table, type Task } from "#core";
import type { Model, ScoreOptions } from "#models";
import { answersOfModel, checkAnswers, refuseGuess, type Answers } from "./answers.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";

/** A model file with what is known of its columns. */
export interface ModelFacts {
  readonly path: string;
  readonly signature: Signature | null;
  readonly features: readonly string[] | null;
  readonly task: Task | null;
  readonly classes: readonly string[] | null;
  readonly output: OutputChoice;
  /** Columns that are no features unless a signature or an input's name says so. */
  readonly others: readonly string[];
}

/** Which output is the prediction. */
export interface OutputChoice {
  /** `null` where none was named. */
  readonly name: string | null;
  /** Whether it is named for another model, and left aside where this one has no such output. */
  readonly mayLack: boolean;
}

/** The output of a baseline: what its own record says, else the one that is named for the candidate. */
export function outputOfBaseline(
  own: string | null | undefined,
  asked: string | null,
): OutputChoice {
  return { name: own ?? asked, mayLack: (own ?? null) === null };
}

/** A model that is open and scores in this process. */
export interface OpenModel {
  readonly model: Model;
  readonly facts: ModelFacts;
  readonly options: ScoreOptions;
  answer(table: Table, name: string): Promise<Answers>;
}

/** Which engine is asked for, where a native one comes from, and how many rows it is for. */
export interface EngineChoice {
  readonly inputs: Pick<Inputs, "engine" | "workingDirectory">;
  readonly ports: Pick<Ports, "native" | "signal" | "workspace">;
  readonly rows: number;
}

/** Opens a model file. Close `model` when done. */
export async function openModel(facts: ModelFacts, choice: EngineChoice): Promise<OpenModel> {
  const { inputs, ports, rows } = choice;
  const { loadModel, scoreTable } = await import("#models");
  const model = await loadModel({
    path: facts.path,
    engine: inputs.engine,
    native: await ports.native(),
    projectFolder: join(ports.workspace, inputs.workingDirectory),
    rows,
    signal: ports.signal,
  });
  const options = { ...scoreOptionsOf(facts, model), signal: ports.signal };
  return {
    model,
    facts,
    options,
    answer: async (table, name) => {
      const predictions = await scoreTable(model, visibleColumns(table, model, facts), options);
      refuseGuess(predictions, model.fileName);
      const answers = answersOfModel(predictions);
      checkAnswers(answers, name);
      return answers;
    },
  };
}

function scoreOptionsOf(
  { signature, features, task, classes, output }: ModelFacts,
  { outputs }: Pick<Model, "outputs">,
): ScoreOptions {
  const isThere = outputs.some(({ name }) => name === output.name);
  // Whoever names classes means a classifier.
  const kind = task ?? (classes === null ? null : "multiclass");
  return {
    ...(signature !== null && { signature }),
    ...(features !== null && { features }),
    ...(kind !== null && { task: kind === "regression" ? "regression" : "classification" }),
    ...(output.name !== null && (isThere || !output.mayLack) && { output: output.name }),
    ...(classes !== null && { classes }),
  };
}

/** A model with one wide input and no names takes every column, but never target, id, time or weight. */
function visibleColumns(table: Table, model: Model, facts: ModelFacts): Table {
  if (facts.signature !== null || facts.features !== null) return table;
  const [only] = model.inputs;
  if (model.inputs.length !== 1 || findColumn(table, only?.name ?? "") !== undefined) return table;
  return {
    rows: table.rows,
    columns: table.columns.filter(({ name }) => !facts.others.includes(name)),
  };
}

/** The columns that the model reads, in its order. */
export async function columnsOf(open: OpenModel, table: Table): Promise<readonly string[]> {
  const { bindInputs } = await import("#models");
  const available = visibleColumns(table, open.model, open.facts).columns.map(({ name }) => name);
  const { inputs } = bindInputs(open.model, { ...open.options, available });
  return inputs.flatMap(({ columns }) => columns);
}
