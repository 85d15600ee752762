import type { Influence } from "../metrics/influence.ts";
import type { Kernel, MeanKernel, RowKernel } from "../metrics/kernel.ts";
import type { Random } from "../random/generator.ts";
import { type BinnedKernel, drawBins, mostJointCells } from "./binned.ts";
import type { Jackknife } from "./bootstrap-interval.ts";
import { type JointTable, type TableKernel, cellWeights, jointTable } from "./joint-table.ts";
import { drawByInfluence } from "./linear.ts";
import { tableDraws } from "./table-draws.ts";
import { unitDraws } from "./unit-draws.ts";
import {
  type UnitMoments,
  type UnitSums,
  combineMeans,
  drawMeansByNormal,
  momentsOfRows,
  momentsOfUnits,
  drawnSum,
  sumsByUnit,
} from "./means.ts";

/** How a bootstrap distribution came about. */
export type ResamplingMethod =
  /** The cells of the (joint) confusion counts were drawn; the same law as drawing rows. */
  | "bootstrap-counts"
  /** Rows, or whole clusters of rows, were drawn with replacement. */
  | "bootstrap-rows"
  | "bootstrap-clusters"
  /** Means of many rows were drawn from the normal law that their bootstrap tends to. */
  | "bootstrap-normal"
  /** Counts of bins and outcomes were drawn exactly, confidences within a cell by their normal law. */
  | "bootstrap-bins"
  /** A normal law with the variance that each row's influence on the metric gives. */
  | "infinitesimal-jackknife"
  /** A normal law with the covariance that leaving out groups of rows gives. */
  | "group-jackknife";

/** Kernels of one kind over the same rows, and the statistic of their values. */
export interface ResamplingPlan {
  /** One kernel, or two whose difference is wanted. */
  readonly kernels: readonly Kernel[];
  readonly rowCount: number;
  readonly weights: ArrayLike<number> | undefined;
  /** Cluster code of each row, from 0; rows are independent when left out. */
  readonly clusters: ArrayLike<number> | undefined;
  readonly resamples: number;
  readonly random: Random;
  /** The seed that `random` starts from; plans of one seed then share the units they draw. */
  readonly seed?: number | undefined;
  readonly statistic: (values: readonly number[]) => number;
}

/** A statistic on resamples; NaN where a resample leaves it undefined. */
export interface Resampled {
  readonly draws: Float64Array;
  readonly method: ResamplingMethod;
}

/** Rows times resamples up to which means are drawn row by row. */
const meanBudget = 10_000_000;
/** The same for metrics that must look at all rows together. */
const rowBudget = 20_000_000;
/** Groups that are left out in turn beyond that: more where rows are fewer. */
const fewestJackknifeGroups = 20;
const mostJackknifeGroups = 200;
/** Rows up to which the jackknife of BCa leaves out single rows. */
const largestSingleJackknife = 1000;
const coarseJackknifeGroups = 200;

/** Draws the bootstrap distribution of a statistic by the cheapest exact way, or says how else. */
export function resample(plan: ResamplingPlan): Resampled {
  const { kernels } = plan;
  if (kernels.every(isTableKernel)) return resampleTable(plan, kernels);
  if (kernels.every(isMeanKernel)) return resampleMeans(plan, kernels);
  return resampleRows(plan);
}

function isTableKernel(kernel: Kernel): kernel is TableKernel {
  return kernel.kind === "counts" || kernel.kind === "groups";
}

function isMeanKernel(kernel: Kernel): kernel is MeanKernel {
  return kernel.kind === "means";
}

/** The kernel where it is one mean of few enough units that each resample can look at every unit. */
export function meanOfFewUnits(plan: ResamplingPlan): MeanKernel | null {
  const [kernel, other] = plan.kernels;
  const units = unitCountOf(plan);
  return kernel?.kind === "means" &&
    other === undefined &&
    units > 1 &&
    units * plan.resamples <= meanBudget
    ? kernel
    : null;
}

function fillDraws(plan: ResamplingPlan, valuesOf: () => readonly number[]): Float64Array {
  const draws = new Float64Array(plan.resamples);
  for (let b = 0; b < draws.length; b++) draws[b] = plan.statistic(valuesOf());
  return draws;
}

