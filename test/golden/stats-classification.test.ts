import { describe, expect, test } from "vitest";
import {
  type Calibration,
  type ClassificationEvaluation,
  type RowValues,
  averagePrecisionOfClass,
  averagePrecisionOfClasses,
  brierRows,
  calibrationOfEvaluation,
  cohenKappa,
  computeMetric,
  confusionOf,
  precisionRecallCurve,
  rankingOfClass,
  rocAucOfClass,
  rocAucOneVsOne,
  rocAucOneVsRest,
  rocCurve,
  thinPrecisionRecallCurve,
  thinRocCurve,
  weightedMean,
} from "#stats";
import {
  type Golden,
  expectMeasured,
  isClose,
  isUndefined,
  numberOf,
  readGolden,
} from "./golden-file.ts";

type Label = string | number;
type Averages = Record<"binary" | "micro" | "macro" | "weighted", Golden> & {
  readonly per_class: Golden[];
};
interface CalibrationGolden {
  readonly ece: number;
  readonly mce: number;
  readonly bin: number[];
  readonly weight: number[];
  readonly rows: number[];
  readonly edges: number[];
  readonly mean_confidence: number[];
  readonly mean_outcome: number[];
}
interface ClassificationCase {
  readonly name: string;
  readonly tolerance?: number;
  readonly input: {
    readonly y_true: Label[];
    readonly y_pred?: Label[];
    readonly y_score?: number[];
    readonly y_prob?: number[][];
    readonly labels: Label[];
    readonly pos_label?: Label;
    readonly sample_weight?: number[];
    readonly dtype?: string;
  };
  readonly expected: {
    readonly [metric: string]: unknown;
    readonly confusion_matrix: { readonly rows_true_columns_predicted: number[][] };
    readonly calibration?: Record<"uniform_10" | "quantile_10", CalibrationGolden>;
    readonly at_threshold?: { threshold: number; precision: Golden; recall: Golden }[];
  };
}

const cases = readGolden<ClassificationCase>("classification.json");

test("the file holds 32 cases: 22 binary, 10 multiclass, 30 with scores", () => {
  expect(cases).toHaveLength(32);
  expect(cases.filter((one) => one.input.pos_label !== undefined)).toHaveLength(22);
  expect(cases.filter((one) => one.input.y_score ?? one.input.y_prob)).toHaveLength(30);
});

function evaluationOf({ input }: ClassificationCase): ClassificationEvaluation {
  const codes = (values: Label[]): number[] => values.map((value) => input.labels.indexOf(value));
  const column = input.dtype === "float32" ? Float32Array : Float64Array;
  const scores = input.y_score === undefined ? input.y_prob?.flat() : input.y_score;
  return {
    task: input.pos_label === undefined ? "multiclass" : "binary",
    classes: input.labels.map(String),
    positive: input.pos_label === undefined ? undefined : input.labels.indexOf(input.pos_label),
    truth: codes(input.y_true),
    prediction: codes(input.y_pred!),
    scores: scores === undefined ? undefined : column.from(scores),
    weights: input.sample_weight,
  };
}

const families = [
  { golden: "precision", name: "precision", beta: null },
  { golden: "recall", name: "recall", beta: null },
  { golden: "f1", name: "f1", beta: null },
  { golden: "f0.5", name: "f_beta", beta: "0.5" },
  { golden: "f2", name: "f_beta", beta: "2" },
];

type ExpectMetric = (name: string, argument: string | undefined, golden: Golden) => void;

/** Checks a metric by name, and its values where 0/0 counts as 0 or 1. */
function metricChecker(
  one: ClassificationCase,
  evaluation: ClassificationEvaluation,
): ExpectMetric {
  const { tolerance = 1e-9 } = one;
  return (name, argument, golden) => {
    expectMeasured(computeMetric(name, argument, evaluation), golden, tolerance);
    if (!isUndefined(golden) || golden.zero_division_0 === undefined) return;
    for (const zeroDivision of [0, 1] as const) {
      const value = zeroDivision === 0 ? golden.zero_division_0 : golden.zero_division_1!;
      expectMeasured(computeMetric(name, argument, evaluation, { zeroDivision }), value, tolerance);
    }
  };
}

const prepared = cases.map((one) => {
  const evaluation = evaluationOf(one);
  return { ...one, evaluation, expectMetric: metricChecker(one, evaluation) };
});
const binary = prepared.filter((one) => one.input.y_score !== undefined);
const probabilities = binary.filter((one) => one.expected["log_loss"] !== undefined);
const decisionValues = binary.filter((one) => one.expected["log_loss"] === undefined);
const drawn = binary.filter((one) => one.input.y_true.length <= 400);
const multiclass = prepared.filter((one) => one.input.y_prob !== undefined);
const calibrated = prepared.filter((one) => one.expected.calibration !== undefined);

test("each part of the file is checked on as many cases as hold it", () => {
  const sizes = [binary, probabilities, decisionValues, drawn, multiclass, calibrated];
  expect(sizes.map((part) => part.length)).toEqual([22, 21, 1, 21, 8, 29]);
});

