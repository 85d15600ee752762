import { own, type Chart, type ChartsBlock, type IntervalItem } from "#report";
import { LOSSES } from "./analysis/analysis-blocks.ts";
import type {
  AttributionSummary,
  Importance,
  LossName,
  WeakSegment,
} from "./analysis/error-analysis.ts";
import type { Findings } from "./findings.ts";

/** Bars beyond these are in evaluation.json. */
const MOST_BARS = 20;

/** Weak segments, whose names are long, over the whole width; below it what the model relies on. */
export function analysisCharts({ analysis }: Findings): readonly ChartsBlock[] {
  if (analysis === null) return [];
  const { segments, importance, attributions, loss } = analysis;
  const weak = segments.kind === "found" ? segmentChart(segments.segments, loss) : [];
  const reliedOn = [
    ...(importance.kind === "found" ? importanceChart(importance) : []),
    ...(attributions.kind === "found" ? attributionChart(attributions) : []),
  ];
  return [weak, reliedOn].flatMap((charts): ChartsBlock[] =>
    charts.length === 0 ? [] : [{ kind: "charts", charts }],
  );
}

function segmentChart(segments: readonly WeakSegment[], loss: LossName): readonly Chart[] {
  if (segments.length === 0) return [];
  const items = segments.map(({ terms, difference, low, high, rows }): IntervalItem => ({
    name: terms.map(({ column, value }) => `${column} = ${value}`).join(", "),
    value: difference,
    low,
    high,
    rows,
  }));
  return [
    {
      title: [own("Weak segments")],
      data: {
        kind: "intervals",
        label: "Weak segments",
        itemLabel: "segment",
        views: [
          {
            name: `${LOSSES[loss]} above the rest`,
            items,
            guide: { name: "as everywhere else", value: 0 },
          },
        ],
      },
      caption: [own("Intervals hold for all segments that were searched together.")],
    },
  ];
}

function importanceChart({ metric, higherIsBetter, features, repeats }: Importance): Chart[] {
  const items = features.slice(0, MOST_BARS).map(({ column, mean, deviation }): IntervalItem => ({
    name: column,
    value: mean,
    low: deviation === null ? null : mean - deviation,
    high: deviation === null ? null : mean + deviation,
  }));
  if (items.length === 0) return [];
  return [
    {
      title: [own("Permutation importance")],
      data: {
        kind: "intervals",
        bars: true,
        label: "Permutation importance",
        itemLabel: "column",
        views: [{ name: `${metric} ${higherIsBetter ? "lost" : "gained"}`, items }],
      },
      caption: [
        own(
          repeats === 1
            ? "What shuffling a column among the rows costs."
            : `What shuffling a column among the rows costs: mean of ${repeats} shuffles, lines one standard deviation to either side.`,
        ),
      ],
    },
  ];
}

function attributionChart({ features, rows, scale }: AttributionSummary): Chart[] {
  const items = features
    .slice(0, MOST_BARS)
    .map(({ column, meanSize }) => ({ name: column, value: meanSize, low: null, high: null }));
  if (items.length === 0) return [];
  const unit = { probability: "scores", margin: "margins", value: "the target's unit" }[scale];
  return [
    {
      title: [own("Attributions")],
      data: {
        kind: "intervals",
        bars: true,
        label: "Mean size of attributions",
        itemLabel: "column",
        views: [{ name: `mean size, in ${unit}`, items }],
      },
      caption: [own(`How much a column moved the prediction, on average over ${rows} rows.`)],
    },
  ];
}
