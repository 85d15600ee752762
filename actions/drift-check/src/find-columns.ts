import type { Profile } from "#core";
import type { CorrectedColumnDrift } from "#stats";
import { formatNumber } from "#report";
import { isFeature, type ColumnFinding } from "./check.ts";
import { judgeByEvidently, requireRows, type EvidentlyJudgement } from "./evidently.ts";
import type { Inputs } from "./inputs.ts";
import { fittingStatistic, judgeColumns, pairColumns, type ColumnPair } from "./judge-columns.ts";
import { inspectColumn, type ColumnQuality } from "./quality.ts";
import type { Reference } from "./reference.ts";
import type { Current } from "./summarise.ts";

/** Both sides of the comparison. */
export interface Sides {
  readonly reference: Reference;
  /** The reference's columns that are judged. */
  readonly chosen: Profile;
  readonly data: Current;
}

/** Judges every column by the method that is asked for. */
export function findColumns(inputs: Inputs, sides: Sides): readonly ColumnFinding[] {
  const pairs = pairColumns(sides.chosen, sides.data.profile).filter(hasAnythingToJudge);
  const qualities = pairs.map((pair) =>
    inspectColumn(pair, { referenceProfile: sides.chosen, data: sides.data }),
  );
  if (inputs.method.kind === "evidently") return findByEvidently(pairs, qualities, sides);
  const { statistic, byColumn } = inputs.method;
  const judged = judgeColumns(
    pairs,
    ({ name, reference }) => fittingStatistic(byColumn[name] ?? statistic, reference.kind),
    inputs,
  );
  return pairs.map((pair, index) => {
    const quality = qualities[index] as ColumnQuality;
    return ofSlipway(pair, judged[index] as CorrectedColumnDrift, quality);
  });
}

/** Predictions, scores and labels that the current data does not have are no fault of it. */
function hasAnythingToJudge({ current }: ColumnPair): boolean {
  return isFeature(current.role) || current.n > 0;
}

function ofSlipway(
  pair: ColumnPair,
  judged: CorrectedColumnDrift,
  quality: ColumnQuality,
): ColumnFinding {
  const { statistic, score, noise, threshold, p, adjustedP } = judged;
  const broken = breakOf(pair, quality);
  return {
    ...pair,
    role: pair.reference.role,
    statistic,
    score,
    noise,
    threshold,
    p,
    adjustedP,
    drifted: judged.drifted || broken !== null,
    counts: isFeature(pair.reference.role),
    reason: broken ?? judged.reason ?? null,
    quality,
  };
}

/** What makes a column drifted whatever its values are: it is gone, or another kind of thing. */
function breakOf({ name, reference }: ColumnPair, quality: ColumnQuality): string | null {
  const { changedType } = quality;
  if (quality.isAbsent) return `column ${name} is missing`;
  if (changedType === null) return null;
  return `column ${name} changed type: ${formatNumber(changedType.mismatched)} of ${formatNumber(changedType.present)} values are no ${reference.kind} any more`;
}

function findByEvidently(
  pairs: readonly ColumnPair[],
  qualities: readonly ColumnQuality[],
  { reference, data }: Sides,
): readonly ColumnFinding[] {
  const rows = requireRows(reference.table, reference.name);
  const current = data.table ?? { rows: 0, columns: [] };
  const judged = judgeByEvidently(
    rows,
    current,
    pairs.map(({ name }) => name),
  );
  return pairs.map((pair, index) => {
    const quality = qualities[index] as ColumnQuality;
    return ofEvidently(pair, judged.get(pair.name), quality);
  });
}

function ofEvidently(
  pair: ColumnPair,
  judgement: EvidentlyJudgement | undefined,
  quality: ColumnQuality,
): ColumnFinding {
  const facts = {
    ...pair,
    role: pair.reference.role,
    noise: null,
    adjustedP: null,
    counts: true,
    quality,
  };
  const broken = breakOf(pair, quality);
  if (judgement?.kind === "judged") {
    const { method, score, threshold, drifted } = judgement.drift;
    const isTest = method === "ks" || method === "chisquare" || method === "z";
    return {
      ...facts,
      statistic: isTest ? `${method} p` : method,
      score,
      threshold,
      p: isTest ? score : null,
      drifted: drifted || broken !== null,
      reason: broken,
    };
  }
  const reason = broken ?? judgement?.reason ?? "one side has no such column";
  return {
    ...facts,
    statistic: "evidently",
    score: null,
    threshold: 0,
    p: null,
    drifted: broken !== null,
    reason,
  };
}
