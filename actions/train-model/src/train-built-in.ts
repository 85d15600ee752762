import { InputError, type Clock, type Log, type RunRecord } from "#core";
import type { CandidateResult, CurvePoint, Importance, TabularResult } from "#training";
import type { RunDirectory } from "#toolkit";
import type { ChosenColumns } from "./choose-columns.ts";
import type { DividedData } from "./divide-data.ts";
import type { Inputs } from "./inputs.ts";
import type { Curves, MetricPoint } from "./metric-lines.ts";

/** What a training gives beside its files. */
export interface Trained {
  /** The trainer as `run.json` names it. */
  readonly name: string;
  readonly task: RunRecord["task"];
  readonly classes: readonly string[];
  readonly signature: RunRecord["signature"];
  readonly metrics: RunRecord["metrics"];
  readonly curves: Curves;
  readonly candidates: readonly CandidateResult[];
  readonly importance: Importance | null;
  readonly notes: readonly string[];
}

/** What the built-in trainer is given. */
export interface BuiltInTraining {
  readonly inputs: Pick<Inputs, "model" | "params" | "seed" | "task" | "timeoutMinutes">;
  readonly columns: ChosenColumns;
  readonly divided: DividedData;
  readonly directory: RunDirectory;
  readonly clock: Clock;
  readonly log: Pick<Log, "info">;
}

/**
 * Trains on the training part, chooses on the validation part and writes `model.onnx`.
 *
 * @throws InputError or DataError from the trainer; InputError `TRAINING_TIMED_OUT`
 */
export async function trainBuiltIn(training: BuiltInTraining): Promise<Trained> {
  const { inputs, columns, divided, directory } = training;
  const { trainTabular } = await import("#training");
  const checkTime = timeLimit(training);
  const fitted = new Set<string>();
  const result = trainTabular({
    table: divided.table,
    train: divided.rows.train,
    validation: divided.rows.validation,
    target: columns.target ?? "",
    features: columns.features,
    task: inputs.task,
    params: inputs.params ?? {},
    seed: inputs.seed,
    name: inputs.model,
    report: ({ kind }) => {
      checkTime();
      if (!fitted.has(kind)) training.log.info(`Fitting ${kind} …`);
      fitted.add(kind);
      return "continue";
    },
  });
  await directory.writeText("model.onnx", result.bytes);
  return {
    name: result.params.model,
    task: result.task,
    classes: result.classes,
    signature: result.signature,
    metrics: {
      train: finiteOrNull(result.metrics.train),
      validation: finiteOrNull(result.metrics.validation),
    },
    curves: curvesOf(result.curve),
    candidates: result.candidates.toSorted(
      (left, right) => Number(right.kind === result.kind) - Number(left.kind === result.kind),
    ),
    importance: result.importance,
    notes: result.notes,
  };
}

/** A function that throws once the training has taken longer than it may. */
function timeLimit({ inputs, clock }: BuiltInTraining): () => void {
  const minutes = inputs.timeoutMinutes;
  if (minutes === null) return () => {};
  const end = clock.now().getTime() + minutes * 60_000;
  return () => {
    if (clock.now().getTime() <= end) return;
    throw new InputError({
      code: "TRAINING_TIMED_OUT",
      message: `The training took longer than timeout-minutes: ${minutes}.`,
      hint: "Raise timeout-minutes, or choose a faster model in params, e.g. model: softmax.",
    });
  };
}

function curvesOf(curve: TabularResult["curve"]): Curves {
  const validation = curve.filter((point) => point.validation !== null);
  const pointsOf = (read: (point: CurvePoint) => number | null): readonly MetricPoint[] =>
    curve.map((point) => ({ step: point.step, value: toFinite(read(point)) }));
  return new Map([
    ["training loss", pointsOf(({ train }) => train)],
    ...(validation.length === 0
      ? []
      : [["validation loss", pointsOf(({ validation }) => validation)] as const]),
  ]);
}

function finiteOrNull(
  metrics: Readonly<Record<string, number | null>>,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, toFinite(value)]),
  );
}

function toFinite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
