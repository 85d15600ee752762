import { DataError } from "#core";
import type { LabelReader } from "./class-codes.ts";
import { createLabelReader, settleClasses } from "./class-codes.ts";
import type { NamedTensors, TensorData } from "./engine.ts";
import type { OutputPlan, ScoresPlan } from "./output-plan.ts";
import type { Predictions } from "./predictions.ts";

/** Joins the outputs of one run after another into predictions for all rows. */
export interface PredictionCollector {
  readonly append: (
    outputs: NamedTensors,
    window: { readonly start: number; readonly count: number },
  ) => void;
  readonly finish: (notes: readonly string[]) => Predictions;
}

/** What a collector has to know before the first run's outputs are appended. */
export interface CollectorFacts {
  readonly rows: number;
  readonly plan: OutputPlan;
  readonly fileName: string;
  /** The model's own class names and those that the caller gave. */
  readonly classNames: readonly string[] | null;
  readonly givenClasses?: readonly string[] | undefined;
}

/** Makes the collector that fits the plan of a model's outputs. */
export function createCollector(facts: CollectorFacts): PredictionCollector {
  const { plan } = facts;
  return plan.kind === "regression"
    ? collectValues(facts, plan.value)
    : collectClasses(facts, plan);
}

function collectValues({ rows, fileName }: CollectorFacts, output: string): PredictionCollector {
  const values = new Float64Array(rows);
  return {
    append: (outputs, { start, count }) => {
      const data = dataOf(outputs, output, fileName);
      for (let row = 0; row < count; row += 1) values[start + row] = Number(data[row]);
    },
    finish: (notes) => ({
      kind: "regression",
      rows,
      values,
      notes: [...notes, ...noteMissingNumbers([values], rows)],
    }),
  };
}

type ClassPlan = Extract<OutputPlan, { kind: "classification" }>;

function collectClasses(facts: CollectorFacts, plan: ClassPlan): PredictionCollector {
  const { rows, fileName } = facts;
  const count = plan.scores === null ? null : countScores(plan.scores);
  const known = settleClasses(
    { own: facts.classNames, given: facts.givenClasses, count },
    fileName,
  );
  const labels = plan.label === null ? null : createLabelReader(rows, known, fileName);
  const columns = plan.scores?.kind === "positive" ? 1 : (count ?? 0);
  const raw = Array.from({ length: columns }, () => new Float64Array(rows));
  return {
    append: (outputs, window) => {
      if (plan.label !== null) labels?.append(dataOf(outputs, plan.label, fileName), window);
      if (plan.scores !== null) readScores(plan.scores, { outputs, raw, window, fileName });
    },
    finish: (notes) => {
      const { scores, notes: ofScores } = finishScores(plan.scores, raw, { labels, fileName });
      const read = labels?.finish();
      return {
        kind: "classification",
        rows,
        classes: read?.classes ?? known?.classes ?? [],
        labels: read?.codes ?? pickLargest(scores, rows),
        scores,
        notes: [...notes, ...ofScores, ...noteMissingNumbers(scores, rows)],
      };
    },
  };
}

function countScores(plan: ScoresPlan): number {
  switch (plan.kind) {
    case "matrix":
      return plan.width;
    case "columns":
      return plan.outputs.length;
    case "positive":
      return 2;
  }
}

interface ScoreReading {
  readonly outputs: NamedTensors;
  readonly raw: readonly Float64Array[];
  readonly window: { readonly start: number; readonly count: number };
  readonly fileName: string;
}

function readScores(plan: ScoresPlan, { outputs, raw, window, fileName }: ScoreReading): void {
  const { start, count } = window;
  const names = plan.kind === "columns" ? plan.outputs : raw.map(() => plan.output);
  const stride = plan.kind === "matrix" ? plan.width : 1;
  raw.forEach((column, at) => {
    const data = dataOf(outputs, names[at] ?? "", fileName) as Float32Array;
    let from = plan.kind === "matrix" ? at : 0;
    for (let row = start; row < start + count; row += 1) {
      column[row] = data[from] as number;
      from += stride;
    }
  });
}

function dataOf(outputs: NamedTensors, name: string, fileName: string): TensorData {
  const value = outputs[name];
  if (value !== undefined) return value.data;
  throw new DataError({
    code: "OUTPUT_MISSING",
    message: `${fileName} did not give its output ${name}.`,
  });
}

interface FinishedScores {
  readonly scores: readonly Float64Array[];
  readonly notes: readonly string[];
}

function finishScores(
  plan: ScoresPlan | null,
  raw: readonly Float64Array[],
  { labels, fileName }: { readonly labels: LabelReader | null; readonly fileName: string },
): FinishedScores {
  const [positive] = raw;
  if (plan === null) return { scores: [], notes: ["The model gives labels without scores."] };
  if (plan.kind !== "positive" || positive === undefined) {
    return { scores: raw, notes: noteSums(raw) };
  }
  const outside = positive.findIndex((score) => score < 0 || score > 1);
  if (outside < 0) return { scores: [positive.map((score) => 1 - score), positive], notes: [] };
  const found = `Output ${plan.output} is ${positive[outside]} in row ${outside + 1}: no probability`;
  if (labels === null) {
    throw new DataError({
      code: "SCORES_NOT_PROBABILITIES",
      message: `${fileName}: ${found}, and there is no label output that tells where its two classes part.`,
      hint: "Put a sigmoid at the model's end, add a label output, or score it as a regression.",
    });
  }
  return {
    scores: [positive.map((score) => -score), positive],
    notes: [
      `${found}. Its scores (margins, or logits) are passed on as they are, negated for the other class.`,
    ],
  };
}

const SUM_TOLERANCE = 1e-3;

function noteSums(scores: readonly Float64Array[]): readonly string[] {
  const rows = scores[0]?.length ?? 0;
  let off = 0;
  let example = "";
  for (let row = 0; row < rows; row += 1) {
    const sum = scores.reduce((total, column) => total + (column[row] ?? 0), 0);
    if (Math.abs(sum - 1) <= SUM_TOLERANCE || Number.isNaN(sum)) continue;
    if (off === 0) example = `row ${row + 1} sums to ${sum}`;
    off += 1;
  }
  if (off === 0) return [];
  return [
    `The scores of ${off} of ${rows} rows do not sum to 1 (${example}): no probabilities, passed on as they are.`,
  ];
}

function noteMissingNumbers(columns: readonly Float64Array[], rows: number): readonly string[] {
  let missing = 0;
  for (let row = 0; row < rows; row += 1) {
    if (columns.some((column) => Number.isNaN(column[row]))) missing += 1;
  }
  return missing === 0 ? [] : [`The model answered NaN in ${missing} of ${rows} rows.`];
}

/** The place of each row's largest score, the first of equals. */
function pickLargest(scores: readonly Float64Array[], rows: number): Int32Array {
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let best = 0;
    for (let at = 1; at < scores.length; at += 1) {
      if ((scores[at]?.[row] ?? 0) > (scores[best]?.[row] ?? 0)) best = at;
    }
    labels[row] = best;
  }
  return labels;
}
