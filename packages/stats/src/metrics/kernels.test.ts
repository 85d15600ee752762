/** What resampling takes from a bound metric, against the metric itself. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../random/generator.ts";
import { bindMetric } from "./bind.ts";
import { binConfidences, expectedGap, largestGap } from "./calibration.ts";
import { computeMetric } from "./compute.ts";
import type { ClassificationEvaluation } from "./evaluation.ts";
import type { CountKernel, RowKernel } from "./kernel.ts";

const random = createRandom(15);
const rows = 40;
const weights = Float64Array.from({ length: rows }, (_, i) => 0.5 + (i % 3));

/** Rows whose scores are eighths, so that many tie. */
function evaluationOf(task: "binary" | "multiclass"): ClassificationEvaluation {
  const classes = task === "binary" ? ["no", "yes"] : ["a", "b", "c"];
  const truth = Int32Array.from({ length: rows }, () => random.integer(classes.length));
  const raw = Array.from(truth, (code) => {
    const eighths = classes.map(() => 0);
    for (let k = 0; k < 8; k++)
      eighths[random.uniform() < 0.4 ? code : random.integer(classes.length)]!++;
    return eighths.map((count) => count / 8);
  });
  const prediction = Int32Array.from(raw, (found) => found.indexOf(Math.max(...found)));
  const columns = classes.map((_, k) => Float64Array.from(raw, (found) => found[k]!));
  return { task, classes, truth, prediction, scores: task === "binary" ? columns[1]! : columns };
}

const binary = evaluationOf("binary");
const multiclass = evaluationOf("multiclass");

function rowKernel(name: string, evaluation: ClassificationEvaluation): RowKernel {
  const kernel = bindMetric({ name, argument: undefined }, evaluation, {});
  if (!("kind" in kernel) || kernel.kind !== "rows") throw new Error(`${name} is not of rows`);
  return kernel;
}

describe("the influence of a row is the metric's derivative by how often the row counts", () => {
  test.each([
    { name: "roc_auc", evaluation: binary },
    { name: "average_precision", evaluation: binary },
    { name: "average_precision_micro", evaluation: multiclass },
    { name: "average_precision", evaluation: multiclass },
    { name: "average_precision_weighted", evaluation: multiclass },
    { name: "roc_auc_ovr", evaluation: multiclass },
    { name: "roc_auc_ovr_weighted", evaluation: multiclass },
    { name: "roc_auc_ovo", evaluation: multiclass },
    { name: "roc_auc_ovo_weighted", evaluation: multiclass },
  ])("$name of a $evaluation.task task", ({ name, evaluation }) => {
    for (const base of [undefined, weights]) {
      const weighted = { ...evaluation, weights: base };
      const found = rowKernel(name, weighted).influence?.();
      if (found === undefined || found === null) throw new Error(`${name} has no influence`);
      expect(found.value).toBeCloseTo(computeMetric(name, undefined, weighted).value!, 12);
      expect(found.rows.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 12);
      const step = 1e-5;
      for (let row = 0; row < rows; row++) {
        const [more, less] = [1 + step, 1 - step].map((times) => {
          const moved = Float64Array.from({ length: rows }, (_, i) => base?.[i] ?? 1);
          moved[row]! *= times;
          return computeMetric(name, undefined, { ...evaluation, weights: moved }).value!;
        });
        expect(found.rows[row]).toBeCloseTo((more! - less!) / (2 * step), 8);
      }
    }
  });

  test("and does not exist without both classes", () => {
    const truth = new Int32Array(rows);
    const kernel = bindMetric({ name: "roc_auc", argument: undefined }, { ...binary, truth }, {});
    const influence = "kind" in kernel && kernel.kind === "rows" ? kernel.influence?.() : null;
    expect(influence ?? null).toBeNull();
  });
});

