import { type Measured, defined, undefinedBecause } from "../metrics/measure.ts";
import {
  binnedKolmogorovSmirnov,
  cramersV,
  hellingerDistance,
  jensenShannonDistance,
  kullbackLeibler,
  largestShareDifference,
  populationStabilityIndex,
} from "./divergences.ts";
import { binnedWasserstein } from "./samples.ts";

/** A drift statistic by its name in thresholds. */
export type DriftStatistic =
  | "psi"
  | "js"
  | "js_base2"
  | "ks"
  | "wasserstein"
  | "hellinger"
  | "kl"
  | "linf"
  | "cramers_v";

/** Facts about a drift statistic. */
export interface DriftStatisticDescription {
  readonly name: DriftStatistic;
  /** Effect from which a change counts as drift when nothing else is asked for. */
  readonly threshold: number;
  /** Whether it needs bins in numeric order. */
  readonly needsOrder: boolean;
}

function description(
  name: DriftStatistic,
  threshold: number,
  needsOrder = false,
): [DriftStatistic, DriftStatisticDescription] {
  return [name, { name, threshold, needsOrder }];
}

/** Every drift statistic with its default threshold. */
export const driftStatistics: ReadonlyMap<string, DriftStatisticDescription> = new Map([
  description("psi", 0.2),
  description("js", 0.1),
  description("js_base2", 0.12),
  description("ks", 0.1, true),
  description("wasserstein", 0.1, true),
  description("hellinger", 0.1),
  description("kl", 0.1),
  description("linf", 0.1),
  description("cramers_v", 0.1),
]);

/** One column in bins that both samples share: intervals in order, or categories. */
export interface DriftColumn {
  readonly reference: BinCounts;
  readonly current: BinCounts;
  /** Whether bins are intervals in ascending order. */
  readonly isOrdered: boolean;
  /** Standard deviation of the reference values; the Wasserstein distance is in its units. */
  readonly referenceDeviation?: number | undefined;
}

/** Rows of one sample in each bin. */
export interface BinCounts {
  readonly counts: ArrayLike<number>;
  /** Sum of the values in each bin; the Wasserstein distance needs it. */
  readonly sums?: ArrayLike<number> | undefined;
}

/** A drift statistic of a column's bins as they are, without merging. */
export function driftStatistic(name: DriftStatistic, column: DriftColumn): Measured {
  const { reference, current } = column;
  const pair = { reference: reference.counts, current: current.counts };
  if (!hasRows(reference.counts)) return undefinedBecause("the reference has no rows");
  if (!hasRows(current.counts)) return undefinedBecause("the current data has no rows");
  if (driftStatistics.get(name)!.needsOrder && !column.isOrdered)
    return undefinedBecause(`${name} is for numbers`);
  switch (name) {
    case "psi":
      return defined(populationStabilityIndex(pair));
    case "js":
      return defined(jensenShannonDistance(pair));
    case "js_base2":
      return defined(jensenShannonDistance(pair, { base: 2 }));
    case "ks":
      return defined(binnedKolmogorovSmirnov(pair));
    case "hellinger":
      return defined(hellingerDistance(pair));
    case "kl":
      return defined(kullbackLeibler(pair));
    case "linf":
      return defined(largestShareDifference(pair));
    case "cramers_v":
      return cramersV(pair);
    case "wasserstein":
      return normedBinnedWasserstein(column);
  }
}

function hasRows(counts: ArrayLike<number>): boolean {
  for (let k = 0; k < counts.length; k++) if (counts[k]! > 0) return true;
  return false;
}

function normedBinnedWasserstein({
  reference,
  current,
  referenceDeviation,
}: DriftColumn): Measured {
  if (reference.sums === undefined || current.sums === undefined)
    return undefinedBecause("the Wasserstein distance needs the sum of each bin");
  if (!(referenceDeviation !== undefined && referenceDeviation > 0))
    return undefinedBecause("the reference does not vary");
  const distance = binnedWasserstein({
    reference: { counts: reference.counts, sums: reference.sums },
    current: { counts: current.counts, sums: current.sums },
  });
  return defined(distance / referenceDeviation);
}
