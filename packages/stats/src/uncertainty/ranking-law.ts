import type { Codes } from "../metrics/evaluation.ts";
import type { Influence } from "../metrics/influence.ts";
import { forEachBlock } from "../row-blocks.ts";
import { studentQuantile, studentSf } from "../special/student-t.ts";

/** How a metric of ranks, or the difference of two, varies from sample to sample. */
export interface RankingLaw {
  /** Standard deviation; 0 where no row moves the metric. */
  readonly deviation: number;
  /** Degrees of freedom of Student's law, above 0 or infinite. */
  readonly freedom: number;
}

/**
 * The law of a metric of ranks by what each row does to it: each class's sum of squared influences,
 * less what its few rows lose (as DeLong, DeLong & Clarke-Pearson 1988 have it for two classes, whose
 * variance this is), with Satterthwaite's (1946) degrees of freedom.
 *
 * @param influences one a row.
 * @returns `null` where a class has a single row: nothing tells how such rows vary.
 */
export function rankingLaw(
  influences: Float64Array,
  truth: Codes,
  classCount: number,
): RankingLaw | null {
  const sums = sumsByClass(classCount);
  forEachBlock(influences.length, (from, to) => {
    for (let i = from; i < to; i++) addTo(sums, truth[i]!, influences[i]!);
  });
  return lawOfClasses(sums);
}

/** {@link rankingLaw} of a metric's influence, kept for who asks again. */
export function lawOfInfluence(
  influence: Influence,
  truth: Codes,
  classCount: number,
): RankingLaw | null {
  const known = latestLaws.get(influence);
  if (known?.truth === truth && known.classCount === classCount) return known.law;
  const law = rankingLaw(influence.rows, truth, classCount);
  latestLaws.set(influence, { truth, classCount, law });
  return law;
}

/** The law of the difference of two such metrics of the same rows, by the difference of each row's influences. */
export function differenceLaw(
  [first, second]: readonly [Influence, Influence],
  truth: Codes,
  classCount: number,
): RankingLaw | null {
  const known = latestDifferences.get(first);
  if (known?.second === second && known.truth === truth && known.classCount === classCount)
    return known.law;
  const [own, other] = [first.rows, second.rows];
  const sums = sumsByClass(classCount);
  const ownSums = sumsByClass(classCount);
  forEachBlock(own.length, (from, to) => {
    for (let i = from; i < to; i++) addTo(sums, truth[i]!, own[i]! - other[i]!);
    // The first metric's own interval is asked for later, and its rows would be walked again.
    for (let i = from; i < to; i++) addTo(ownSums, truth[i]!, own[i]!);
  });
  const law = lawOfClasses(sums);
  latestDifferences.set(first, { second, truth, classCount, law });
  latestLaws.set(first, { truth, classCount, law: lawOfClasses(ownSums) });
  return law;
}

interface KeptLaw {
  readonly truth: Codes;
  readonly classCount: number;
  readonly law: RankingLaw | null;
}

/** The latest law of influences, and of their difference from others: a bound and the report ask for the same. */
const latestLaws = new WeakMap<Influence, KeptLaw>();
const latestDifferences = new WeakMap<Influence, KeptLaw & { readonly second: Influence }>();

interface ClassSums {
  readonly rows: Float64Array;
  readonly squares: Float64Array;
}

function sumsByClass(classCount: number): ClassSums {
  return { rows: new Float64Array(classCount), squares: new Float64Array(classCount) };
}

function addTo({ rows, squares }: ClassSums, code: number, influence: number): void {
  rows[code]!++;
  squares[code]! += influence * influence;
}

function lawOfClasses({ rows, squares }: ClassSums): RankingLaw | null {
  let variance = 0;
  let spread = 0;
  for (let code = 0; code < rows.length; code++) {
    if (rows[code] === 0) continue;
    if (rows[code] === 1) return null;
    const own = (squares[code]! * rows[code]!) / (rows[code]! - 1);
    variance += own;
    spread += own ** 2 / (rows[code]! - 1);
  }
  return variance > smallestVariance
    ? { deviation: Math.sqrt(variance), freedom: variance ** 2 / spread }
    : certain;
}

/** Below this a variance is rounding. */
const smallestVariance = 1e-18;

/** An interval with the one-sided p values of "the truth is below, or above, a value" that fit it. */
export interface RankingInterval {
  readonly low: number;
  readonly high: number;
  readonly tailsAt: (value: number) => { readonly below: number; readonly above: number };
}

/** The interval of a value that may be any number, such as a difference. */
export function plainInterval(
  value: number,
  { deviation, freedom }: RankingLaw,
  confidence = 0.95,
): RankingInterval {
  const reach = deviation > 0 ? studentQuantile(0.5 + confidence / 2, freedom) * deviation : 0;
  return {
    low: value - reach,
    high: value + reach,
    tailsAt: (against) => studentTails((value - against) / deviation, freedom),
  };
}

/**
 * The interval of an area in 0..1, made on the scale of its logit: an area near 1 can fall further
 * than it can rise, and a plain interval of 20 rows of a class at an area of 0.98 holds 80 % instead
 * of 95 (Pepe 2003, section 5.2; of average precision Boyd, Eng & Page 2013).
 *
 * @param value in 0..1; at an end, or without deviation, the interval is the value alone.
 */
export function logitInterval(
  value: number,
  { deviation, freedom }: RankingLaw,
  confidence = 0.95,
): RankingInterval {
  if (!(value > 0 && value < 1)) return plainInterval(value, certain, confidence);
  const spread = deviation / (value * (1 - value));
  const { low, high, tailsAt } = plainInterval(
    logit(value),
    { deviation: spread, freedom },
    confidence,
  );
  return {
    low: logistic(low),
    high: logistic(high),
    tailsAt: (against) => tailsAt(logit(Math.min(1, Math.max(0, against)))),
  };
}

function studentTails(t: number, freedom: number): { below: number; above: number } {
  if (!Number.isFinite(t)) return { below: t < 0 ? 0 : 1, above: t > 0 ? 0 : 1 };
  return { below: studentSf(-t, freedom), above: studentSf(t, freedom) };
}

const certain: RankingLaw = { deviation: 0, freedom: Infinity };

const logit = (share: number): number => Math.log(share / (1 - share));
const logistic = (odds: number): number => 1 / (1 + Math.exp(-odds));
