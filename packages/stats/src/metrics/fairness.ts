import { type ConfusionMatrix, confusionFromCells } from "./confusion.ts";
import { countsOfClass } from "./count-metrics.ts";
import { type ClassificationEvaluation, type GroupColumn, positiveOf } from "./evaluation.ts";
import { type Measured, type Undefined, defined, undefinedBecause } from "./measure.ts";

/** Confusion matrices of the groups that hold any weight. */
export interface GroupTables {
  readonly names: readonly string[];
  readonly matrices: readonly ConfusionMatrix[];
  /** Code of the class whose prediction is the favourable outcome. */
  readonly positive: number;
}

/** How fairness metrics treat a group in which a rate has nothing to divide by. */
export interface FairnessOptions {
  /** `undefined` (default) says so; `zero` counts the rate as 0, as Fairlearn does. */
  readonly emptyRate?: "undefined" | "zero" | undefined;
}

/**
 * Counts truth against prediction in each group of a column; rows of code -1 are left out.
 *
 * @throws RangeError where a group or class code has no name.
 */
export function countGroups(
  evaluation: ClassificationEvaluation,
  column: GroupColumn,
): GroupTables {
  const { truth, prediction, weights, classes } = evaluation;
  const groupCount = column.names.length;
  const classCount = classes.length;
  const size = classCount * classCount;
  const cells = new Float64Array(groupCount * size);
  for (let i = 0; i < truth.length; i++) {
    const group = column.codes[i]!;
    if (group < 0) continue;
    const [t, p] = [truth[i]!, prediction[i]!];
    if (!(group < groupCount && t < classCount && p < classCount))
      throw new RangeError(`row ${i}: group ${group} of ${groupCount}, classes ${t} and ${p}`);
    cells[group * size + t * classCount + p]! += weights === undefined ? 1 : weights[i]!;
  }
  return groupTables(cells, {
    groups: column.names,
    classCount,
    positive: positiveOf(evaluation),
  });
}

/** Groups from their cells: one matrix of truth x prediction after another. */
export function groupTables(
  cells: Float64Array,
  facts: {
    readonly groups: readonly string[];
    readonly classCount: number;
    readonly positive: number;
  },
): GroupTables {
  const { groups, classCount, positive } = facts;
  const size = classCount * classCount;
  const names: string[] = [];
  const matrices: ConfusionMatrix[] = [];
  groups.forEach((name, group) => {
    const matrix = confusionFromCells(cells.slice(group * size, (group + 1) * size), classCount);
    if (!(matrix.total > 0)) return;
    names.push(name);
    matrices.push(matrix);
  });
  return { names, matrices, positive };
}

/** Rates of one group; each in 0..1. */
export interface GroupRates {
  readonly name: string;
  readonly weight: number;
  readonly selectionRate: Measured;
  readonly truePositiveRate: Measured;
  readonly falsePositiveRate: Measured;
}

/** Share of rows that are predicted to be of one class; in 0..1. */
export function selectionRate(matrix: ConfusionMatrix, code: number): Measured {
  if (!(matrix.total > 0)) return undefinedBecause("there are no rows");
  return defined(matrix.predictionTotals[code]! / matrix.total);
}

/** The rates that fairness metrics compare, group by group. */
export function groupRates(tables: GroupTables, options: FairnessOptions = {}): GroupRates[] {
  return tables.names.map((name, k) => {
    const matrix = tables.matrices[k]!;
    const counts = countsOfClass(matrix, tables.positive);
    const { truePositive, falsePositive, falseNegative, trueNegative } = counts;
    return {
      name,
      weight: matrix.total,
      selectionRate: selectionRate(matrix, tables.positive),
      truePositiveRate: rateIn(truePositive, truePositive + falseNegative, {
        ...options,
        empty: `group "${name}" has no positive rows`,
      }),
      falsePositiveRate: rateIn(falsePositive, falsePositive + trueNegative, {
        ...options,
        empty: `group "${name}" has no negative rows`,
      }),
    };
  });
}

