import {
  chooseThresholds,
  countInBins,
  countOperatingPoints,
  equalEdges,
  own,
  type Chart,
  type ChartPoint,
  type ChartsBlock,
  type CurveSeries,
  type HistogramSeries,
  type OperatingPoints,
} from "#report";
import {
  calibrationOfEvaluation,
  confusionOf,
  indicatorOf,
  orderOfScores,
  positiveOf,
  rankingOfClass,
  scoreColumns,
  scoresOfClass,
  sketchPrecisionRecallCurve,
  sketchRocCurve,
  wilsonInterval,
  type ClassificationEvaluation,
} from "#stats";
import type { Findings } from "./findings.ts";

/** More classes than these make curves that cannot be told apart. */
const MOST_CURVES = 8;

/** One model's answers, as a chart calls it. */
interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: ClassificationEvaluation;
}

/**
 * Confusion, ROC, precision and recall, reliability and scores, of this model and the baseline.
 * Without a confidence no interval is drawn: rows are weighted or belong together.
 */
export function classificationCharts(
  evaluation: ClassificationEvaluation,
  { findings, confidence }: { readonly findings: Findings; readonly confidence: number | null },
): ChartsBlock {
  const models = [{ name: "this model", evaluation }, ...baselineOf(findings)];
  const operating = operatingPoints(models, confidence);
  const confusion = confusionChart(models, { confidence, linked: operating !== null });
  if (scoreColumns(evaluation) === null) return { kind: "charts", charts: [confusion] };
  const curves =
    evaluation.task === "binary"
      ? rankingCharts(
          models.map((model) => ({ ...model, code: positiveOf(model.evaluation) })),
          { what: "", linked: operating !== null },
        )
      : rankingCharts(largestClasses(evaluation), {
          what: ", each class against the rest",
          note: noteOfClasses(evaluation.classes.length),
          linked: false,
        });
  const scores =
    evaluation.task === "binary"
      ? scoresByClass(models, operating !== null)
      : confidenceByOutcome(evaluation);
  return {
    kind: "charts",
    operating,
    charts: [...curves, confusion, scores, ...reliability(models, confidence)],
  };
}

function baselineOf({ pair, baseline }: Findings): readonly NamedEvaluation[] {
  if (baseline.kind !== "scored" || pair === null || pair.reference.task === "regression")
    return [];
  return [{ name: baseline.name, evaluation: pair.reference }];
}

/** `null` where a model has no scores of one positive class. */
function operatingPoints(
  models: readonly NamedEvaluation[],
  confidence: number | null,
): OperatingPoints | null {
  const [first] = models;
  if (first === undefined || first.evaluation.task !== "binary") return null;
  const positive = positiveOf(first.evaluation);
  const scored = models.flatMap(({ name, evaluation }) => {
    const code = positiveOf(evaluation);
    const found = scoresOfClass(evaluation, code);
    if (!("scores" in found)) return [];
    const { truth, weights } = evaluation;
    const { scores } = found;
    const order = orderOfScores(scores);
    return [{ name, scores, positive: indicatorOf(truth, code), weights, order }];
  });
  const [mine] = scored;
  // Charts tell the models apart by their place: all of them, or none.
  if (mine === undefined || scored.length < models.length) return null;
  const thresholds = chooseThresholds(mine.scores, mine.order);
  const { classes } = first.evaluation;
  return {
    classes: [classes[1 - positive] ?? "", classes[positive] ?? ""],
    thresholds,
    models: scored.map((model) => countOperatingPoints(model, thresholds)),
    confidence,
  };
}

function confusionChart(
  models: readonly NamedEvaluation[],
  { confidence, linked }: { readonly confidence: number | null; readonly linked: boolean },
): Chart {
  const [first] = models;
  const classes = first?.evaluation.classes ?? [];
  const same = models.filter(
    ({ evaluation }) => evaluation.classes.join("\n") === classes.join("\n"),
  );
  return {
    title: [own("Confusion matrix")],
    data: {
      kind: "confusion",
      label: "Confusion matrix",
      classes: [...classes],
      views: same.map(({ name, evaluation }) => ({
        name,
        cells: [...confusionOf(evaluation).cells],
      })),
      confidence,
      ...(linked && { operating: true }),
    },
    caption: [own("Rows by true class: the stronger the colour, the larger the share of its row.")],
  };
}

interface CurveSource extends NamedEvaluation {
  readonly code: number;
}

function largestClasses(evaluation: ClassificationEvaluation): readonly CurveSource[] {
  return [...confusionOf(evaluation).truthTotals]
    .map((count, code) => ({ count, code }))
    .sort((left, right) => right.count - left.count)
    .slice(0, MOST_CURVES)
    .map(({ code }) => ({ name: evaluation.classes[code] ?? "", evaluation, code }));
}

function noteOfClasses(classes: number): string {
  return classes > MOST_CURVES
    ? `Of ${classes} classes, the ${MOST_CURVES} that most rows belong to.`
    : "";
}