describe("bins of confidences", () => {
  test.each([
    { evaluation: binary, bins: 10 },
    { evaluation: binary, bins: 3 },
    { evaluation: multiclass, bins: 7 },
  ])("add up to the calibration errors: $evaluation.task, $bins bins", ({ evaluation, bins }) => {
    const binned = binConfidences(evaluation, bins)!;
    expect(binned.binCount).toBe(bins);
    const sums = { gaps: new Float64Array(bins), rows: new Float64Array(bins) };
    for (let i = 0; i < rows; i++) {
      const cell = binned.cells[i]!;
      sums.gaps[cell >> 1]! += binned.confidences[i]! - (cell & 1);
      sums.rows[cell >> 1]!++;
    }
    const argument = String(bins);
    expect(expectedGap(sums)).toBeCloseTo(computeMetric("ece", argument, evaluation).value!, 12);
    expect(largestGap(sums)).toBeCloseTo(computeMetric("mce", argument, evaluation).value!, 12);
  });

  test("do not exist where scores are no probabilities, nor for more bins than there is room", () => {
    const scores = Float64Array.from({ length: rows }, (_, i) => i);
    expect(binConfidences({ ...binary, scores }, 10)).toBeNull();
    expect(binConfidences(binary, (1 << 14) + 1)).toBeNull();
    expect(binConfidences(binary, 1 << 14)).not.toBeNull();
  });

  test("leave a bin without rows out of the largest gap", () => {
    const sums = { gaps: Float64Array.of(0.3, 0, -1), rows: Float64Array.of(1, 0, 2) };
    expect(largestGap(sums)).toBe(0.5);
    expect(expectedGap(sums)).toBeCloseTo(1.3 / 3, 14);
  });
});

describe("a metric that is a share of rows", () => {
  test.each([
    ["accuracy", undefined],
    ["precision", undefined],
    ["recall", undefined],
    ["specificity", undefined],
    ["recall", "no"],
    ["specificity", "no"],
    ["selection_rate", undefined],
  ])("%s of %s says of how many successes and trials", (name, argument) => {
    const kernel = bindMetric({ name, argument }, binary, {}) as CountKernel;
    const { successes, trials } = kernel.proportion!(kernel.matrix);
    expect(successes / trials).toBeCloseTo(computeMetric(name, argument, binary).value!, 12);
    expect(Math.round(successes)).toBeCloseTo(successes, 9);
    const code = argument === "no" ? 0 : 1;
    const size = (codes: ArrayLike<number>, wanted: number): number =>
      Array.from(codes).filter((one) => one === wanted).length;
    const expected: Record<string, number> = {
      precision: size(binary.prediction, code),
      recall: size(binary.truth, code),
      specificity: size(binary.truth, 1 - code),
    };
    expect(trials).toBe(expected[name] ?? rows);
  });

  test("as are precision and recall at a threshold", () => {
    const scores = Array.from(binary.scores as Float64Array);
    const flagged = scores.filter((score) => score >= 0.5).length;
    for (const [name, expected] of [
      ["precision_at_threshold", flagged],
      ["recall_at_threshold", Array.from(binary.truth).filter((code) => code === 1).length],
    ] as const) {
      const kernel = bindMetric({ name, argument: "0.5" }, binary, {}) as CountKernel;
      const { successes, trials } = kernel.proportion!(kernel.matrix);
      expect(trials).toBe(expected);
      expect(successes / trials).toBeCloseTo(computeMetric(name, "0.5", binary).value!, 12);
    }
  });

  test.each(["f1", "mcc", "balanced_accuracy"])("%s is none", (name) => {
    const kernel = bindMetric({ name, argument: undefined }, binary, {}) as CountKernel;
    expect(kernel.proportion).toBeUndefined();
  });

  test.each(["precision_macro", "recall_weighted"])("%s is none", (name) => {
    const kernel = bindMetric({ name, argument: undefined }, multiclass, {}) as CountKernel;
    expect(kernel.proportion).toBeUndefined();
  });
});