describe.each(prepared)("counts: $name", ({ evaluation, expected, expectMetric, tolerance }) => {
  const isBinary = evaluation.task === "binary";

  test("the confusion matrix and what it alone gives agree", () => {
    const golden = expected.confusion_matrix.rows_true_columns_predicted.flat();
    const { cells } = confusionOf(evaluation);
    golden.forEach((weight, k) => expect(isClose(cells[k]!, weight)).toBe(true));
    expectMetric("accuracy", undefined, expected["accuracy"] as Golden);
    expectMetric("balanced_accuracy", undefined, expected["balanced_accuracy"] as Golden);
    expectMetric("mcc", undefined, expected["mcc"] as Golden);
    const kappas = expected["cohen_kappa"] as Record<"unweighted" | "linear" | "quadratic", Golden>;
    expectMetric("cohen_kappa", undefined, kappas.unweighted);
    for (const weights of ["linear", "quadratic"] as const)
      expectMeasured(cohenKappa(confusionOf(evaluation), weights), kappas[weights], tolerance);
  });

  test.each(families)("$golden agrees: binary, averaged and of each class", (family) => {
    expect.hasAssertions();
    const golden = expected[family.golden] as Averages;
    const { name, beta } = family;
    const withClass = (label: string): string => (beta === null ? label : `${beta}, ${label}`);
    if (isBinary) expectMetric(name, beta ?? undefined, golden.binary);
    for (const average of ["micro", "macro", "weighted"] as const)
      expectMetric(`${name}_${average}`, beta ?? undefined, golden[average]);
    golden.per_class.forEach((value, k) =>
      expectMetric(name, withClass(evaluation.classes[k]!), value),
    );
  });

  test("specificity agrees", () => {
    expect.hasAssertions();
    const golden = expected["specificity"] as Averages;
    if (isBinary) expectMetric("specificity", undefined, golden.binary);
    golden.per_class.forEach((value, k) =>
      expectMetric("specificity", evaluation.classes[k], value),
    );
  });
});

test.each(binary)("areas under the curves agree: $name", ({ expected, expectMetric }) => {
  expect.hasAssertions();
  expectMetric("roc_auc", undefined, expected["roc_auc"] as Golden);
  expectMetric("average_precision", undefined, expected["average_precision"] as Golden);
});

test.each(probabilities)("log loss, Brier and rates at a threshold agree: $name", (one) => {
  const { expected, expectMetric } = one;
  expectMetric("log_loss", undefined, expected["log_loss"] as Golden);
  expectMetric("brier", undefined, expected["brier"] as Golden);
  expect(expected.at_threshold).toHaveLength(3);
  for (const { threshold, ...rates } of expected.at_threshold!) {
    expectMetric("precision_at_threshold", String(threshold), rates.precision);
    expectMetric("recall_at_threshold", String(threshold), rates.recall);
  }
});

test.each(decisionValues)("probability metrics refuse: $name", ({ expectMetric }) => {
  expect.hasAssertions();
  for (const name of ["log_loss", "brier", "ece"])
    expectMetric(name, undefined, { undefined: true });
});

test.each(drawn)("curves agree and keep their area when thinned: $name", (one) => {
  expect.hasAssertions();
  expectCurves(one, one.evaluation);
});

describe.each(multiclass)("scores of several classes: $name", (one) => {
  const { evaluation, expected, expectMetric } = one;

  test("log loss, Brier and top-k agree", () => {
    expect.hasAssertions();
    const brier = expected["brier"] as Record<"full" | "halved", Golden>;
    expectMetric("log_loss", undefined, expected["log_loss"] as Golden);
    expectMetric("brier", undefined, brier.full);
    const { rows } = brierRows(evaluation) as RowValues;
    const halves = rows.map((value) => value / 2);
    expectMeasured(weightedMean(halves, evaluation.weights), brier.halved);
    const topK = expected["top_k"] as Record<string, Golden>;
    for (const [k, value] of Object.entries(topK)) expectMetric("top_k_accuracy", k, value);
  });

  test("areas agree", () => {
    expect.hasAssertions();
    const auc = expected["roc_auc"] as Record<string, Golden> & { per_class_ovr: Golden[] };
    const ap = expected["average_precision"] as Averages;
    expectMeasured(rocAucOneVsRest(evaluation, "macro"), auc["ovr_macro"]!);
    expectMeasured(rocAucOneVsRest(evaluation, "weighted"), auc["ovr_weighted"]!);
    expectMeasured(rocAucOneVsRest(evaluation, "micro"), auc["ovr_micro"]!);
    // scikit-learn's one-vs-one knows no weights; here they count, so they are left out to compare.
    const unweighted = { ...evaluation, weights: undefined };
    expectMeasured(rocAucOneVsOne(unweighted, "macro"), auc["ovo_macro"]!);
    expectMeasured(rocAucOneVsOne(unweighted, "weighted"), auc["ovo_weighted"]!);
    for (const average of ["macro", "weighted", "micro"] as const)
      expectMeasured(averagePrecisionOfClasses(evaluation, average), ap[average]);
    evaluation.classes.forEach((name, code) => {
      expectMeasured(rocAucOfClass(evaluation, code), auc.per_class_ovr[code]!);
      expectMetric("roc_auc", name, auc.per_class_ovr[code]!);
      expectMeasured(averagePrecisionOfClass(evaluation, code), ap.per_class[code]!);
      expectMetric("average_precision", name, ap.per_class[code]!);
    });
    expectMetric("roc_auc_ovr", undefined, auc["ovr_macro"]!);
    expectMetric("roc_auc_ovr_weighted", undefined, auc["ovr_weighted"]!);
    expectMetric("roc_auc_ovr_micro", undefined, auc["ovr_micro"]!);
    expectMetric("average_precision", undefined, ap.macro);
    expectMetric("average_precision_weighted", undefined, ap.weighted);
    expectMetric("average_precision_micro", undefined, ap.micro);
  });
});

