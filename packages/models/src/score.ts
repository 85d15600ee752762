import type { Table } from "#core";
import { DataError } from "#core";
import type { ColumnChoice } from "./bind-inputs.ts";
import { bindInputs } from "./bind-inputs.ts";
import { createCollector } from "./collect-predictions.ts";
import type { NamedTensors } from "./engine.ts";
import type { Model } from "./load-model.ts";
import type { NamedRow } from "./object-source.ts";
import { createObjectSource } from "./object-source.ts";
import type { OutputPlan, PredictionTask, SeenOutput } from "./output-plan.ts";
import { planOutputs } from "./output-plan.ts";
import type { Predictions } from "./predictions.ts";
import type { RowSource } from "./row-source.ts";
import { createTableSource } from "./table-source.ts";
import { takeTurn } from "./turns.ts";

/** How a model is to be scored. */
export interface ScoreOptions extends Pick<ColumnChoice, "signature" | "features"> {
  readonly task?: PredictionTask | undefined;
  /** Which output is the prediction, where a model has several. */
  readonly output?: string | undefined;
  /** Class names in the order of the scores, where the model only counts them. */
  readonly classes?: readonly string[] | undefined;
  /** Rows of one run, by default 8,192 of a native engine and 1,024 of one that nothing can interrupt. */
  readonly batchRows?: number | undefined;
  /** Ends the scoring between two runs. */
  readonly signal?: AbortSignal | undefined;
}

const BATCH_ROWS = { native: 8192, others: 1024 } as const;

/**
 * Scores every row of a table, in batches that the model can take. Throws a DataError or
 * InputError that names the columns, values or outputs that do not fit.
 */
export async function scoreTable(
  model: Model,
  table: Table,
  options: ScoreOptions = {},
): Promise<Predictions> {
  const available = table.columns.map(({ name }) => name);
  const binding = bindInputs(model, { ...options, available });
  const source = createTableSource(binding, table);
  return scoreSource({ model, source, options, readPlan: createPlanReader(model, options) });
}

/** Scores rows of named JSON values in one run of the model (more only where it takes fewer rows a run). */
export async function scoreRows(
  model: Model,
  rows: readonly NamedRow[],
  options: ScoreOptions = {},
): Promise<Predictions> {
  return createRowScorer(model, options)(rows);
}

/** Prepares the scoring of rows once, for many calls: columns are bound now, outputs' roles are kept after the first run. */
export function createRowScorer(
  model: Model,
  options: ScoreOptions = {},
): (rows: readonly NamedRow[]) => Promise<Predictions> {
  const binding = bindInputs(model, options);
  const readPlan = createPlanReader(model, options);
  return async (rows) => {
    const source = createObjectSource(binding, rows);
    const whole = { ...options, batchRows: options.batchRows ?? rows.length };
    return scoreSource({ model, source, options: whole, readPlan });
  };
}

/** Gives the outputs' roles: planned on the first run's outputs, kept for the next. */
interface PlanReader {
  readonly current: () => OutputPlan | null;
  readonly read: (outputs: NamedTensors, ranRows: number) => OutputPlan;
}

function createPlanReader(model: Model, options: ScoreOptions): PlanReader {
  let plan: OutputPlan | null = null;
  return {
    current: () => plan,
    read: (outputs, ranRows) => {
      plan ??= planOutputs(seeOutputs(model, outputs, ranRows), {
        fileName: model.fileName,
        task: options.task,
        output: options.output,
        classNames: options.classes ?? model.classNames,
        probabilityOutputs: model.probabilityOutputs,
      });
      return plan;
    },
  };
}

/** Outputs with a whole number of values a row, in the declared order, whatever shape was declared. */
function seeOutputs(model: Model, outputs: NamedTensors, ranRows: number): SeenOutput[] {
  return model.outputs.flatMap(({ name }) => {
    const value = outputs[name];
    const width = value === undefined ? 0 : value.data.length / ranRows;
    return value === undefined || width < 1 || !Number.isInteger(width)
      ? []
      : [{ name, type: value.type, width }];
  });
}

interface Scoring {
  readonly model: Model;
  readonly source: RowSource;
  readonly options: ScoreOptions;
  readonly readPlan: PlanReader;
}

async function scoreSource({ model, source, options, readPlan }: Scoring): Promise<Predictions> {
  const { rows } = source;
  if (rows === 0) throw noRows(model);
  const usual = model.engine === "native" ? BATCH_ROWS.native : BATCH_ROWS.others;
  const step = model.runSize.rows ?? Math.max(1, options.batchRows ?? usual);
  const run = async (
    start: number,
  ): Promise<{ outputs: NamedTensors; count: number; ran: number }> => {
    await takeTurn(options.signal);
    const count = Math.min(step, rows - start);
    const ran = model.runSize.paddedTo ?? count;
    const plan = readPlan.current();
    const feeds = source.feed({ start, count, paddedTo: ran });
    const outputs = await model.run(feeds, plan === null ? undefined : plannedOutputs(plan));
    return { outputs, count, ran };
  };
  const first = await run(0);
  const plan = readPlan.read(first.outputs, first.ran);
  const { fileName, classNames } = model;
  const collector = createCollector({
    rows,
    plan,
    fileName,
    classNames,
    givenClasses: options.classes,
  });
  collector.append(first.outputs, { start: 0, count: first.count });
  for (let start = step; start < rows; start += step) {
    const { outputs, count } = await run(start);
    collector.append(outputs, { start, count });
  }
  const predictions = collector.finish([...model.runSize.notes, ...source.notes]);
  const guessedFrom = findGuess(plan, model, options);
  return predictions.kind === "regression" || guessedFrom === null
    ? predictions
    : { ...predictions, guessedFrom };
}

/** The output whose several numbers a row may as well be a regressor's targets. */
function findGuess(
  plan: OutputPlan,
  { classNames, probabilityOutputs }: Model,
  { task, classes }: ScoreOptions,
): string | null {
  if (plan.kind === "regression" || plan.label !== null || plan.scores?.kind !== "matrix")
    return null;
  const { output } = plan.scores;
  const isTold = task !== undefined || (classes ?? classNames ?? null) !== null;
  return isTold || probabilityOutputs.has(output) ? null : output;
}

function plannedOutputs(plan: OutputPlan): readonly string[] {
  if (plan.kind === "regression") return [plan.value];
  const { label, scores } = plan;
  const ofScores =
    scores === null ? [] : scores.kind === "columns" ? scores.outputs : [scores.output];
  return label === null ? ofScores : [label, ...ofScores];
}

function noRows({ fileName }: Model): DataError {
  return new DataError({
    code: "NO_ROWS",
    message: `There are no rows to score with ${fileName}.`,
    hint: "Check the data file, the split and any filter before this step.",
  });
}
