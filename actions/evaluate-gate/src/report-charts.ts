import {
  countInBins,
  drawConfusion,
  drawCurves,
  drawHistogram,
  drawIntervals,
  drawScatter,
  equalEdges,
  formatNumber,
  own,
  type Chart,
  type CurveSeries,
  type IntervalItem,
} from "#report";
import {
  calibrationOfEvaluation,
  confusionOf,
  positiveOf,
  rankingOfClass,
  residualQuantiles,
  scoreColumns,
  sketchPrecisionRecallCurve,
  sketchRocCurve,
  type ClassificationEvaluation,
  type RegressionEvaluation,
} from "#stats";
import type { Findings } from "./findings.ts";
import { headlineMetrics } from "./metric-lists.ts";

/** More classes than these make curves that cannot be told apart. */
const MOST_CURVES = 8;

/** The charts that fit the task. */
export function drawCharts(findings: Findings): readonly Chart[] {
  const { evaluation } = findings;
  const byTask =
    evaluation.task === "regression"
      ? regressionCharts(evaluation)
      : classificationCharts(evaluation, findings);
  return [...byTask, ...differenceChart(findings), ...sliceCharts(findings)];
}

/** The curves of one model, or of two on their common rows. */
interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: ClassificationEvaluation;
}

function classificationCharts(
  evaluation: ClassificationEvaluation,
  { pair, baseline }: Findings,
): readonly Chart[] {
  const other = baseline.kind === "scored" && pair !== null ? pair.reference : null;
  const models: NamedEvaluation[] = [{ name: "this model", evaluation }];
  if (other !== null && other.task !== "regression" && baseline.kind === "scored")
    models.push({ name: baseline.name, evaluation: other });
  const confusion: Chart = {
    title: [own("Confusion matrix")],
    svg: drawConfusion({
      label: "Confusion matrix",
      classes: evaluation.classes,
      cells: confusionOf(evaluation).cells,
    }),
    caption: [own("Rows by true class: the stronger the colour, the larger the share of its row.")],
  };
  if (scoreColumns(evaluation) === null) return [confusion];
  const curves =
    evaluation.task === "binary" ? curvesOfModels(models) : curvesOfClasses(evaluation);
  return [
    confusion,
    ...curves,
    ...reliability(models),
    evaluation.task === "binary" ? scoresByClass(evaluation) : confidenceByOutcome(evaluation),
  ];
}

interface CurveSource {
  readonly name: string;
  readonly evaluation: ClassificationEvaluation;
  readonly code: number;
}

function curvesOfModels(models: readonly NamedEvaluation[]): readonly Chart[] {
  return rankingCharts(
    models.map((model) => ({ ...model, code: positiveOf(model.evaluation) })),
    "",
  );
}

function curvesOfClasses(evaluation: ClassificationEvaluation): readonly Chart[] {
  const largest = [...confusionOf(evaluation).truthTotals]
    .map((count, code) => ({ count, code }))
    .sort((left, right) => right.count - left.count)
    .slice(0, MOST_CURVES);
  const sources = largest.map(({ code }) => ({
    name: evaluation.classes[code] ?? "",
    evaluation,
    code,
  }));
  return rankingCharts(sources, ", each class against the rest");
}

function rankingCharts(sources: readonly CurveSource[], what: string): readonly Chart[] {
  const roc: CurveSeries[] = [];
  const recall: CurveSeries[] = [];
  sources.forEach(({ name, evaluation, code }, series) => {
    const ranking = rankingOfClass(evaluation, code);
    if (!("scores" in ranking)) return;
    const curve = sketchRocCurve(ranking);
    if (curve !== null) roc.push({ name, series, points: curve });
    const precision = sketchPrecisionRecallCurve(ranking);
    if (precision !== null) recall.push({ name, series, points: precision });
  });
  const charts: Chart[] = [];
  if (roc.length > 0)
    charts.push({
      title: [own(`ROC curve${what}`)],
      svg: drawCurves({
        label: `ROC curve${what}`,
        xLabel: "false positive rate",
        yLabel: "true positive rate",
        series: roc,
        diagonal: true,
      }),
    });
  if (recall.length > 0)
    charts.push({
      title: [own(`Precision and recall${what}`)],
      svg: drawCurves({
        label: `Precision and recall${what}`,
        xLabel: "recall",
        yLabel: "precision",
        series: recall,
      }),
    });
  return charts;
}

function reliability(models: readonly NamedEvaluation[]): readonly Chart[] {
  const series = models.flatMap(({ name, evaluation }, place): CurveSeries[] => {
    const found = calibrationOfEvaluation(evaluation, { bins: 10 });
    if (!("bins" in found)) return [];
    const points = found.bins.map(({ meanConfidence, meanOutcome, rows }) => ({
      x: meanConfidence,
      y: meanOutcome,
      note: `${name}: said ${formatNumber(meanConfidence)}, was ${formatNumber(meanOutcome)} in ${formatNumber(rows)} rows`,
    }));
    return [{ name, series: place, points, dots: true }];
  });
  if (series.length === 0) return [];
  return [
    {
      title: [own("Reliability")],
      svg: drawCurves({
        label: "Reliability curve",
        xLabel: "predicted probability",
        yLabel: "share that came true",
        series,
        diagonal: true,
      }),
      caption: [own("On the dashed line a model is as sure as it is right.")],
    },
  ];
}

