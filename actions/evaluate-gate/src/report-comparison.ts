import {
  code,
  folded,
  formatNumber,
  formatSigned,
  intervalBelow,
  lineBreak,
  own,
  small,
  type Block,
  type Phrase,
  type TableBlock,
} from "#report";
import type { ComparedMetric } from "./compare-headlines.ts";
import type { Findings } from "./findings.ts";

/** What a paired difference says. */
export type Reading = "better" | "worse" | "changed" | "unclear" | "uncompared";

const READINGS: Readonly<Record<Reading, string>> = {
  better: "▲ better",
  worse: "▼ worse",
  changed: "◆ changed",
  unclear: "≈ no clear change",
  uncompared: "not compared",
};

/** Better or worse only when the whole interval says so; changed where neither more nor less is better. */
export function readingOf({ higherIsBetter, difference }: ComparedMetric): Reading {
  const { low, high, value } = difference;
  if (value === null || typeof low !== "number" || typeof high !== "number") return "uncompared";
  if (low <= 0 && high >= 0) return "unclear";
  if (higherIsBetter === null) return "changed";
  return low > 0 === higherIsBetter ? "better" : "worse";
}

/** What got worse and better against the baseline; what did not clearly change is folded. */
export function comparisonBlocks({ baseline, compared }: Findings): readonly Block[] {
  if (baseline.kind !== "scored" || compared.length === 0) return [];
  const of = (...readings: readonly Reading[]): readonly ComparedMetric[] =>
    readings.flatMap((reading) => compared.filter((metric) => readingOf(metric) === reading));
  const clear = of("worse", "changed", "better");
  const rest = of("unclear", "uncompared");
  const heading: Block = { kind: "heading", text: [own("Against "), baseline.name] };
  const title = `${rest.length} ${rest.length === 1 ? "metric" : "metrics"} without a clear change`;
  return [
    heading,
    ...(clear.length === 0 ? [] : [comparisonTable(clear)]),
    ...(rest.length === 0 ? [] : [folded([own(title)], comparisonTable(rest))]),
  ];
}

function comparisonTable(metrics: readonly ComparedMetric[]): TableBlock {
  return {
    kind: "table",
    headers: ["metric", "change", "before → now"].map((text) => [own(text)]),
    numeric: [1, 2],
    rows: metrics.map((metric) => [
      [code(metric.name), lineBreak, small(own(READINGS[readingOf(metric)]))],
      describeDifference(metric),
      [own(`${formatNumber(metric.reference)} → ${formatNumber(metric.candidate)}`)],
    ]),
  };
}

function describeDifference({ difference }: ComparedMetric): Phrase {
  if (difference.value === null) return [small(difference.reason ?? "undefined")];
  const { low = null, high = null } = difference;
  const interval =
    low === null || high === null ? [lineBreak, small("no interval")] : intervalBelow(low, high);
  return [own(formatSigned(difference.value)), ...interval];
}
