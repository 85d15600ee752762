import type { Judgement, Verdict } from "#core";
import {
  code,
  formatNumber,
  formatSigned,
  lineBreak,
  own,
  paragraph,
  strong,
  verdictIcon,
  type Block,
  type Inline,
  type Phrase,
} from "#report";
import type { ThresholdChanges } from "./base-thresholds.ts";
import type { ComparedMetric } from "./compare-headlines.ts";
import type { Findings } from "./findings.ts";
import { readingOf, type Reading } from "./report-comparison.ts";

/** The verdict in one line. */
export function headline(model: string, verdict: Verdict): Block {
  return {
    kind: "headline",
    verdict,
    text: [own(`${verdictIcon(verdict)} `), model, own(`: ${verdict}`)],
  };
}

const DECISIONS: Readonly<Record<Verdict, string>> = {
  pass: "It may be promoted.",
  fail: "It may not be promoted.",
  inconclusive: "It is not decided.",
};

/** Whether it may be promoted and why; on how many rows; compared with what, and by how much it differs. */
export function sentence(findings: Findings): Block {
  const { whole, candidate, baseline, compared } = findings;
  const all = candidate.rows.table.rows;
  const rows = `${formatNumber(all)} ${candidate.rows.isTestPart ? "test " : ""}${all === 1 ? "row" : "rows"}`;
  return paragraph(
    strong(own(`${DECISIONS[whole.verdict]} `), whole.reason),
    lineBreak,
    own(`Judged on ${rows}`),
    ...describeBaseline(baseline, all),
    ...(baseline.kind === "scored" ? summariseComparison(compared, findings) : []),
  );
}

/** `first version: not compared (why)` stands in the verdict's reason already. */
const FIRST_VERSION = /^first version: not compared \((.*)\)$/s;

function describeBaseline(baseline: Findings["baseline"], rows: number): Phrase {
  switch (baseline.kind) {
    case "absent":
      return [own("; "), baseline.why.replace(FIRST_VERSION, "$1"), own(".")];
    case "not-compared":
      return [own("; not compared: "), baseline.why, own(".")];
    case "scored": {
      const common = baseline.rows.length;
      const which = common === rows ? "the same rows" : `${formatNumber(common)} of them`;
      const note = baseline.note === null ? [] : [own(" ("), baseline.note, own(")")];
      return [own(", compared with "), code(baseline.name), own(` on ${which}`), ...note, own(".")];
    }
  }
}

/** How many metrics got better and worse, and the first that a threshold is about. */
function summariseComparison(
  compared: readonly ComparedMetric[],
  { judgements }: Findings,
): Phrase {
  const told = compared.filter(({ difference }) => difference.value !== null);
  const count = (reading: Reading): number =>
    told.filter((metric) => readingOf(metric) === reading).length;
  if (told.length === 0) return [];
  const [better, worse, unclear] = [count("better"), count("worse"), count("unclear")];
  const [changed, uncompared] = [count("changed"), count("uncompared")];
  const all = `${told.length} ${told.length === 1 ? "metric" : "metrics"}`;
  const parts = [
    ...(better > 0 ? [`${better} better`] : []),
    ...(worse > 0 ? [`${worse} worse`] : []),
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(unclear > 0 ? [`${unclear} without a clear change`] : []),
    ...(uncompared > 0 ? [`${uncompared} not compared`] : []),
  ];
  const judged = new Set(judgements.map(({ metric }) => metric));
  const main = told.find(({ name }) => judged.has(name)) ?? told[0];
  return [
    lineBreak,
    own(
      better + worse + changed === 0
        ? `None of ${all} shows a clear change.`
        : `Of ${all}: ${parts.join(", ")}.`,
    ),
    ...(main === undefined ? [] : [own(" "), ...describeMain(main)]),
  ];
}

