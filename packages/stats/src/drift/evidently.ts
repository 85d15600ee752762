import { undefinedBecause, type Undefined } from "../metrics/measure.ts";
import { chiSquaredSf } from "../special/chi-squared.ts";
import { normalCdf } from "../special/normal.ts";
import { kolmogorovSmirnovTest } from "../hypothesis/kolmogorov-smirnov.ts";
import { jensenShannonDistance } from "./divergences.ts";
import { standardDeviation, wassersteinDistance } from "./samples.ts";

/** What kind of values a column holds, as a data frame would say. */
export type ValueType = "float" | "integer" | "string" | "boolean" | "date";

/** What Evidently takes a column for. */
export type EvidentlyKind = "number" | "category" | "text" | "date";

/** Integers of up to this many distinct values are categories. */
const mostIntegerCategories = 10;

/**
 * Evidently's type of a column of the current data: floats are numbers, integers of up to ten
 * distinct values categories, strings text when more than half of them are distinct.
 */
export function evidentlyKind(column: {
  readonly type: ValueType;
  readonly distinct: number;
  /** Values that are not missing. */
  readonly count: number;
}): EvidentlyKind {
  switch (column.type) {
    case "float":
      return "number";
    case "integer":
      return column.distinct <= mostIntegerCategories ? "category" : "number";
    case "string":
      return column.distinct > column.count * 0.5 ? "text" : "category";
    case "boolean":
      return "category";
    case "date":
      return "date";
  }
}

/** A statistic of Evidently. */
export type EvidentlyMethod = "ks" | "chisquare" | "z" | "wasserstein" | "jensenshannon" | "psi";

/** A column's raw samples. */
export interface EvidentlyColumn {
  /** `category`: values are codes that both samples share, negative where missing. */
  readonly kind: "number" | "category";
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
}

/** Evidently's verdict of one column. */
export interface EvidentlyColumnDrift {
  readonly method: EvidentlyMethod;
  /** A p value for `ks`, `chisquare` and `z`, a distance for the others. */
  readonly score: number;
  readonly threshold: number;
  readonly drifted: boolean;
}

/** Reference rows up to which Evidently tests instead of measuring. */
const largestTested = 1000;
/** Distinct numbers up to which a numeric column is treated like categories. */
const mostNumericCategories = 5;

/**
 * Evidently 0.7's drift of one column by its defaults: NaN, infinities and missing codes are left
 * out; with a reference of up to 1,000 values KS, chi-squared or z tests at 0.05, beyond that the
 * normed Wasserstein or the Jensen-Shannon distance from 0.1.
 *
 * @param method what to use instead of the default; `psi` and `jensenshannon` drift from 0.1.
 * @returns undefined where a sample is empty.
 */
export function evidentlyColumnDrift(
  column: EvidentlyColumn,
  method?: "psi" | "jensenshannon",
): EvidentlyColumnDrift | Undefined {
  const { kind } = column;
  const pair = {
    reference: present(column.reference, kind),
    current: present(column.current, kind),
  };
  if (pair.reference.length === 0) return undefinedBecause("the reference holds no values");
  if (pair.current.length === 0) return undefinedBecause("the current data holds no values");
  const chosen = method ?? defaultMethod(kind, pair);
  const score = scoreOf(chosen, kind, pair);
  return { method: chosen, score, ...verdictOf(chosen, score) };
}

function present(values: ArrayLike<number>, kind: "number" | "category"): Float64Array {
  return Float64Array.from(values).filter(
    (value) => Number.isFinite(value) && !(kind === "category" && value < 0),
  );
}

interface Samples {
  readonly reference: Float64Array;
  readonly current: Float64Array;
}

function defaultMethod(kind: "number" | "category", pair: Samples): EvidentlyMethod {
  const distinct = new Set([...pair.reference, ...pair.current]).size;
  const isContinuous = kind === "number" && distinct > mostNumericCategories;
  if (pair.reference.length > largestTested) return isContinuous ? "wasserstein" : "jensenshannon";
  if (isContinuous) return "ks";
  return distinct > 2 ? "chisquare" : "z";
}

function verdictOf(
  method: EvidentlyMethod,
  score: number,
): Pick<EvidentlyColumnDrift, "threshold" | "drifted"> {
  switch (method) {
    case "ks":
      return { threshold: 0.05, drifted: score <= 0.05 };
    case "chisquare":
    case "z":
      return { threshold: 0.05, drifted: score < 0.05 };
    case "wasserstein":
    case "jensenshannon":
    case "psi":
      return { threshold: 0.1, drifted: score >= 0.1 };
  }
}

