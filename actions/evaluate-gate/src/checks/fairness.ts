import { findColumn } from "#core";
import { toText } from "#data";
import { formatNumber } from "#report";
import { largestRateGap, positiveOf, type ClassificationEvaluation, type GroupRate } from "#stats";
import type { CheckContext, Outcomes } from "./check-context.ts";
import { percent, quoteName, type Outcome } from "./finding.ts";

const ADVICE =
  "Look at the group's rows, data and labels; whether a gap is unfair is for people to say.";

/** Gaps of selection, true and false positive rates between the groups of each column. */
export function checkFairness(context: CheckContext, columns: readonly string[]): Outcomes {
  const { evaluation } = context;
  const found = columns.map((column) => {
    if (evaluation.task !== "binary")
      return allParts({
        kind: "not-applicable",
        why: `Fairness of ${evaluation.task === "regression" ? "a regression" : "several classes"} is not measured: it needs a binary task.`,
      });
    return measureColumn(column, evaluation, context);
  });
  const of = (part: keyof ReturnType<typeof allParts>): readonly Outcome[] =>
    found.map((one) => one[part]);
  return {
    demographic_parity_difference: of("demographic_parity_difference"),
    equalized_odds_difference: of("equalized_odds_difference"),
    equal_opportunity_difference: of("equal_opportunity_difference"),
  };
}

function allParts(outcome: Outcome) {
  return {
    demographic_parity_difference: outcome,
    equalized_odds_difference: outcome,
    equal_opportunity_difference: outcome,
  };
}

/** A group's rows, of which some count for a rate. */
interface Group {
  readonly name: string;
  readonly rows: number;
  readonly selected: GroupRate;
  readonly positives: GroupRate;
  readonly negatives: GroupRate;
}

function measureColumn(
  name: string,
  evaluation: ClassificationEvaluation,
  context: CheckContext,
): ReturnType<typeof allParts> {
  const column = findColumn(context.candidate.rows.table, name);
  if (column === undefined)
    return allParts({ kind: "unknown", why: `The data has no column ${quoteName(name)}.` });
  const { minSliceRows, confidence } = context.scoring.inputs;
  const { codes, levels } = toText(column);
  const all = countGroups(codes, levels, evaluation);
  const groups = all.filter(({ rows }) => rows >= minSliceRows);
  const small = all.filter(({ rows }) => rows > 0 && rows < minSliceRows);
  const note =
    small.length === 0
      ? ""
      : ` Left out with fewer than ${minSliceRows} rows: ${small
          .slice(0, 3)
          .map((group) => quoteName(group.name))
          .join(", ")}${small.length > 3 ? ` and ${small.length - 3} more` : ""}.`;
  const options = { column: name, groups, confidence, note };
  const selected = gapOf("selected", "selection rate", options);
  const hits = gapOf("positives", "true positive rate", options);
  const alarms = gapOf("negatives", "false positive rate", options);
  return {
    demographic_parity_difference: selected,
    equalized_odds_difference: largerGap(hits, alarms),
    equal_opportunity_difference: hits,
  };
}

/** Both rates are to be equal: the larger gap counts, and neither may be unknown. */
function largerGap(first: Outcome, second: Outcome): Outcome {
  if (first.kind !== "measured") return first;
  if (second.kind !== "measured") return second;
  return second.value > first.value ? second : first;
}

function gapOf(
  rate: "selected" | "positives" | "negatives",
  words: string,
  {
    column,
    groups,
    confidence,
    note,
  }: {
    readonly column: string;
    readonly groups: readonly Group[];
    readonly confidence: number;
    readonly note: string;
  },
): Outcome {
  const counted = groups.filter((group) => group[rate].trials > 0);
  const found = largestRateGap(
    counted.map((group) => group[rate]),
    confidence,
  );
  if (found.value === null)
    return {
      kind: "unknown",
      why: `${quoteName(column)} has no two groups with enough rows to compare the ${words}.${note}`,
    };
  const describe = (at: number): string => {
    const group = counted[at];
    if (group === undefined) return "";
    const { hits, trials } = group[rate];
    return `${quoteName(group.name)} ${percent(hits / trials)} of ${formatNumber(Math.round(trials * 10) / 10)}`;
  };
  return {
    kind: "measured",
    value: found.value,
    low: found.low,
    high: null,
    found: `By ${quoteName(column)} the ${words} differs by ${formatNumber(found.value, 3)}: ${describe(found.largest)}, ${describe(found.smallest)}.${note}`,
    advice: ADVICE,
  };
}

function countGroups(
  codes: Int32Array,
  levels: readonly string[],
  evaluation: ClassificationEvaluation,
): readonly Group[] {
  const { truth, prediction, weights } = evaluation;
  const positive = positiveOf(evaluation);
  const rows = new Float64Array(levels.length);
  const selected = emptyRates(levels.length);
  const positives = emptyRates(levels.length);
  const negatives = emptyRates(levels.length);
  for (let row = 0; row < codes.length; row++) {
    const group = codes[row] ?? -1;
    if (group < 0) continue;
    const weight = weights === undefined ? 1 : (weights[row] ?? 0);
    const isHit = prediction[row] === positive;
    rows[group] = (rows[group] ?? 0) + 1;
    add(selected, group, weight, isHit);
    add(truth[row] === positive ? positives : negatives, group, weight, isHit);
  }
  return levels.map((name, at) => ({
    name,
    rows: rows[at] ?? 0,
    selected: rateAt(selected, at),
    positives: rateAt(positives, at),
    negatives: rateAt(negatives, at),
  }));
}

interface Rates {
  readonly hits: Float64Array;
  readonly trials: Float64Array;
  readonly squares: Float64Array;
}

function emptyRates(groups: number): Rates {
  return {
    hits: new Float64Array(groups),
    trials: new Float64Array(groups),
    squares: new Float64Array(groups),
  };
}

function add({ hits, trials, squares }: Rates, at: number, weight: number, isHit: boolean): void {
  if (isHit) hits[at] = (hits[at] ?? 0) + weight;
  trials[at] = (trials[at] ?? 0) + weight;
  squares[at] = (squares[at] ?? 0) + weight * weight;
}

function rateAt({ hits, trials, squares }: Rates, at: number): GroupRate {
  const total = trials[at] ?? 0;
  return {
    hits: hits[at] ?? 0,
    trials: total,
    rows: total === 0 ? 0 : total ** 2 / (squares[at] ?? 1),
  };
}
