import {
  judgeThreshold,
  measureName,
  type Judgement,
  type Measure,
  type ReferenceEvidence,
  type Threshold,
} from "#core";
import { adjustPValues, driftStatistics, normalResult, type DriftStatistic } from "#stats";
import { formatNumber } from "#report";
import { decidingColumns, type ColumnFinding } from "./check.ts";
import { SHARE_METRIC } from "./inputs.ts";
import { judgeColumns, type JudgingRules } from "./judge-columns.ts";
import { compareMeasures, type Performance } from "./performance.ts";

/** What thresholds are judged on. */
export interface ThresholdFacts {
  readonly columns: readonly ColumnFinding[];
  readonly performance: Performance | null;
  /** The reference version, as thresholds may name it. */
  readonly version: string | null;
  readonly rules: JudgingRules;
}

/** Judges one threshold. */
export function judgeDriftThreshold(threshold: Threshold, facts: ThresholdFacts): Judgement {
  if (threshold.metric === SHARE_METRIC) return judgeShare(threshold, facts);
  const statistic = driftStatistics.get(threshold.metric);
  if (statistic !== undefined)
    return judgePerColumn(threshold, facts, measureStatistic(statistic.name, facts));
  if (threshold.metric === "null_rate_change")
    return judgePerColumn(threshold, facts, measureRateChange);
  if (threshold.metric === "null_rate")
    return judgePerColumn(threshold, facts, measureRate(threshold));
  return judgePerformance(threshold, facts);
}

function judgeShare(threshold: Threshold, { columns }: ThresholdFacts): Judgement {
  const deciding = decidingColumns(columns);
  const drifted = deciding.filter((column) => column.drifted).length;
  const measure: Measure =
    deciding.length === 0
      ? { value: null, reason: "no column could be judged" }
      : { value: drifted / deciding.length, n: deciding.length };
  return judge(threshold, measure);
}

function judge(threshold: Threshold, measure: Measure): Judgement {
  return judgeThreshold(threshold, { measure, references: {} }, { plainBounds: "point" });
}

/** A column's number, and the chance of it without any change. */
interface ColumnMeasure {
  readonly column: string;
  readonly value: number;
  readonly p: number;
  /** What noise alone stays below, where that is known. */
  readonly noise: number | null;
  readonly hasRows: boolean;
}

type MeasureColumns = (
  columns: readonly ColumnFinding[],
  rules: JudgingRules,
) => readonly ColumnMeasure[];

function measureStatistic(statistic: DriftStatistic, facts: ThresholdFacts): MeasureColumns {
  return (columns) =>
    // The correction counts each column once, so it is done over those that are asked for.
    judgeColumns(columns, () => statistic, facts.rules).flatMap(
      ({ score, adjustedP, noise }, index) => {
        const column = columns[index]?.name ?? "";
        return score === null
          ? []
          : [{ column, value: score, p: adjustedP ?? 1, noise, hasRows: adjustedP !== null }];
      },
    );
}

const measureRateChange: MeasureColumns = (columns, rules) => {
  const known = columns.flatMap(({ name, quality }) =>
    quality.change === null ? [] : [{ name, quality, value: quality.change }],
  );
  const adjusted = adjustPValues(
    known.map(({ quality }) => quality.p),
    rules.correction,
  );
  return known.map(({ name, quality, value }, index) => ({
    column: name,
    value,
    p: adjusted[index] ?? 1,
    noise: null,
    hasRows: Math.min(quality.reference.rows, quality.current.rows) >= rules.minRows,
  }));
};

/** The score test of a rate against the bound itself. */
function measureRate(threshold: Threshold): MeasureColumns {
  const [bound] = threshold.bounds;
  const limit = bound?.limit.kind === "number" ? bound.limit.value : 0;
  return (columns, rules) => {
    const known = columns.flatMap(({ name, quality: { current } }) =>
      current.rate === null ? [] : [{ name, rate: current.rate, rows: current.rows }],
    );
    const adjusted = adjustPValues(
      known.map(({ rate, rows }) => scoreTest(rate, rows, limit)),
      rules.correction,
    );
    return known.map(({ name, rate, rows }, index) => ({
      column: name,
      value: rate,
      p: adjusted[index] ?? 1,
      noise: null,
      hasRows: rows >= rules.minRows,
    }));
  };
}

function scoreTest(rate: number, rows: number, limit: number): number {
  const spread = Math.sqrt((limit * (1 - limit)) / rows);
  if (!(spread > 0)) return rate === limit ? 1 : 0;
  return normalResult((rate - limit) / spread, "two-sided").p;
}

