import type { MetricReference } from "../metrics/bind-request.ts";
import { bindMetric } from "../metrics/bind.ts";
import { valueOfKernel } from "../metrics/compute.ts";
import type { Evaluation } from "../metrics/evaluation.ts";
import type { Kernel } from "../metrics/kernel.ts";
import { dieboldMarianoTest } from "../hypothesis/diebold-mariano.ts";
import { hasResult } from "../hypothesis/outcome.ts";
import { type Discordant, mcNemarTest } from "../hypothesis/proportions.ts";
import { wilcoxonTest } from "../hypothesis/wilcoxon.ts";
import { normalSf } from "../special/normal.ts";
import { type BootstrapLaw, bootstrap } from "./bootstrap.ts";
import { discordantRows } from "./joint-table.ts";
import { answerAlike, isWithoutWidth, withoutVariation } from "./no-variation.ts";
import { type RankingLaw, differenceLaw, plainInterval } from "./ranking-law.ts";
import {
  NO_LAW_OF_MAXIMUM,
  type IntervalMethod,
  type UncertaintyOptions,
  isMaximum,
  planOf,
} from "./interval.ts";

/** Two models on the same rows. */
export interface ComparisonInput extends UncertaintyOptions {
  readonly metric: MetricReference;
  readonly candidate: Evaluation;
  /** The same rows as the candidate's, in the same order, with the same truth and weights. */
  readonly reference: Evaluation;
  /** The difference that `pBelow` and `pAbove` test against; 0 when left out. */
  readonly nullDifference?: number | undefined;
  /** Mid-p McNemar instead of the exact one. */
  readonly midP?: boolean | undefined;
  /** Rows are in time order: regression errors are compared by Diebold and Mariano's test. */
  readonly timeOrdered?: boolean | undefined;
  /** Both are known to be one model: where no row tells them apart, none ever does. */
  readonly isSameModel?: boolean | undefined;
  /** Steps ahead of the forecasts for Diebold and Mariano's test; 1 when left out. */
  readonly horizon?: number | undefined;
}

/** Where the p value of a comparison comes from. */
export type ComparisonTest =
  | "mcnemar-exact"
  | "mcnemar-mid-p"
  | "delong"
  | "wilcoxon"
  | "diebold-mariano"
  /** Student's, with the deviation that each row's influence on the difference gives. */
  | "infinitesimal-jackknife"
  | "bootstrap";

/** The paired difference candidate minus reference of a metric, in the metric's own direction. */
export interface Comparison {
  readonly candidate: number | null;
  readonly reference: number | null;
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Two-sided p of "both are equally good"; `null` where there is no difference to test. */
  readonly p: number | null;
  readonly test: ComparisonTest | null;
  /** One-sided p of "the true difference is below `nullDifference`". */
  readonly pBelow: number | null;
  readonly pAbove: number | null;
  /** Where the interval comes from. */
  readonly method: IntervalMethod | null;
  /** Rows. */
  readonly n: number;
  /** Resamples in which both were defined; `null` without a bootstrap. */
  readonly resamples: number | null;
  readonly reason?: string | undefined;
}

/**
 * Compares two models by a metric over the same rows: the paired difference, its interval and a
 * test. Accuracy: joint bootstrap and McNemar; area under a ROC curve: DeLong; averages of such areas
 * and average precision: the same from each row's influence; regression errors: paired bootstrap and
 * Wilcoxon, or Diebold-Mariano in time order; any other: paired bootstrap.
 *
 * @throws RangeError where the two are not on the same rows.
 */
export function compareOnRows(input: ComparisonInput): Comparison {
  const { metric, candidate, reference } = input;
  assertSameRows(candidate, reference);
  const n = candidate.truth.length;
  const first = bindMetric(metric, candidate, input);
  if (!("kind" in first)) return noComparison(n, `candidate: ${first.reason}`);
  const second = bindMetric(metric, reference, input);
  if (!("kind" in second)) return noComparison(n, `reference: ${second.reason}`);
  const a = valueOfKernel(first, candidate);
  const b = valueOfKernel(second, reference);
  if (a.value === null || b.value === null)
    return {
      ...noComparison(n, a.value === null ? `candidate: ${a.reason}` : `reference: ${b.reason}`),
      candidate: a.value,
      reference: b.value,
    };
  const pair: Pair = { first, second, candidate: a.value, reference: b.value };
  if (isMaximum(metric))
    return {
      ...noComparison(n, NO_LAW_OF_MAXIMUM),
      candidate: a.value,
      reference: b.value,
      difference: a.value - b.value,
    };
  const found = byRanks(input, pair) ?? byBootstrap(input, pair);
  return widen(found, input, pair);
}