function scoreOf(method: EvidentlyMethod, kind: "number" | "category", pair: Samples): number {
  switch (method) {
    case "ks": {
      const result = kolmogorovSmirnovTest(pair.reference, pair.current);
      return "p" in result ? result.p : Number.NaN;
    }
    case "chisquare":
      return chiSquaredP(pair);
    case "z":
      return zTestP(pair);
    case "wasserstein":
      return wassersteinDistance(pair) / Math.max(standardDeviation(pair.reference), 0.001);
    case "jensenshannon":
      return jensenShannonDistance(sharesOf(kind, pair));
    case "psi":
      return flooredPsi(sharesOf(kind, pair));
  }
}

/** Counts of both samples, value by value. */
function countValues({ reference, current }: Samples): Map<number, [number, number]> {
  const counts = new Map<number, [number, number]>();
  const add = (values: Float64Array, side: 0 | 1): void => {
    for (const value of values) {
      const pair = counts.get(value) ?? [0, 0];
      pair[side]++;
      counts.set(value, pair);
    }
  };
  add(reference, 0);
  add(current, 1);
  return counts;
}

/** Goodness of fit of the current counts to the reference's shares: 0 where a category is new. */
function chiSquaredP(pair: Samples): number {
  const scale = pair.current.length / pair.reference.length;
  const counts = countValues(pair);
  let statistic = 0;
  for (const [expected, observed] of counts.values())
    statistic += (observed - expected * scale) ** 2 / (expected * scale);
  return chiSquaredSf(statistic, counts.size - 1);
}

function zTestP(pair: Samples): number {
  const counts = countValues(pair);
  if (counts.size === 1) return 1;
  const [inReference, inCurrent] = counts.values().next().value!;
  const [n, m] = [pair.reference.length, pair.current.length];
  const pooled = (inReference + inCurrent) / (n + m);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  const z = (inReference / n - inCurrent / m) / spread;
  // The difference from 1, not the tail: Evidently's own p, which is 0 from |z| of 8.3 on.
  return 2 * (1 - normalCdf(Math.abs(z)));
}

/** Distinct reference numbers above which values are binned. */
const mostUnbinned = 20;

function sharesOf(
  kind: "number" | "category",
  pair: Samples,
): { readonly reference: Float64Array; readonly current: Float64Array } {
  const { reference, current } = pair;
  if (kind === "number" && new Set(reference).size > mostUnbinned) {
    const edges = sturgesEdges(reference, current);
    return { reference: histogram(reference, edges), current: histogram(current, edges) };
  }
  const counts = [...countValues(pair).values()];
  return {
    reference: Float64Array.from(counts, ([count]) => count / reference.length),
    current: Float64Array.from(counts, ([, count]) => count / current.length),
  };
}

/** Edges of ceil(log2(n + m) + 1) equal bins over the joint range. */
function sturgesEdges(reference: Float64Array, current: Float64Array): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (const values of [reference, current]) {
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const rows = reference.length + current.length;
  const width = (high - low) / (Math.log2(rows) + 1);
  const bins = Math.ceil((high - low) / width);
  const step = (high - low) / bins;
  return Float64Array.from({ length: bins + 1 }, (_, k) => (k === bins ? high : low + k * step));
}

/** Shares in bins [edge, next), the last one closed. */
function histogram(values: Float64Array, edges: Float64Array): Float64Array {
  const bins = edges.length - 1;
  const counts = new Float64Array(bins);
  const width = (edges[bins]! - edges[0]!) / bins;
  for (const value of values) {
    let bin = Math.min(bins - 1, Math.floor((value - edges[0]!) / width));
    if (value < edges[bin]!) bin--;
    else if (bin < bins - 1 && value >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
  return counts.map((count) => count / values.length);
}

function flooredPsi(pair: {
  readonly reference: Float64Array;
  readonly current: Float64Array;
}): number {
  const [p, q] = [withFloor(pair.reference), withFloor(pair.current)];
  return p.reduce((sum, share, k) => sum + (share - q[k]!) * Math.log(share / q[k]!), 0);
}

/** Zeros become 1e-4, or a millionth of the smallest share where that is no larger than 1e-4. */
function withFloor(shares: Float64Array): Float64Array {
  const smallest = shares.reduce((least, share) => (share > 0 ? Math.min(least, share) : least), 1);
  const floor = smallest <= 1e-4 ? smallest / 1e6 : 1e-4;
  return shares.map((share) => (share === 0 ? floor : share));
}

/** Evidently's verdict of the whole data. */
export interface EvidentlyDatasetDrift {
  readonly driftedColumns: number;
  readonly share: number;
  readonly drifted: boolean;
}

/** The data drifted when at least `driftShare` (0.5 when left out) of the judged columns did. */
export function evidentlyDatasetDrift(
  columns: readonly Pick<EvidentlyColumnDrift, "drifted">[],
  driftShare = 0.5,
): EvidentlyDatasetDrift {
  const driftedColumns = columns.filter((column) => column.drifted).length;
  const share = columns.length === 0 ? 0 : driftedColumns / columns.length;
  return { driftedColumns, share, drifted: columns.length > 0 && share >= driftShare };
}
