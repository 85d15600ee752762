import type { Measure, RunRecord } from "#core";
import { intervalOf, type Evaluation, type MetricInterval, type UncertaintyOptions } from "#stats";
import { findNonFinite } from "#data";
import type { Candidate } from "./candidate.ts";
import { clustersOf, tooFewEntities } from "./clusters.ts";
import { takeEvaluation, type Pair } from "./evaluations.ts";
import { percentileInterval, percentileOf, type Latencies } from "./latency.ts";
import type { ScoredReference } from "./reference.ts";
import { isCostMetric, MEAN_METRIC, type CostMetric } from "./vocabulary.ts";

/** What is to be measured. */
export interface Quantity {
  readonly metric: string;
  readonly argument: string | null;
  /** Places in the candidate's rows; `null` for all. */
  readonly rows: Uint32Array | null;
}

/** What quantities are measured on. */
export interface Bench {
  readonly candidate: Candidate;
  readonly evaluation: Evaluation;
  readonly run: RunRecord | null;
  readonly options: UncertaintyOptions & {
    readonly confidence: number;
    readonly resamples: number;
    readonly seed: number;
  };
  readonly timeOrdered: boolean;
  readonly midP: boolean;
  /** Column of the entity that rows belong to; `null` where rows are independent. */
  readonly cluster: string | null;
  /** Pairs by scored reference. */
  pairWith(reference: ScoredReference): Pair;
  /** Latencies of the candidate (`null`) or a reference; `null` where it was not scored in this process. */
  latencies(of: ScoredReference | null): Latencies | null;
}

/** A measure with the one-sided p values against a bound. */
export interface Measured {
  readonly measure: Measure;
  readonly pBelow: number | null;
  readonly pAbove: number | null;
}

/** Measures a quantity on the candidate's rows; `against` is a bound to be tested. */
export function measureQuantity(quantity: Quantity, bench: Bench, against?: number): Measured {
  const { metric, argument } = quantity;
  if (isCostMetric(metric)) return untested(measureCost(metric, bench));
  if (metric.startsWith("run.")) return untested(measureRun(metric.slice(4), bench.run));
  if (metric === MEAN_METRIC) return measureMean(quantity, bench, against);
  const evaluation = evaluationOf(bench.evaluation, quantity.rows);
  const { clusters, fault } = clusteringOf(quantity.rows, bench);
  const found = intervalOf({ name: metric, argument: argument ?? undefined }, evaluation, {
    ...bench.options,
    ...clusters,
    ...(against !== undefined && { against }),
  });
  return ofInterval(withoutInterval(found, fault));
}

/** The entities of candidate rows as an option of intervals, and why they are too few for one. */
export function clusteringOf(
  rows: Uint32Array | null,
  { candidate, cluster }: Bench,
): {
  readonly clusters: Pick<UncertaintyOptions, "clusters">;
  readonly fault: string | null;
} {
  const codes = candidate.rows.clusters;
  if (codes === null || cluster === null) return { clusters: {}, fault: null };
  const found = clustersOf(codes, rows);
  return { clusters: { clusters: found.codes }, fault: tooFewEntities(found, cluster) };
}

/** The same result, its interval and p values taken away where there is a fault. */
export function withoutInterval<
  Found extends Pick<MetricInterval, "low" | "high" | "pBelow" | "pAbove" | "reason">,
>(found: Found, fault: string | null): Found {
  if (fault === null || found.low === null) return found;
  const none = { low: null, high: null, pBelow: null, pAbove: null, reason: fault };
  return { ...found, ...none, ...("p" in found && { p: null, test: null }) };
}

function untested(measure: Measure): Measured {
  return { measure, pBelow: null, pAbove: null };
}

function ofInterval(found: MetricInterval, shift = 0): Measured {
  const { value, low, high, n, method, reason, pBelow, pAbove } = found;
  const moved = (number: number | null): number | null => (number === null ? null : number + shift);
  return {
    measure: {
      value: moved(value),
      low: moved(low),
      high: moved(high),
      n,
      ...(method !== null && { method }),
      ...(reason !== undefined && { reason }),
    },
    pBelow,
    pAbove,
  };
}

const evaluationsOfSlices = new WeakMap<Uint32Array, Evaluation>();