function rateIn(
  part: number,
  whole: number,
  options: FairnessOptions & { readonly empty: string },
): Measured {
  if (whole > 0) return defined(part / whole);
  return options.emptyRate === "zero" ? defined(0) : undefinedBecause(options.empty);
}

type RateName = "selectionRate" | "truePositiveRate" | "falsePositiveRate";

/** The largest and the smallest of a rate over the groups, or why there is none. */
function extremes(
  tables: GroupTables,
  rate: RateName,
  options: FairnessOptions,
): { readonly low: number; readonly high: number } | Undefined {
  if (tables.names.length === 0) return undefinedBecause("no group holds a row");
  let low = Infinity;
  let high = -Infinity;
  for (const group of groupRates(tables, options)) {
    const one = group[rate];
    if (one.value === null) return one;
    low = Math.min(low, one.value);
    high = Math.max(high, one.value);
  }
  return { low, high };
}

function differenceOf(tables: GroupTables, rate: RateName, options: FairnessOptions): Measured {
  const found = extremes(tables, rate, options);
  return "low" in found ? defined(found.high - found.low) : found;
}

function ratioOf(tables: GroupTables, rate: RateName, options: FairnessOptions): Measured {
  const found = extremes(tables, rate, options);
  return "low" in found ? ratioOfExtremes(found) : found;
}

function ratioOfExtremes({ low, high }: { readonly low: number; readonly high: number }): Measured {
  return high === 0 ? undefinedBecause("the rate is 0 in every group") : defined(low / high);
}

/** Largest minus smallest selection rate; in 0..1, 0 is parity. */
export function demographicParityDifference(tables: GroupTables): Measured {
  return differenceOf(tables, "selectionRate", {});
}

/** Smallest over largest selection rate; in 0..1, 1 is parity. Undefined where nobody is selected. */
export function demographicParityRatio(tables: GroupTables): Measured {
  return ratioOf(tables, "selectionRate", {});
}

/** Options of the equalised odds metrics. */
export interface EqualizedOddsOptions extends FairnessOptions {
  /** The worse of both differences (default) or their mean. */
  readonly aggregate?: "worst" | "mean" | undefined;
}

/** The larger difference of true and false positive rates between groups; in 0..1, 0 is parity. */
export function equalizedOddsDifference(
  tables: GroupTables,
  options: EqualizedOddsOptions = {},
): Measured {
  const hits = differenceOf(tables, "truePositiveRate", options);
  if (hits.value === null) return hits;
  const alarms = differenceOf(tables, "falsePositiveRate", options);
  if (alarms.value === null) return alarms;
  return defined(
    options.aggregate === "mean"
      ? (hits.value + alarms.value) / 2
      : Math.max(hits.value, alarms.value),
  );
}

/**
 * The smaller ratio of true and false positive rates between groups; in 0..1, 1 is parity. A rate
 * that is 0 in every group is left out; undefined where a group has no rows to take a rate of.
 */
export function equalizedOddsRatio(tables: GroupTables, options: FairnessOptions = {}): Measured {
  const ofHits = extremes(tables, "truePositiveRate", options);
  if (!("low" in ofHits)) return ofHits;
  const ofAlarms = extremes(tables, "falsePositiveRate", options);
  if (!("low" in ofAlarms)) return ofAlarms;
  const [hits, alarms] = [ratioOfExtremes(ofHits), ratioOfExtremes(ofAlarms)];
  if (hits.value === null) return alarms;
  return alarms.value === null ? hits : defined(Math.min(hits.value, alarms.value));
}

/** Largest minus smallest true positive rate; in 0..1, 0 is parity. */
export function equalOpportunityDifference(
  tables: GroupTables,
  options: FairnessOptions = {},
): Measured {
  return differenceOf(tables, "truePositiveRate", options);
}

/** Smallest over largest true positive rate; in 0..1, 1 is parity. */
export function equalOpportunityRatio(
  tables: GroupTables,
  options: FairnessOptions = {},
): Measured {
  return ratioOf(tables, "truePositiveRate", options);
}