test.each(calibrated)("calibration agrees, bin by bin: $name", (one) => {
  expect.hasAssertions();
  const { evaluation, expected, expectMetric, tolerance = 1e-9 } = one;
  for (const strategy of ["uniform", "quantile"] as const) {
    const found = calibrationOfEvaluation(evaluation, { strategy });
    expectCalibration(found as Calibration, expected.calibration![`${strategy}_10`], tolerance);
  }
  expectMetric("ece", undefined, expected.calibration!.uniform_10.ece);
  expectMetric("mce", "10", expected.calibration!.uniform_10.mce);
});

function expectCalibration(found: Calibration, golden: CalibrationGolden, tolerance: number): void {
  expectMeasured(found.expectedError, golden.ece, tolerance);
  expectMeasured(found.maximumError, golden.mce, tolerance);
  expect(found.bins.map((bin) => bin.bin)).toEqual(golden.bin);
  expect(found.bins.map((bin) => bin.rows)).toEqual(golden.rows);
  const columns = {
    weight: "weight",
    meanConfidence: "mean_confidence",
    meanOutcome: "mean_outcome",
  } as const;
  for (const [ours, theirs] of Object.entries(columns))
    found.bins.forEach((bin, k) =>
      expectMeasured({ value: bin[ours as keyof typeof columns] }, golden[theirs][k]!, tolerance),
    );
  found.edges.forEach((edge, k) => expectMeasured({ value: edge }, golden.edges[k]!, tolerance));
}

function expectCurves(one: ClassificationCase, evaluation: ClassificationEvaluation): void {
  const ranking = rankingOfClass(evaluation, evaluation.positive!);
  if (!("scores" in ranking)) throw new Error(ranking.reason);
  const { tolerance = 1e-9 } = one;
  const roc = one.expected["roc_curve"] as Golden & Record<"fpr" | "tpr" | "thresholds", unknown[]>;
  const found = rocCurve(ranking);
  if (isUndefined(roc)) expect(found).toBeNull();
  else {
    expectColumn(found!.falsePositiveRate, roc.fpr, tolerance);
    expectColumn(found!.truePositiveRate, roc.tpr, tolerance);
    expectColumn(found!.thresholds, roc.thresholds, tolerance);
    const drawn = thinRocCurve(found!, 20);
    const area = drawn.reduce((sum, { x, y }, k) => {
      const before = drawn[k - 1] ?? { x: 0, y: 0 };
      return sum + ((x - before.x) * (y + before.y)) / 2;
    }, 0);
    expect(drawn.length).toBeLessThanOrEqual(Math.max(20, found!.thresholds.length));
    expectMeasured({ value: area }, one.expected["roc_auc"] as Golden, tolerance);
  }
  const pr = one.expected["pr_curve"] as Golden &
    Record<"precision" | "recall" | "thresholds", unknown[]>;
  const curve = precisionRecallCurve(ranking);
  if (isUndefined(pr)) expect(curve).toBeNull();
  else {
    expectColumn(curve!.precision, pr.precision, tolerance);
    expectColumn(curve!.recall, pr.recall, tolerance);
    expectColumn(curve!.thresholds, pr.thresholds, tolerance);
    const drawn = thinPrecisionRecallCurve(curve!, 20);
    const area = drawn.reduce((sum, { x, y }, k) => sum + (x - (drawn[k - 1]?.x ?? 0)) * y, 0);
    expect(drawn.length).toBeLessThanOrEqual(Math.max(20, curve!.recall.length));
    expectMeasured({ value: area }, one.expected["average_precision"] as Golden, tolerance);
  }
}

function expectColumn(found: Float64Array, golden: readonly unknown[], tolerance: number): void {
  expect(found).toHaveLength(golden.length);
  found.forEach((value, k) =>
    expect(
      isClose(value, numberOf(golden[k]), tolerance),
      `${value} and ${String(golden[k])}`,
    ).toBe(true),
  );
}
