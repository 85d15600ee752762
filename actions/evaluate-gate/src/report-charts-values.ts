import { countInBins, equalEdges, formatNumber, own, type Chart } from "#report";
import { residualQuantiles, type RegressionEvaluation } from "#stats";

/** More dots than these cannot be told apart and make the file large. */
const MOST_DOTS = 2000;

/** Residuals by predicted value, and how they are distributed. */
export function regressionCharts(evaluation: RegressionEvaluation): readonly Chart[] {
  const prediction = Float64Array.from(evaluation.prediction);
  const residuals = prediction.map((value, row) => (evaluation.truth[row] ?? 0) - value);
  return [residualChart(prediction, residuals), residualHistogram(evaluation, residuals)];
}

function residualChart(prediction: Float64Array, residuals: Float64Array): Chart {
  const step = Math.max(1, Math.ceil(prediction.length / MOST_DOTS));
  const points = Array.from({ length: Math.ceil(prediction.length / step) }, (_, k) => ({
    x: prediction[k * step] ?? 0,
    y: residuals[k * step] ?? 0,
  }));
  return {
    title: [own("Residuals")],
    data: {
      kind: "scatter",
      label: "Residual by predicted value",
      xLabel: "predicted",
      yLabel: "true minus predicted",
      points,
      rows: prediction.length,
    },
    ...(step > 1 && {
      caption: [
        own(
          `${formatNumber(points.length)} of ${formatNumber(prediction.length)} rows: one in ${step}.`,
        ),
      ],
    }),
  };
}

function residualHistogram(evaluation: RegressionEvaluation, residuals: Float64Array): Chart {
  const [low = 0, high = 1] = residualQuantiles(evaluation, [0.005, 0.995]);
  const edges = equalEdges(low, high > low ? high : low + 1, 24);
  return {
    title: [own("Distribution of residuals")],
    data: {
      kind: "histogram",
      label: "Histogram of residuals",
      xLabel: "true minus predicted",
      edges,
      series: [{ name: "rows", counts: countInBins(residuals, edges) }],
    },
    caption: [own("The outermost bins also hold what lies beyond them.")],
  };
}
