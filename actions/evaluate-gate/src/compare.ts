import type { Difference, ReferenceEvidence } from "#core";
import { compareOnRows, type Comparison, type Evaluation } from "#stats";
import { isEveryRow } from "./answers.ts";
import { takeEvaluation, type Pair } from "./evaluations.ts";
import { percentileInterval, percentileOf } from "./latency.ts";
import {
  clusteringOf,
  lowestOf,
  meanEvaluation,
  measureRun,
  shareOf,
  withoutInterval,
  type Bench,
  type Quantity,
} from "./measure.ts";
import type { Reference, ScoredReference } from "./reference.ts";
import { isCostMetric, MEAN_METRIC, type CostMetric } from "./vocabulary.ts";

/** A reference's evidence with the one-sided p values of "worse than what is allowed". */
export interface Compared {
  readonly evidence: ReferenceEvidence;
  readonly pBelow: number | null;
  readonly pAbove: number | null;
}

/**
 * Compares a quantity with a reference on their common rows. `allowed` gives, from the reference's
 * value, the difference that is tested.
 */
export function compareQuantity(
  quantity: Quantity,
  reference: Reference,
  { bench, allowed }: { readonly bench: Bench; readonly allowed: (value: number) => number },
): Compared {
  if (reference.kind !== "scored") return { evidence: reference, pBelow: null, pAbove: null };
  const { metric } = quantity;
  if (isCostMetric(metric)) return plain(compareCost(metric, reference, bench), reference);
  if (metric.startsWith("run.")) return plain(compareRun(metric.slice(4), reference), reference);
  if (metric === MEAN_METRIC && !haveMeasure(quantity.argument ?? "", { bench, reference })) {
    return plain({ value: null, difference: null }, reference);
  }
  const first = compareRows(quantity, reference, { bench, nullDifference: 0 });
  if (first.reference === null || first.reason !== undefined) return ofComparison(first, reference);
  const bound = allowed(first.reference);
  return ofComparison(
    bound === 0 ? first : compareRows(quantity, reference, { bench, nullDifference: bound }),
    reference,
  );
}

/** Whether both sides have a measure of that name in every common row. */
export function haveMeasure(
  name: string,
  { bench, reference }: { readonly bench: Bench; readonly reference: ScoredReference },
): boolean {
  const { measures } = bench.pairWith(reference);
  return [measures.candidate, measures.reference].every(
    (side) => side.get(name)?.every((value) => Number.isFinite(value)) === true,
  );
}

function plain(
  { value, difference }: { readonly value: number | null; readonly difference: Difference | null },
  reference: ScoredReference,
): Compared {
  return {
    evidence: { kind: "measured", version: reference.version, value, difference },
    pBelow: null,
    pAbove: null,
  };
}

function ofComparison(found: Comparison, reference: ScoredReference): Compared {
  return {
    evidence: {
      kind: "measured",
      version: reference.version ?? reference.name,
      value: found.reference,
      difference: differenceOf(found),
    },
    pBelow: found.pBelow,
    pAbove: found.pAbove,
  };
}

/** A comparison as evaluation.json keeps it. */
export function differenceOf(found: Comparison): Difference {
  return {
    value: found.difference,
    low: found.low,
    high: found.high,
    n: found.n,
    p: found.p,
    ...(found.p !== null && { p_kind: "two-sided, uncorrected" as const }),
    ...(found.test !== null && { test: found.test }),
    ...(found.method !== null && { method: found.method }),
    ...(found.reason !== undefined && { reason: found.reason }),
  };
}

