import type { Measure } from "#core";
import {
  code,
  folded,
  formatNumber,
  intervalBelow,
  own,
  paragraph,
  small,
  strong,
  type Block,
  type ChartsBlock,
  type Inline,
  type IntervalItem,
  type IntervalView,
  type Phrase,
} from "#report";
import type { Findings } from "./findings.ts";
import { headlineMetrics } from "./metric-lists.ts";
import type { PastVersion } from "./version-history.ts";

const THIS = "this model";
/** Of a line, so that it is one line on a telephone, too. */
const LINE_VERSIONS = 4;
/** Columns that a table in a comment has room for. */
const TABLE_METRICS = 4;

/** The first headline metric over the newest versions, in one line. */
export function historyLine(findings: Findings, past: readonly PastVersion[]): readonly Block[] {
  const [view] = historyViews(findings, past);
  if (view === undefined) return [];
  const steps = view.items.slice(-LINE_VERSIONS - 1);
  const parts = steps.flatMap(({ name, value }, at): Inline[] => [
    ...(at === 0 ? [] : [own(" → ")]),
    ...(name === THIS
      ? [strong(own(formatNumber(value))), own(" now")]
      : [own(formatNumber(value)), own(" "), small(name)]),
  ]);
  return [paragraph(code(view.name), own(" over versions: "), ...parts)];
}

const NOTE =
  "Each version's figures are its own evaluation's, on its own rows: they show the way, and are not a comparison.";

/** The headline metrics of the newest versions, with intervals. */
export function historyFold(findings: Findings, past: readonly PastVersion[]): readonly Block[] {
  const views = historyViews(findings, past).slice(0, TABLE_METRICS);
  const [first] = views;
  if (first === undefined) return [];
  const versions = [...past.map(({ version }) => version), THIS].toReversed();
  return [
    folded(
      [own(`History: ${past.length === 1 ? "1 version" : `${past.length} versions`}`)],
      {
        kind: "table",
        headers: [[own("version")], ...views.map(({ name }): Phrase => [code(name)])],
        numeric: views.map((_, at) => at + 1),
        rows: versions.map((version) => [
          [version === THIS ? strong(own(THIS)) : code(version)],
          ...views.map((view) => describeItem(view, version)),
        ]),
      },
      paragraph(small(own(NOTE))),
    ),
  ];
}

function describeItem({ items }: IntervalView, version: string): Phrase {
  const item = items.find(({ name }) => name === version);
  if (item === undefined) return [own("—")];
  return [own(formatNumber(item.value)), ...intervalBelow(item.low, item.high)];
}

/** The same as a chart with the metric to choose; `null` without earlier versions. */
export function historyChart(findings: Findings, past: readonly PastVersion[]): ChartsBlock | null {
  const views = historyViews(findings, past);
  if (views.length === 0) return null;
  return {
    kind: "charts",
    charts: [
      {
        title: [own("Metrics over versions")],
        data: { kind: "history", label: "Metrics over versions", views },
        caption: [own(NOTE)],
      },
    ],
  };
}

/** A view a headline metric that this model and at least one earlier version have. */
function historyViews(
  { evaluation, metrics, candidate }: Findings,
  past: readonly PastVersion[],
): readonly IntervalView[] {
  return headlineMetrics(evaluation).flatMap(({ name }) => {
    const before = past.flatMap(({ version, rows, metrics: measures }) =>
      itemsOf(version, measures[name], rows),
    );
    const now = itemsOf(THIS, metrics.get(name), candidate.rows.table.rows);
    return before.length === 0 || now.length === 0 ? [] : [{ name, items: [...before, ...now] }];
  });
}

function itemsOf(name: string, measure: Measure | undefined, rows: number): IntervalItem[] {
  if (typeof measure?.value !== "number") return [];
  const { value, low = null, high = null } = measure;
  return [{ name, value, low, high, rows }];
}