/**
 * Where no resample moved the difference, the interval is that of a share which these rows never
 * showed, unless both gave the same answers throughout.
 */
function widen(found: Comparison, input: ComparisonInput, { first, second }: Pair): Comparison {
  if (found.difference === null || !isWithoutWidth(found)) return found;
  if (input.isSameModel === true || answerAlike(input.candidate, input.reference)) return found;
  const wider = withoutVariation(found.difference, [first, second], {
    evaluation: input.candidate,
    ...input,
  });
  if (wider === null) return found;
  const tails = wider.tailsAt(input.nullDifference ?? 0);
  return {
    ...found,
    low: wider.low,
    high: wider.high,
    pBelow: tails.below,
    pAbove: tails.above,
    p: Math.min(1, 2 * Math.min(wider.tailsAt(0).below, wider.tailsAt(0).above)),
    method: "clopper-pearson",
  };
}

interface Pair {
  readonly first: Kernel;
  readonly second: Kernel;
  readonly candidate: number;
  readonly reference: number;
}

function noComparison(n: number, reason: string): Comparison {
  return {
    candidate: null,
    reference: null,
    difference: null,
    low: null,
    high: null,
    p: null,
    test: null,
    pBelow: null,
    pAbove: null,
    method: null,
    n,
    resamples: null,
    reason,
  };
}

function assertSameRows(candidate: Evaluation, reference: Evaluation): void {
  if (candidate.task !== reference.task)
    throw new RangeError(`tasks differ: ${candidate.task} and ${reference.task}`);
  const { truth } = candidate;
  if (truth !== reference.truth) {
    if (truth.length !== reference.truth.length)
      throw new RangeError(`${truth.length} rows against ${reference.truth.length}`);
    for (let i = 0; i < truth.length; i++)
      if (truth[i] !== reference.truth[i]) throw new RangeError(`truth differs in row ${i}`);
  }
  const [left, right] = [candidate.weights, reference.weights];
  if (left === right) return;
  for (let i = 0; i < truth.length; i++)
    if ((left?.[i] ?? 1) !== (right?.[i] ?? 1)) throw new RangeError(`weights differ in row ${i}`);
}

function isPlain(input: ComparisonInput): boolean {
  return input.candidate.weights === undefined && input.clusters === undefined;
}

/** The difference of two metrics of ranks, from what each row does to it. */
function byRanks(input: ComparisonInput, pair: Pair): Comparison | null {
  const { candidate, interval, confidence, nullDifference = 0 } = input;
  const { first, second } = pair;
  if (!isPlain(input) || (interval ?? "auto") !== "auto" || candidate.task === "regression")
    return null;
  if (first.kind !== "rows" || second.kind !== "rows") return null;
  const own = first.influence?.() ?? null;
  const other = second.influence?.() ?? null;
  if (own === null || other === null) return null;
  const { truth, classes } = candidate;
  const law = differenceLaw([own.rows, other.rows], truth, classes.length);
  if (law === null) return null;
  const difference = pair.candidate - pair.reference;
  const isOneArea = first.ranking !== undefined && second.ranking !== undefined;
  // Of one area the interval is the one that DeLong's test is known for: by the normal law.
  const freedom = isOneArea ? Infinity : law.freedom;
  const { low, high } = plainInterval(difference, { ...law, freedom }, confidence);
  const tails = plainInterval(difference, law).tailsAt(nullDifference);
  return {
    candidate: pair.candidate,
    reference: pair.reference,
    difference,
    low,
    high,
    ...testOfRanks(difference, law, isOneArea),
    pBelow: tails.below,
    pAbove: tails.above,
    method: isOneArea ? "delong" : "infinitesimal-jackknife",
    n: candidate.truth.length,
    resamples: null,
  };
}

/** DeLong's test takes the normal law as it is known; what is like it Student's, as the interval. */
function testOfRanks(
  difference: number,
  law: RankingLaw,
  isOneArea: boolean,
): Pick<Comparison, "test" | "p"> {
  const test = isOneArea ? "delong" : "infinitesimal-jackknife";
  if (law.deviation === 0) return { test, p: difference === 0 ? 1 : 0 };
  if (isOneArea) return { test, p: 2 * normalSf(Math.abs(difference) / law.deviation) };
  const { below, above } = plainInterval(difference, law).tailsAt(0);
  return { test, p: Math.min(1, 2 * Math.min(below, above)) };
}