function rankingCharts(
  sources: readonly CurveSource[],
  {
    what,
    note = "",
    linked,
  }: { readonly what: string; readonly note?: string; readonly linked: boolean },
): readonly Chart[] {
  const roc: CurveSeries[] = [];
  const recall: CurveSeries[] = [];
  for (const { name, evaluation, code } of sources) {
    const ranking = rankingOfClass(evaluation, code);
    if (!("scores" in ranking)) continue;
    const curve = sketchRocCurve(ranking);
    if (curve !== null) roc.push({ name, points: curve });
    const precision = sketchPrecisionRecallCurve(ranking);
    if (precision !== null) recall.push({ name, points: precision });
  }
  // The operating points belong to the series by their place.
  const isWhole = linked && roc.length === sources.length && recall.length === sources.length;
  const charts: Chart[] = [];
  if (roc.length > 0)
    charts.push({
      title: [own(`ROC curve${what}`)],
      data: {
        kind: "curves",
        label: `ROC curve${what}`,
        xLabel: "false positive rate",
        yLabel: "true positive rate",
        series: roc,
        diagonal: "chance",
        ...(isWhole && { operating: "roc" }),
      },
      caption: [own(`The dashed line is what chance gives. ${note}`.trim())],
    });
  if (recall.length > 0)
    charts.push({
      title: [own(`Precision and recall${what}`)],
      data: {
        kind: "curves",
        label: `Precision and recall${what}`,
        xLabel: "recall",
        yLabel: "precision",
        series: recall,
        steps: true,
        ...(isWhole && { operating: "precision-recall" }),
      },
      ...(note !== "" && { caption: [own(note)] }),
    });
  return charts;
}

const RELIABILITY_BINS = 10;

function reliability(
  models: readonly NamedEvaluation[],
  confidence: number | null,
): readonly Chart[] {
  const series = models.flatMap(({ name, evaluation }): CurveSeries[] => {
    const found = calibrationOfEvaluation(evaluation, { bins: RELIABILITY_BINS });
    if (!("bins" in found)) return [];
    const points = found.bins.map(({ meanConfidence, meanOutcome, rows }): ChartPoint => ({
      x: meanConfidence,
      y: meanOutcome,
      rows,
      ...(confidence !== null && wilsonInterval(meanOutcome * rows, rows, confidence)),
    }));
    return [{ name, points, dots: true }];
  });
  if (series.length === 0) return [];
  return [
    {
      title: [own("Reliability")],
      data: {
        kind: "curves",
        label: "Reliability curve",
        xLabel: "predicted probability",
        yLabel: "share that came true",
        series,
        diagonal: "perfect calibration",
      },
      caption: [own("On the dashed line a model is as sure as it is right.")],
    },
  ];
}

function scoresByClass(models: readonly NamedEvaluation[], linked: boolean): Chart {
  const scored = models.flatMap(({ name, evaluation }) => {
    const positive = positiveOf(evaluation);
    const found = scoresOfClass(evaluation, positive);
    return "scores" in found ? [{ name, evaluation, positive, scores: found.scores }] : [];
  });
  const [low, high] = spanOf(scored.map(({ scores }) => scores));
  const edges = equalEdges(Math.min(0, low), Math.max(1, high), 20);
  const series = scored.flatMap(({ name, evaluation, positive, scores }, at): HistogramSeries[] =>
    [positive, 1 - positive].map((code) => ({
      name: `${at === 0 ? "" : `${name}: `}true ${evaluation.classes[code] ?? ""}`,
      counts: countScoresOf(code, { scores, truth: evaluation.truth, edges }),
      ...(at > 0 && { outlined: true }),
    })),
  );
  const [first] = scored;
  const name = first?.evaluation.classes[first.positive] ?? "";
  return {
    title: [own("Scores of class "), name],
    data: {
      kind: "histogram",
      label: `Scores of class ${name} by true class`,
      xLabel: "score",
      edges,
      series,
      ...(linked && { operating: true }),
    },
  };
}

/** Rows whose scores are picked out at once. */
const BLOCK_ROWS = 65_536;

/** Counts the scores of the rows of one true class in bins. */
function countScoresOf(
  code: number,
  {
    scores,
    truth,
    edges,
  }: {
    readonly scores: Float64Array;
    readonly truth: ArrayLike<number>;
    readonly edges: readonly number[];
  },
): readonly number[] {
  const counts = edges.slice(1).map(() => 0);
  const block = new Float64Array(Math.min(BLOCK_ROWS, scores.length));
  for (let start = 0; start < scores.length; start += BLOCK_ROWS) {
    const end = Math.min(scores.length, start + BLOCK_ROWS);
    let found = 0;
    for (let row = start; row < end; row++)
      if (truth[row] === code) block[found++] = scores[row] ?? 0;
    countInBins(block.subarray(0, found), edges).forEach((count, bin) => {
      counts[bin] = (counts[bin] ?? 0) + count;
    });
  }
  return counts;
}

function confidenceByOutcome(evaluation: ClassificationEvaluation): Chart {
  const columns = scoreColumns(evaluation)?.columns ?? [];
  const highest = Float64Array.from({ length: evaluation.truth.length }, (_, row) =>
    Math.max(...columns.map((column) => column[row] ?? 0)),
  );
  const edges = equalEdges(0, Math.max(1, spanOf([highest])[1]), 20);
  const countWhere = (right: boolean): number[] =>
    countInBins(
      highest.filter((_, row) => (evaluation.prediction[row] === evaluation.truth[row]) === right),
      edges,
    );
  return {
    title: [own("Highest score of each row")],
    data: {
      kind: "histogram",
      label: "Highest score of each row, right and wrong predictions",
      xLabel: "highest score",
      edges,
      series: [
        { name: "right", counts: countWhere(true) },
        { name: "wrong", counts: countWhere(false) },
      ],
    },
    caption: [own("Right predictions should be surer than wrong ones.")],
  };
}

function spanOf(columns: readonly Float64Array[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const column of columns)
    for (let row = 0; row < column.length; row++) {
      const value = column[row] ?? Number.NaN;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  return low <= high ? [low, high] : [0, 1];
}