/** Compares two models' metric on their common rows, or on those of a slice. */
export function compareRows(
  quantity: Quantity,
  reference: ScoredReference,
  { bench, nullDifference }: { readonly bench: Bench; readonly nullDifference: number },
): Comparison {
  const pair = bench.pairWith(reference);
  const sides =
    quantity.metric === MEAN_METRIC ? meanSides(pair, quantity) : metricSides(pair, quantity);
  const places = placesWithin(pair.rows, quantity.rows);
  const first = places === null ? sides.candidate : takeEvaluation(sides.candidate, places);
  const second = places === null ? sides.reference : takeEvaluation(sides.reference, places);
  const rows = places === null ? pair.rows : places.map((at) => pair.rows[at] ?? 0);
  const { clusters, fault } = clusteringOf(rows, bench);
  const compared = compareOnRows({
    metric: sides.metric,
    candidate: first,
    // The very same arrays: rows that are equal need not be compared again.
    reference: places === null ? second : { ...second, truth: first.truth, weights: first.weights },
    nullDifference,
    timeOrdered: bench.timeOrdered,
    midP: bench.midP,
    isSameModel: reference.isSameModel === true,
    ...bench.options,
    ...clusters,
  });
  const found = withoutInterval(compared, fault);
  const { floor } = sides;
  return {
    ...found,
    candidate: found.candidate === null ? null : found.candidate + floor,
    reference: found.reference === null ? null : found.reference + floor,
  };
}

interface Sides {
  readonly metric: { readonly name: string; readonly argument?: string | undefined };
  readonly candidate: Evaluation;
  readonly reference: Evaluation;
  /** Added to both values, never to their difference. */
  readonly floor: number;
}

function metricSides(pair: Pair, { metric, argument }: Quantity): Sides {
  const { candidate, reference } = pair;
  return {
    metric: { name: metric, argument: argument ?? undefined },
    candidate,
    reference,
    floor: 0,
  };
}

function meanSides(pair: Pair, { argument }: Quantity): Sides {
  const mine = pair.measures.candidate.get(argument ?? "") ?? new Float64Array(0);
  const theirs = pair.measures.reference.get(argument ?? "") ?? new Float64Array(0);
  const floor = Math.min(lowestOf(mine), lowestOf(theirs));
  const { weights } = pair.candidate;
  return {
    metric: { name: "mae" },
    candidate: meanEvaluation(mine, floor, weights),
    reference: meanEvaluation(theirs, floor, weights),
    floor,
  };
}

/** Where the rows of a slice stand among the common rows. */
function placesWithin(common: Uint32Array, rows: Uint32Array | null): Uint32Array | null {
  if (rows === null) return null;
  if (isEveryRow(common, common.length)) {
    const last = rows[rows.length - 1] ?? -1;
    if (last < common.length) return rows;
  }
  const isWanted = new Uint8Array(
    1 + Math.max(-1, common.reduce(larger, -1), rows.reduce(larger, -1)),
  );
  for (let k = 0; k < rows.length; k++) isWanted[rows[k] ?? 0] = 1;
  const places = new Uint32Array(common.length);
  let count = 0;
  for (let at = 0; at < common.length; at++)
    if (isWanted[common[at] ?? 0] === 1) places[count++] = at;
  return places.slice(0, count);
}

function larger(one: number, other: number): number {
  return Math.max(one, other);
}

function compareCost(
  metric: CostMetric,
  reference: ScoredReference,
  bench: Bench,
): { readonly value: number | null; readonly difference: Difference | null } {
  if (metric === "size_mb") {
    const [mine, theirs] = [bench.candidate.sizeBytes, reference.sizeBytes];
    if (mine === null || theirs === null) return { value: null, difference: null };
    const value = (mine - theirs) / 1e6;
    return { value: theirs / 1e6, difference: { value, low: value, high: value } };
  }
  const [mine, theirs] = [bench.latencies(null), bench.latencies(reference)];
  if (mine === null || theirs === null) return { value: null, difference: null };
  const share = shareOf(metric);
  const value = percentileOf(theirs, share);
  return {
    value,
    difference: {
      value: percentileOf(mine, share) - value,
      ...percentileInterval([mine, theirs], share, bench.options),
      n: mine.callsMs.length,
      method: "bootstrap-calls",
    },
  };
}

function compareRun(
  name: string,
  reference: ScoredReference,
): { readonly value: number | null; readonly difference: Difference | null } {
  const { value } = measureRun(name, reference.manifest?.run ?? null);
  return {
    value,
    difference: {
      value: null,
      reason: "a run's own number has no rows on which a difference could be judged",
    },
  };
}