function resampleTable(plan: ResamplingPlan, kernels: readonly TableKernel[]): Resampled {
  const table = jointTable(kernels);
  if (plan.weights !== undefined || plan.clusters !== undefined)
    return resampleUnits(plan, (weights) => table.evaluate(cellWeights(table, weights)));
  const nextCells = tableDraws(plan, table.counts);
  const draws = fillDraws(plan, () => table.evaluate(nextCells()));
  return { draws, method: "bootstrap-counts" };
}

function resampleMeans(plan: ResamplingPlan, kernels: readonly MeanKernel[]): Resampled {
  const { rowCount, weights } = plan;
  if (plan.clusters === undefined && rowCount * plan.resamples > meanBudget)
    return resampleMoments(plan, kernels, momentsOfRows(kernels, rowCount, weights));
  const units = sumsByUnit(kernels, plan);
  if (units.count * plan.resamples > meanBudget)
    return resampleMoments(plan, kernels, momentsOfUnits(units));
  const nextCounts = unitDraws(plan, units.count);
  const draws = fillDraws(plan, () => {
    const counts = nextCounts();
    return combineMeans(
      kernels,
      units.columns.map((column) => drawnSum(counts, column)),
    );
  });
  return { draws, method: unitMethod(plan) };
}

function resampleMoments(
  plan: ResamplingPlan,
  kernels: readonly MeanKernel[],
  moments: UnitMoments,
): Resampled {
  const draw = drawMeansByNormal(moments, plan.random);
  return {
    draws: fillDraws(plan, () => combineMeans(kernels, draw())),
    method: "bootstrap-normal",
  };
}

function unitMethod(plan: ResamplingPlan): ResamplingMethod {
  return plan.clusters === undefined ? "bootstrap-rows" : "bootstrap-clusters";
}

function resampleRows(plan: ResamplingPlan): Resampled {
  if (plan.rowCount * plan.resamples > rowBudget) {
    const many = resampleBins(plan) ?? resampleByInfluence(plan);
    if (many !== null) return many;
  }
  return resampleUnits(plan, (weights) => plan.kernels.map((kernel) => valueOn(kernel, weights)));
}

function valueOn(kernel: Kernel, weights: ArrayLike<number> | undefined): number {
  return (kernel as RowKernel).evaluate(weights).value ?? Number.NaN;
}

/** Draws the bins of every kernel together; `null` where one has none or rows do not count alike. */
function resampleBins(plan: ResamplingPlan): Resampled | null {
  if (plan.weights !== undefined || plan.clusters !== undefined) return null;
  const kernels: BinnedKernel[] = [];
  let cells = 1;
  for (const kernel of plan.kernels) {
    if (kernel.kind !== "rows" || kernel.combineBins === undefined) return null;
    const binned = kernel.binned?.() ?? null;
    if (binned === null) return null;
    cells *= 2 * binned.binCount;
    kernels.push({ binned, combine: kernel.combineBins });
  }
  if (kernels.length > 2 || cells > mostJointCells) return null;
  return { draws: fillDraws(plan, drawBins(kernels, plan.random)), method: "bootstrap-bins" };
}

function resampleByInfluence(plan: ResamplingPlan): Resampled | null {
  const influences: Influence[] = [];
  for (const kernel of plan.kernels) {
    const found = kernel.kind === "rows" ? (kernel.influence?.() ?? null) : null;
    if (found === null) return null;
    influences.push(found);
  }
  if (influences.length > 2) return null;
  const { statistic, clusters, resamples } = plan;
  return {
    draws: drawByInfluence({ influences, statistic, clusters, resamples }),
    method: "infinitesimal-jackknife",
  };
}

type Evaluate = (weights: ArrayLike<number>) => readonly number[];