function describeMain({ name, candidate, reference, difference }: ComparedMetric): Phrase {
  const { value, low, high } = difference;
  const range =
    typeof low === "number" && typeof high === "number"
      ? ` (between ${formatSigned(low)} and ${formatSigned(high)})`
      : "";
  return [
    code(name),
    own(` ${formatNumber(reference)} → ${formatNumber(candidate)}: `),
    strong(own(formatSigned(value))),
    own(`${range}.`),
  ];
}

/** Names the thresholds that a pull request changes. */
export function describeChanges({ added, removed, unknown }: ThresholdChanges): Block {
  if (unknown !== null) {
    return paragraph(
      own("⚠️ Whether the thresholds differ from the base branch's is not known: "),
      unknown,
    );
  }
  const list = (lines: readonly string[]): Phrase =>
    lines.flatMap((line, at): Inline[] => [...(at === 0 ? [] : [own(", ")]), code(line)]);
  return paragraph(
    own("⚠️ "),
    strong(own("This pull request changes its own thresholds.")),
    ...(removed.length === 0 ? [] : [own(" Removed: "), ...list(removed), own(".")]),
    ...(added.length === 0 ? [] : [own(" Added: "), ...list(added), own(".")]),
  );
}

/** Of a threshold for each value of a column, more passing values than these become one line. */
const MOST_PASSING_LINES = 5;

/** Of one threshold's values, at most these are shown a verdict. */
const MOST_LINES = 10;

/** What decides first; of the many values of one threshold only those that tell most. */
export function orderJudgements(judgements: readonly Judgement[]): readonly Judgement[] {
  return mergeValues(judgements)
    .map(shortenSkipped)
    .toSorted((left, right) => rankOf(left) - rankOf(right));
}

function rankOf({ verdict, level }: Judgement): number {
  const ranks = { fail: 0, inconclusive: 1, pass: 3, skipped: 4 } as const;
  return verdict === "fail" && level === "warn" ? 2 : ranks[verdict];
}

/** Why there is no first version to hold against is said once, above. */
function shortenSkipped(judgement: Judgement): Judgement {
  const { verdict, reason } = judgement;
  return verdict === "skipped" && reason !== undefined && FIRST_VERSION.test(reason)
    ? { ...judgement, reason: "first version: not compared" }
    : judgement;
}

function mergeValues(judgements: readonly Judgement[]): readonly Judgement[] {
  const groups = new Map<string, Judgement[]>();
  for (const [at, judgement] of judgements.entries()) {
    const of = judgement["each_of"];
    const key = JSON.stringify(typeof of === "string" ? [of, judgement.verdict] : at);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [judgement]);
    else group.push(judgement);
  }
  return [...groups.values()].flatMap(shortenGroup);
}

/** The values of one threshold with one verdict. */
function shortenGroup(group: readonly Judgement[]): readonly Judgement[] {
  const [first] = group;
  if (first === undefined) return [];
  const threshold = String(first["each_of"]);
  const most = first.verdict === "pass" ? MOST_PASSING_LINES : MOST_LINES;
  if (group.length <= most) return group;
  const sorted = group.toSorted((left, right) => leastMargin(left) - leastMargin(right) || 0);
  if (first.verdict === "pass") {
    const closest = sorted[0] ?? first;
    const reason = `${formatNumber(group.length)} values pass; the closest is ${closest.metric}`;
    return [{ ...closest, threshold, reason }];
  }
  const rest = group.length - MOST_LINES;
  const more = rest === 1 ? "1 more value" : `${formatNumber(rest)} more values`;
  const { metric, level, verdict } = first;
  return [
    ...sorted.slice(0, MOST_LINES),
    {
      threshold,
      metric,
      level,
      verdict,
      measure: { value: null },
      bounds: [],
      reason: `${more}: ${verdict}; evaluation.json has all`,
    },
  ];
}

/** How far beyond its bound; infinite where nothing was compared, which comes last. */
function leastMargin({ bounds }: Judgement): number {
  return Math.min(...bounds.map(({ margin }) => margin ?? Number.POSITIVE_INFINITY));
}
