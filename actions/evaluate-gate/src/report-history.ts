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

/** The figures of this model that stand beside those of earlier versions. */
export interface OwnFigures {
  /** Metrics to show, the most important first. */
  readonly names: readonly string[];
  readonly metrics: ReadonlyMap<string, Measure>;
  readonly rows: number;
}

function figuresOf({ evaluation, metrics, candidate }: Findings): OwnFigures {
  const names = headlineMetrics(evaluation).map(({ name }) => name);
  return { names, metrics, rows: candidate.rows.table.rows };
}

/** The history's line and fold of a model, whose figures may come from a document. */
export function historyBlocks(own: OwnFigures, past: readonly PastVersion[]): readonly Block[] {
  return [...lineOf(own, past), ...foldOf(own, past)];
}

/** The first headline metric over the newest versions, in one line. */
export function historyLine(findings: Findings, past: readonly PastVersion[]): readonly Block[] {
  return lineOf(figuresOf(findings), past);
}

function lineOf(figures: OwnFigures, past: readonly PastVersion[]): readonly Block[] {
  const [view] = historyViews(figures, past);
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
  return foldOf(figuresOf(findings), past);
}

function foldOf(figures: OwnFigures, past: readonly PastVersion[]): readonly Block[] {
  const views = historyViews(figures, past).slice(0, TABLE_METRICS);
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
  const views = historyViews(figuresOf(findings), past);
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
  { names, metrics, rows: ownRows }: OwnFigures,
  past: readonly PastVersion[],
): readonly IntervalView[] {
  return names.flatMap((name) => {
    const before = past.flatMap(({ version, rows, metrics: measures }) =>
      itemsOf(version, measures[name], rows),
    );
    const now = itemsOf(THIS, metrics.get(name), ownRows);
    return before.length === 0 || now.length === 0 ? [] : [{ name, items: [...before, ...now] }];
  });
}

function itemsOf(name: string, measure: Measure | undefined, rows: number): IntervalItem[] {
  if (typeof measure?.value !== "number") return [];
  const { value, low = null, high = null } = measure;
  return [{ name, value, low, high, rows }];
}