function byBootstrap(input: ComparisonInput, pair: Pair): Comparison {
  const { first, second, candidate, reference } = pair;
  const n = input.candidate.truth.length;
  const difference = candidate - reference;
  const found = drawOnce(input, () =>
    bootstrap(planOf([first, second], input.candidate, input), difference, input.interval),
  );
  if (found === null)
    return {
      ...noComparison(n, "the metric is undefined in most resamples of these rows"),
      candidate,
      reference,
      difference,
    };
  const { intervalAt, resamples, method, tailsAt } = found;
  const { low, high } = intervalAt(input.confidence ?? 0.95);
  const nullDifference = input.nullDifference ?? 0;
  const tails = tailsAt(nullDifference);
  const equal = nullDifference === 0 ? tails : tailsAt(0);
  const named: NamedTest = namedTest(input, pair) ?? { test: "bootstrap", p: equal.twoSided };
  const exact: Partial<NamedTest> = nullDifference === 0 ? named : {};
  return {
    candidate,
    reference,
    difference,
    low,
    high,
    p: named.p,
    test: named.test,
    pBelow: exact.below ?? tails.below,
    pAbove: exact.above ?? tails.above,
    method,
    n,
    resamples,
  };
}

type Drawn = BootstrapLaw | null;

interface KeptDraws {
  readonly reference: Evaluation;
  readonly clusters: ArrayLike<number> | undefined;
  readonly found: Drawn;
}

const keptDraws = new WeakMap<Evaluation, Map<string, KeptDraws>>();

/** What a pair's resamples came to does not depend on the difference that is tested: it is kept. */
function drawOnce(input: ComparisonInput, draw: () => Drawn): Drawn {
  const { candidate, reference, clusters, metric, resamples, seed, interval } = input;
  const { zeroDivision, absentClasses, emptyRate } = input;
  const key = JSON.stringify([
    [metric.name, metric.argument],
    [resamples, seed, interval],
    [zeroDivision, absentClasses, emptyRate],
  ]);
  const known = keptDraws.get(candidate) ?? new Map<string, KeptDraws>();
  keptDraws.set(candidate, known);
  const kept = known.get(key);
  if (kept?.reference === reference && kept.clusters === clusters) return kept.found;
  const found = draw();
  known.set(key, { reference, clusters, found });
  return found;
}

interface NamedTest {
  readonly test: ComparisonTest;
  readonly p: number;
  readonly below?: number;
  readonly above?: number;
}

/** The test that statistics knows for this metric; `null` where that is the bootstrap. */
function namedTest(input: ComparisonInput, { first, second }: Pair): NamedTest | null {
  if (!isPlain(input)) return null;
  if (first.kind === "counts" && second.kind === "counts" && first.isAccuracy === true)
    return mcNemar(discordantRows(first, second), input.midP === true);
  if (input.candidate.task !== "regression" || first.kind !== "means" || second.kind !== "means")
    return null;
  if (first.losses === undefined || second.losses === undefined) return null;
  return input.timeOrdered === true
    ? dieboldMariano(first.losses, second.losses, input.horizon)
    : wilcoxon(first.losses, second.losses);
}

function mcNemar(discordant: Discordant, midP: boolean): NamedTest {
  const ahead = mcNemarTest(discordant);
  const behind = mcNemarTest({
    onlyFirst: discordant.onlySecond,
    onlySecond: discordant.onlyFirst,
  });
  return midP
    ? {
        test: "mcnemar-mid-p",
        p: ahead.mid,
        below: behind.firstBetterMid,
        above: ahead.firstBetterMid,
      }
    : {
        test: "mcnemar-exact",
        p: ahead.exact,
        below: behind.firstBetterExact,
        above: ahead.firstBetterExact,
      };
}

function wilcoxon(first: Float64Array, second: Float64Array): NamedTest {
  const differences = new Float64Array(first.length);
  for (let i = 0; i < differences.length; i++) differences[i] = first[i]! - second[i]!;
  const outcome = wilcoxonTest(differences);
  return { test: "wilcoxon", p: hasResult(outcome) ? outcome.p : 1 };
}

/** Losses are compared as they are: their own absolute value is themselves. */
function dieboldMariano(
  first: Float64Array,
  second: Float64Array,
  horizon: number | undefined,
): NamedTest | null {
  const found = dieboldMarianoTest({ first, second, horizon, loss: "absolute" });
  return "reason" in found ? null : { test: "diebold-mariano", p: found.p };
}