/** Draws rows or clusters and evaluates on their weights; leaves out groups where that is dear. */
function resampleUnits(plan: ResamplingPlan, evaluate: Evaluate): Resampled {
  const { rowCount } = plan;
  if (rowCount * plan.resamples > rowBudget) return resampleByJackknife(plan, evaluate);
  const nextCounts = unitDraws(plan, unitCountOf(plan));
  const isPlain = plan.clusters === undefined && plan.weights === undefined;
  const weights = new Float64Array(isPlain ? 0 : rowCount);
  const draws = fillDraws(plan, () => {
    const counts = nextCounts();
    if (isPlain) return evaluate(counts);
    for (let i = 0; i < rowCount; i++)
      weights[i] = counts[plan.clusters?.[i] ?? i]! * baseOf(plan, i);
    return evaluate(weights);
  });
  return { draws, method: unitMethod(plan) };
}

/** How many rows or clusters a plan draws from. */
export function unitCountOf({ clusters, rowCount }: ResamplingPlan): number {
  if (clusters === undefined) return rowCount;
  let largest = -1;
  for (let i = 0; i < clusters.length; i++) largest = Math.max(largest, clusters[i]!);
  return largest + 1;
}

function baseOf({ weights }: ResamplingPlan, row: number): number {
  return weights === undefined ? 1 : weights[row]!;
}

function resampleByJackknife(plan: ResamplingPlan, evaluate: Evaluate): Resampled {
  const { random, statistic, rowCount } = plan;
  const affordable = Math.floor(rowBudget / rowCount);
  const wanted = Math.max(fewestJackknifeGroups, Math.min(mostJackknifeGroups, affordable));
  const groups = Math.min(wanted, unitCountOf(plan));
  const left = leaveOut(plan, groups, evaluate);
  const mean = left.reduce((sum, value) => sum + value, 0) / groups;
  const squares = left.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(((groups - 1) / groups) * squares);
  const centre = statistic(evaluate(plan.weights ?? new Uint8Array(rowCount).fill(1)));
  const draws = new Float64Array(plan.resamples);
  for (let b = 0; b < draws.length; b++) draws[b] = centre + deviation * random.normal();
  return { draws, method: "group-jackknife" };
}

/** The statistic without each of `groups` groups of units. */
function leaveOut(plan: ResamplingPlan, groups: number, evaluate: Evaluate): Float64Array {
  const values = new Float64Array(groups);
  const { rowCount } = plan;
  const weights =
    plan.weights === undefined ? new Uint8Array(rowCount) : new Float64Array(rowCount);
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < rowCount; i++)
      weights[i] = (plan.clusters?.[i] ?? i) % groups === group ? 0 : baseOf(plan, i);
    values[group] = plan.statistic(evaluate(weights));
  }
  return values;
}

/** The statistic without a row (or, with many rows, without a group of them), for BCa. */
export function jackknife(plan: ResamplingPlan): Jackknife {
  const { kernels } = plan;
  const isPlain = plan.weights === undefined && plan.clusters === undefined;
  if (kernels.every(isTableKernel)) {
    const table = jointTable(kernels);
    if (isPlain) return jackknifeOfTable(table, plan.statistic);
    return jackknifeOfUnits(plan, (weights) => table.evaluate(cellWeights(table, weights)));
  }
  if (kernels.every(isMeanKernel)) {
    const units = sumsByUnit(kernels, plan);
    return { values: leaveOutSums(units, (sums) => plan.statistic(combineMeans(kernels, sums))) };
  }
  return jackknifeOfUnits(plan, (weights) => kernels.map((kernel) => valueOn(kernel, weights)));
}

function jackknifeOfTable(table: JointTable, statistic: ResamplingPlan["statistic"]): Jackknife {
  const { counts } = table;
  const values = counts.map((_, cell) => {
    const without = Float64Array.from(counts);
    without[cell]!--;
    return statistic(table.evaluate(without));
  });
  return { values, multiplicities: counts };
}

function jackknifeOfUnits(plan: ResamplingPlan, evaluate: Evaluate): Jackknife {
  const units = unitCountOf(plan);
  const groups = units <= largestSingleJackknife ? units : coarseJackknifeGroups;
  return { values: leaveOut(plan, groups, evaluate) };
}

function leaveOutSums(
  { count, columns }: UnitSums,
  statistic: (sums: readonly number[]) => number,
): Float64Array {
  const totals = columns.map((column) => column.reduce((sum, one) => sum + one, 0));
  return Float64Array.from({ length: count }, (_, u) =>
    statistic(totals.map((total, k) => total - columns[k]![u]!)),
  );
}