/** A column that misses the bound fails only when noise does not explain it; the worst column stands for all. */
function judgePerColumn(
  threshold: Threshold,
  facts: ThresholdFacts,
  measure: MeasureColumns,
): Judgement {
  const { columns, rules } = facts;
  const wanted =
    threshold.argument === "*"
      ? columns
      : columns.filter(({ name }) => name === threshold.argument);
  if (wanted.length === 0) {
    const reason =
      threshold.argument === "*"
        ? "no column could be judged"
        : `there is no judged column ${JSON.stringify(threshold.argument)}`;
    return judge(threshold, { value: null, reason });
  }
  const judged = measure(wanted, rules).map((found) => ({
    found,
    judgement: judge(threshold, { value: found.value, n: wanted.length }),
  }));
  if (judged.length === 0) return noMeasure(threshold, wanted);
  const missed = judged.filter(({ judgement }) => judgement.verdict === "fail");
  const real = missed.filter(({ found }) => found.hasRows && found.p < 1 - rules.confidence);
  const worst = worstOf(real.length > 0 ? real : missed.length > 0 ? missed : judged);
  const reason = describeColumns(real, missed, rules);
  const verdict = real.length > 0 ? "fail" : "pass";
  return { ...worst.judgement, verdict, ...(reason !== null && { reason }) };
}

/** Statistics that fit none of the columns decide nothing where all were asked for. */
function noMeasure(threshold: Threshold, wanted: readonly ColumnFinding[]): Judgement {
  const [first] = wanted;
  const reason = first?.reason ?? `${measureName(threshold)} does not exist for these columns`;
  const failed = judge(threshold, { value: null, reason });
  return threshold.argument === "*" ? { ...failed, verdict: "inconclusive" } : failed;
}

interface Judged {
  readonly found: ColumnMeasure;
  readonly judgement: Judgement;
}

function worstOf(judged: readonly Judged[]): Judged {
  const marginOf = ({ judgement }: Judged): number =>
    Math.min(...judgement.bounds.map(({ margin }) => margin ?? Number.POSITIVE_INFINITY));
  return judged.reduce((left, right) => (marginOf(right) < marginOf(left) ? right : left));
}

function describeColumns(
  real: readonly Judged[],
  missed: readonly Judged[],
  { confidence, minRows }: JudgingRules,
): string | null {
  if (real.length > 0) return namesOf(real);
  const [first] = missed;
  if (first === undefined) return null;
  const { noise, hasRows } = first.found;
  if (!hasRows) return `beyond the bound, but with fewer than ${minRows} rows: ${namesOf(missed)}`;
  const bound =
    noise === null ? "" : ` (${formatNumber(confidence * 100)}% bound ${formatNumber(noise)})`;
  return `beyond the bound, but within noise${bound}: ${namesOf(missed)}`;
}

function namesOf(judged: readonly Judged[]): string {
  const names = judged
    .toSorted((left, right) => right.found.value - left.found.value)
    .map(({ found }) => found.column);
  return names.length > 8
    ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`
    : names.join(", ");
}

function judgePerformance(
  threshold: Threshold,
  { performance, version }: ThresholdFacts,
): Judgement {
  const entry = performance?.metrics[measureName(threshold)];
  if (entry === undefined || entry.current.value === null) {
    // A window without a label of some class is no sign of a worse model.
    const reason = entry?.current.reason ?? "no labels have come in for these predictions yet";
    return { ...judge(threshold, { value: null, reason }), verdict: "inconclusive" };
  }
  const references: Record<string, ReferenceEvidence> = {};
  for (const bound of threshold.bounds) {
    if (bound.limit.kind !== "reference") continue;
    const { reference } = bound.limit;
    references[reference] = evidenceOf(reference, { entry, version });
  }
  return judgeThreshold(
    threshold,
    { measure: entry.current, references },
    { plainBounds: "interval" },
  );
}

function evidenceOf(
  reference: string,
  {
    entry,
    version,
  }: { readonly entry: Performance["metrics"][string]; readonly version: string | null },
): ReferenceEvidence {
  if (reference.startsWith("v") && reference !== version)
    return {
      kind: "not-compared",
      version: reference,
      why: `the reference is ${version ?? "a file"}`,
    };
  if (entry.reference === null || typeof entry.reference.value !== "number")
    return { kind: "not-compared", version, why: "the reference's evaluation has no such metric" };
  return {
    kind: "measured",
    version,
    value: entry.reference.value,
    difference: compareMeasures(entry.current, entry.reference),
  };
}
