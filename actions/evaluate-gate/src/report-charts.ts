import { own, type Chart, type ChartsBlock, type IntervalItem, type IntervalView } from "#report";
import type { Measure } from "#core";
import type { Findings } from "./findings.ts";
import { headlineMetrics } from "./metric-lists.ts";
import { classificationCharts } from "./report-charts-classes.ts";
import { regressionCharts } from "./report-charts-values.ts";
import { MEAN_METRIC } from "./vocabulary.ts";

/** The charts of the evaluated rows that fit the task. */
export function composeCharts(findings: Findings, confidence: number | null): ChartsBlock {
  const { evaluation } = findings;
  const byTask: ChartsBlock =
    evaluation.task === "regression"
      ? { kind: "charts", charts: regressionCharts(evaluation) }
      : classificationCharts(evaluation, { findings, confidence });
  return { ...byTask, charts: [...byTask.charts, ...differenceChart(findings)] };
}

/** Differences of shares only: errors in the target's unit and measures of rows have another scale. */
function differenceChart({ compared, baseline, evaluation }: Findings): readonly Chart[] {
  if (baseline.kind !== "scored" || evaluation.task === "regression") return [];
  const items = compared.flatMap(({ name, metric, difference }): IntervalItem[] => {
    const { value, low = null, high = null } = difference;
    return value === null || metric === MEAN_METRIC ? [] : [{ name, value, low, high }];
  });
  if (items.length === 0) return [];
  return [
    {
      title: [own("Differences to "), baseline.name],
      data: {
        kind: "intervals",
        label: `Differences to ${baseline.name}`,
        itemLabel: "metric",
        views: [
          {
            name: "this model minus baseline",
            items,
            guide: { name: "no difference", value: 0 },
          },
        ],
      },
      caption: [
        own("Intervals of the paired differences; for log_loss, brier and ece less is better."),
      ],
    },
  ];
}

/** A chart a sliced column, with the metrics to choose from; `null` without slices. */
export function composeSliceCharts(findings: Findings): ChartsBlock | null {
  const { slices, evaluation, metrics } = findings;
  const names = headlineMetrics(evaluation).map(({ name }) => name);
  const columns = [...new Set(slices.map(({ column }) => column))];
  const charts = columns.flatMap((column): Chart[] => {
    const ofColumn = slices.filter((slice) => slice.column === column);
    const views = names.flatMap((name): IntervalView[] => {
      const items = ofColumn.flatMap(({ value, rows, metrics: measures }) =>
        itemsOf(value, measures.get(name), rows.length),
      );
      const all = metrics.get(name)?.value;
      if (items.length === 0) return [];
      return [
        {
          name,
          items,
          ...(typeof all === "number" && { guide: { name: "all rows", value: all } }),
        },
      ];
    });
    if (views.length === 0) return [];
    return [
      {
        title: [own("By "), column],
        data: { kind: "intervals", label: `Metrics by ${column}`, itemLabel: "value", views },
        caption: [own("The dashed line is the value of all rows.")],
      },
    ];
  });
  return charts.length === 0 ? null : { kind: "charts", charts };
}

function itemsOf(name: string, measure: Measure | undefined, rows: number): IntervalItem[] {
  if (measure?.value === null || measure?.value === undefined) return [];
  const { value, low = null, high = null } = measure;
  return [{ name, value, low, high, rows }];
}