/** Of a slice the evaluation is made once: metrics keep what they derive from it. */
function evaluationOf(evaluation: Evaluation, rows: Uint32Array | null): Evaluation {
  if (rows === null) return evaluation;
  const known = evaluationsOfSlices.get(rows);
  if (known !== undefined) return known;
  const made = takeEvaluation(evaluation, rows);
  evaluationsOfSlices.set(rows, made);
  return made;
}

function measureCost(metric: CostMetric, bench: Bench): Measure {
  const { candidate, options } = bench;
  if (metric === "size_mb") {
    return candidate.sizeBytes === null
      ? { value: null, reason: "there is no model file" }
      : { value: candidate.sizeBytes / 1e6 };
  }
  const latencies = bench.latencies(null);
  if (latencies === null) return { value: null, reason: NO_LATENCY };
  const share = shareOf(metric);
  return {
    value: percentileOf(latencies, share),
    ...percentileInterval([latencies], share, options),
    n: latencies.callsMs.length,
  };
}

const NO_LATENCY = "the model was not scored in this process, so its latency is not known";

/** The share behind a latency metric's name: p95_ms is 0.95. */
export function shareOf(metric: CostMetric): number {
  return Number(metric.slice(1, 3)) / 100;
}

/** `loss` of any part, or `validation.loss` of one. */
export function measureRun(name: string, run: RunRecord | null): Measure {
  const none = (reason: string): Measure => ({ value: null, reason });
  if (run === null) return none("there is no run.json");
  const [part = "", ...rest] = name.split(".");
  const exact = run.metrics[part]?.[rest.join(".")];
  if (exact !== undefined)
    return exact === null ? none(`${name} is null in the run`) : { value: exact };
  const holders = Object.entries(run.metrics).flatMap(([split, metrics]) =>
    metrics[name] === undefined ? [] : [{ split, value: metrics[name] }],
  );
  const [first] = holders;
  if (first === undefined) {
    const known = Object.entries(run.metrics).flatMap(([split, metrics]) =>
      Object.keys(metrics).map((metric) => `run.${split}.${metric}`),
    );
    return none(
      `the run has no metric ${name}; it has ${known.length === 0 ? "none" : known.slice(0, 20).join(", ")}`,
    );
  }
  if (holders.length > 1) {
    return none(
      `${name} stands in ${holders.map(({ split }) => split).join(" and ")}: write run.${first.split}.${name}`,
    );
  }
  return first.value === null ? none(`${name} is null in the run`) : { value: first.value };
}

/**
 * The mean of per-row numbers is the mean absolute error of their lowest value, plus that value:
 * intervals and tests of the one hold for the other.
 */
export function meanEvaluation(
  values: Float64Array,
  floor: number,
  weights: Evaluation["weights"],
): Evaluation {
  return {
    task: "regression",
    truth: new Float64Array(values.length),
    prediction: values.map((value) => value - floor),
    ...(weights !== undefined && { weights }),
  };
}

function measureMean(quantity: Quantity, bench: Bench, against?: number): Measured {
  const name = quantity.argument ?? "";
  const values = bench.candidate.answers.measures.get(name);
  if (values === undefined) {
    const known = [...bench.candidate.answers.measures.keys()];
    const has = known.length === 0 ? "none" : known.slice(0, 20).join(", ");
    return untested({
      value: null,
      reason: `the predictions have no per-row number ${name}; they have ${has}`,
    });
  }
  const missing = findNonFinite(values);
  if (missing >= 0) {
    return untested({ value: null, reason: `${name} is no finite number in row ${missing + 1}` });
  }
  const floor = lowestOf(values);
  const whole = meanEvaluation(values, floor, bench.evaluation.weights);
  const rows = quantity.rows === null ? whole : takeEvaluation(whole, quantity.rows);
  const { clusters, fault } = clusteringOf(quantity.rows, bench);
  const found = intervalOf({ name: "mae" }, rows, {
    ...bench.options,
    ...clusters,
    ...(against !== undefined && { against: against - floor }),
  });
  return ofInterval(withoutInterval(found, fault), floor);
}

/** The smallest of numbers; infinity of none. */
export function lowestOf(values: Float64Array): number {
  return values.reduce((lowest, value) => Math.min(lowest, value), Number.POSITIVE_INFINITY);
}
