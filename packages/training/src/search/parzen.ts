import { normalCdf, type Random } from "#stats";
import { rangeOf, toPlace, toValue } from "./random-search.ts";
import type { Dimension, ParamValue, SearchSpace } from "./space.ts";
import type { Trial } from "./trial.ts";

/** A density over one param, as one kernel an observation and one for the prior. */
type KernelRow =
  | {
      readonly kind: "numbers";
      readonly dimension: Exclude<Dimension, { kind: "choice" }>;
      readonly centres: Float64Array;
      readonly widths: Float64Array;
      /** ln of what each kernel is divided by: its mass within the range and, for any value, its height. */
      readonly logNorms: Float64Array;
      /** For discrete params, ln of every kernel's mass at the places asked for so far. */
      readonly seenCells: Map<number, Float64Array>;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: "choices";
      readonly dimension: Extract<Dimension, { kind: "choice" }>;
      /** For each kernel the choice it stands on, -1 for the prior. */
      readonly places: Int32Array;
      readonly logHit: number;
      readonly logMiss: number;
      readonly logPrior: number;
    };

/** A density over a whole space: a weighted sum of kernels, each a product over the params. */
export interface ParzenDensity {
  readonly logWeights: Float64Array;
  readonly cumulated: Float64Array;
  readonly rows: readonly KernelRow[];
}

/** One place of the space, coded: places in ranges, indices of choices. */
export type Point = Float64Array;

/** The newest trials weigh one each, older ones ever less. */
const fullWeightTrials = 25;

/**
 * The density that trials and a prior over the whole space suggest, all params together.
 *
 * @param trials in the order of their numbers
 * @see Bergstra et al. (2011), Algorithms for hyper-parameter optimization; settings are Optuna
 * 5's: prior weight 1, kernels as wide as the farther neighbour, clipped below at
 * range / min(100, kernels + 1)
 */
export function estimateDensity(trials: readonly Trial[], space: SearchSpace): ParzenDensity {
  const weights = weighTrials(trials.length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return {
    logWeights: weights.map((weight) => Math.log(weight / total)),
    cumulated: weights.map((weight) => (sum += weight / total)),
    rows: space.map((dimension) =>
      dimension.kind === "choice"
        ? buildChoiceRow(dimension, trials)
        : buildNumberRow(dimension, trials),
    ),
  };
}

function weighTrials(count: number): Float64Array {
  const ramped = count - fullWeightTrials;
  return Float64Array.from({ length: count + 1 }, (_, index) => {
    if (index >= ramped || index === count) return 1;
    return ramped === 1 ? 1 / count : 1 / count + ((1 - 1 / count) * index) / (ramped - 1);
  });
}

function buildChoiceRow(
  dimension: Extract<Dimension, { kind: "choice" }>,
  trials: readonly Trial[],
): KernelRow {
  const count = dimension.choices.length;
  const kernels = trials.length + 1;
  // Each kernel is its own choice plus a share of the prior, normed.
  const norm = 1 + count / kernels;
  return {
    kind: "choices",
    dimension,
    places: Int32Array.from([
      ...trials.map(({ params }) => dimension.choices.indexOf(params[dimension.name] ?? "")),
      -1,
    ]),
    logHit: Math.log((1 + 1 / kernels) / norm),
    logMiss: Math.log(1 / kernels / norm),
    logPrior: -Math.log(count),
  };
}

function buildNumberRow(
  dimension: Exclude<Dimension, { kind: "choice" }>,
  trials: readonly Trial[],
): KernelRow {
  const { from, to } = rangeOf(dimension);
  const observed = Float64Array.from(trials, ({ params }) =>
    toPlace(dimension, Number(params[dimension.name])),
  );
  const centres = appended(observed, (from + to) / 2);
  const widths = appended(measureWidths(observed, from, to), to - from);
  const logNorms = centres.map((centre, index) => {
    const width = widths[index] ?? 1;
    const logHeight = dimension.step === null ? logRootTwoPi + Math.log(width) : 0;
    return logNormalMass((from - centre) / width, (to - centre) / width) + logHeight;
  });
  return { kind: "numbers", dimension, centres, widths, logNorms, seenCells: new Map(), from, to };
}

function appended(values: Float64Array, last: number): Float64Array {
  const longer = new Float64Array(values.length + 1);
  longer.set(values);
  longer[values.length] = last;
  return longer;
}

/** The distance to the farther neighbour; the outermost observations look inwards only. */
function measureWidths(observed: Float64Array, from: number, to: number): Float64Array {
  const count = observed.length;
  const order = [...observed.keys()].sort((a, b) => (observed[a] ?? 0) - (observed[b] ?? 0));
  const least = (to - from) / Math.min(100, count + 2);
  const widths = new Float64Array(count);
  order.forEach((index, rank) => {
    const place = observed[index] ?? 0;
    const left = place - (rank === 0 ? from : (observed[order[rank - 1] ?? 0] ?? 0));
    const right = (rank === count - 1 ? to : (observed[order[rank + 1] ?? 0] ?? 0)) - place;
    const wide =
      count < 2
        ? Math.max(left, right)
        : rank === 0
          ? right
          : rank === count - 1
            ? left
            : Math.max(left, right);
    widths[index] = Math.min(Math.max(wide, least), to - from);
  });
  return widths;
}

/** Draws one point: a kernel by weight, then each param from that kernel. */
export function drawPoint(density: ParzenDensity, random: Random): Point {
  const share = random.uniform();
  const found = density.cumulated.findIndex((sum) => share < sum);
  const kernel = found < 0 ? density.cumulated.length - 1 : found;
  return Float64Array.from(density.rows, (row) => drawFrom(row, kernel, random));
}

function drawFrom(row: KernelRow, kernel: number, random: Random): number {
  if (row.kind === "choices") {
    const count = row.dimension.choices.length;
    const place = row.places[kernel] ?? -1;
    const excess = place < 0 ? 0 : Math.exp(row.logHit) - Math.exp(row.logMiss);
    const share = random.uniform();
    if (share < excess) return place;
    const rest = (share - excess) / (1 - excess);
    return Math.min(Math.floor(rest * count), count - 1);
  }
  const place = drawWithin(row, kernel, random);
  const { dimension } = row;
  return dimension.step === null ? place : toPlace(dimension, toValue(dimension, place));
}

/** A kernel's centre is within the range and its width at most the range, so a third of all draws stay or more. */
function drawWithin(
  { centres, widths, from, to }: Extract<KernelRow, { kind: "numbers" }>,
  kernel: number,
  random: Random,
): number {
  const centre = centres[kernel] ?? 0;
  const width = widths[kernel] ?? 0;
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const place = centre + width * random.normal();
    if (place >= from && place <= to) return place;
  }
  return centre;
}