function scoresByClass(evaluation: ClassificationEvaluation): Chart {
  const positive = positiveOf(evaluation);
  const columns = scoreColumns(evaluation)?.columns ?? [];
  const scores = (columns.length > 1 ? columns[positive] : columns[0]) ?? new Float64Array(0);
  const [low, high] = spanOf(scores);
  const edges = equalEdges(Math.min(0, low), Math.max(1, high), 20);
  const name = evaluation.classes[positive] ?? "";
  return {
    title: [own("Scores of class "), name],
    svg: drawHistogram({
      label: `Scores of class ${name} by true class`,
      xLabel: "score",
      edges,
      series: evaluation.classes.map((label, code) => ({
        name: `true ${label}`,
        series: code === positive ? 0 : 1,
        counts: countInBins(
          scores.filter((_, row) => evaluation.truth[row] === code),
          edges,
        ),
      })),
    }),
  };
}

function confidenceByOutcome(evaluation: ClassificationEvaluation): Chart {
  const columns = scoreColumns(evaluation)?.columns ?? [];
  const highest = Float64Array.from({ length: evaluation.truth.length }, (_, row) =>
    Math.max(...columns.map((column) => column[row] ?? 0)),
  );
  const edges = equalEdges(0, Math.max(1, spanOf(highest)[1]), 20);
  const isRight = (row: number): boolean => evaluation.prediction[row] === evaluation.truth[row];
  return {
    title: [own("Highest score of each row")],
    svg: drawHistogram({
      label: "Highest score of each row, right and wrong predictions",
      xLabel: "highest score",
      edges,
      series: [
        {
          name: "right",
          series: 0,
          counts: countInBins(
            highest.filter((_, row) => isRight(row)),
            edges,
          ),
        },
        {
          name: "wrong",
          series: 1,
          counts: countInBins(
            highest.filter((_, row) => !isRight(row)),
            edges,
          ),
        },
      ],
    }),
  };
}

function regressionCharts(evaluation: RegressionEvaluation): readonly Chart[] {
  const prediction = Float64Array.from(evaluation.prediction);
  const residuals = prediction.map((value, row) => (evaluation.truth[row] ?? 0) - value);
  const [low = 0, high = 1] = residualQuantiles(evaluation, [0.005, 0.995]);
  const edges = equalEdges(low, high > low ? high : low + 1, 24);
  return [
    {
      title: [own("Residuals")],
      svg: drawScatter({
        label: "Residual by predicted value",
        xLabel: "predicted",
        yLabel: "true minus predicted",
        x: prediction,
        y: residuals,
      }),
    },
    {
      title: [own("Distribution of residuals")],
      svg: drawHistogram({
        label: "Histogram of residuals",
        xLabel: "true minus predicted",
        edges,
        series: [{ name: "rows", series: 0, counts: countInBins(residuals, edges) }],
      }),
      caption: [own("The outermost bins also hold what lies beyond them.")],
    },
  ];
}

/** Differences of shares only: errors in the target's unit have another scale. */
function differenceChart({ compared, baseline, evaluation }: Findings): readonly Chart[] {
  if (baseline.kind !== "scored" || evaluation.task === "regression") return [];
  const items = compared.flatMap(({ name, difference }): IntervalItem[] => {
    const { value, low = null, high = null, n } = difference;
    return value === null ? [] : [{ name, value, low, high, rows: n ?? 0 }];
  });
  if (items.length === 0) return [];
  return [
    {
      title: [own("Differences to "), baseline.name],
      svg: drawIntervals({
        label: `Differences to ${baseline.name}`,
        xLabel: "this model minus baseline",
        items,
        guide: { name: "no difference", value: 0 },
      }),
      caption: [
        own("Intervals of the paired differences; for log_loss, brier and ece less is better."),
      ],
    },
  ];
}

function sliceCharts({ slices, evaluation, metrics }: Findings): readonly Chart[] {
  const [metric] = headlineMetrics(evaluation);
  if (metric === undefined) return [];
  const columns = [...new Set(slices.map(({ column }) => column))];
  return columns.flatMap((column): Chart[] => {
    const items = slices
      .filter((slice) => slice.column === column)
      .flatMap(({ value, rows, metrics: measures }): IntervalItem[] => {
        const measure = measures.get(metric.name);
        if (measure?.value === null || measure?.value === undefined) return [];
        return [
          {
            name: value,
            value: measure.value,
            low: measure.low ?? null,
            high: measure.high ?? null,
            rows: rows.length,
          },
        ];
      });
    if (items.length === 0) return [];
    const all = metrics.get(metric.name)?.value;
    return [
      {
        title: [own(`${metric.name} by `), column],
        svg: drawIntervals({
          label: `${metric.name} by ${column}`,
          xLabel: metric.name,
          items,
          ...(typeof all === "number" && { guide: { name: "all rows", value: all } }),
        }),
        caption: [own("The dashed line is the value of all rows.")],
      },
    ];
  });
}

function spanOf(values: Float64Array): readonly [number, number] {
  return values.reduce<readonly [number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