/** ln of the standard normal mass between two bounds. */
function logNormalMass(from: number, to: number): number {
  // Right of zero the mirrored tail is taken, where differences keep their digits.
  const mass = from > 0 ? normalCdf(-from) - normalCdf(-to) : normalCdf(to) - normalCdf(from);
  return Math.log(mass);
}

/** ln of the density (of the probability, for discrete params) at a point. */
export function readLogDensity(density: ParzenDensity, point: Point): number {
  const logs = density.logWeights.slice();
  density.rows.forEach((row, index) => {
    addLogKernels(logs, row, point[index] ?? 0);
  });
  let highest = -Infinity;
  for (let kernel = 0; kernel < logs.length; kernel += 1) {
    if (logs[kernel]! > highest) highest = logs[kernel]!;
  }
  if (highest === -Infinity) return highest;
  let sum = 0;
  for (let kernel = 0; kernel < logs.length; kernel += 1) sum += Math.exp(logs[kernel]! - highest);
  return highest + Math.log(sum);
}

const logRootTwoPi = Math.log(Math.sqrt(2 * Math.PI));

function addLogKernels(logs: Float64Array, row: KernelRow, at: number): void {
  if (row.kind === "choices") {
    row.places.forEach((place, kernel) => {
      const log = place < 0 ? row.logPrior : place === at ? row.logHit : row.logMiss;
      logs[kernel]! += log;
    });
    return;
  }
  const { centres, widths, logNorms } = row;
  if (row.dimension.step !== null) {
    const cell = readCell(row, at);
    for (let kernel = 0; kernel < cell.length; kernel += 1) logs[kernel]! += cell[kernel]!;
    return;
  }
  for (let kernel = 0; kernel < centres.length; kernel += 1) {
    const scaled = (at - centres[kernel]!) / widths[kernel]!;
    logs[kernel]! -= (scaled * scaled) / 2 + logNorms[kernel]!;
  }
}

/** Candidates often share a discrete value, whose masses cost two error functions a kernel. */
function readCell(row: Extract<KernelRow, { kind: "numbers" }>, at: number): Float64Array {
  const seen = row.seenCells.get(at);
  if (seen !== undefined) return seen;
  const { widths, logNorms } = row;
  const [left, right] = cellAround(row.dimension, at);
  const cell = row.centres.map((centre, kernel) => {
    const width = widths[kernel]!;
    return logNormalMass((left - centre) / width, (right - centre) / width) - logNorms[kernel]!;
  });
  row.seenCells.set(at, cell);
  return cell;
}

/** The stretch of the range that is rounded to a discrete value. */
function cellAround(
  dimension: Exclude<Dimension, { kind: "choice" }>,
  place: number,
): readonly [number, number] {
  const half = (dimension.step ?? 0) / 2;
  if (!dimension.log) return [place - half, place + half];
  const value = Math.exp(place);
  return [Math.log(value - half), Math.log(value + half)];
}

/** A point's params. */
export function readPoint(point: Point, space: SearchSpace): Readonly<Record<string, ParamValue>> {
  return Object.fromEntries(
    space.map((dimension, index) => {
      const at = point[index] ?? 0;
      const value =
        dimension.kind === "choice" ? (dimension.choices[at] ?? "") : toValue(dimension, at);
      return [dimension.name, value];
    }),
  );
}
