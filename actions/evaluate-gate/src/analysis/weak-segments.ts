import type { Table } from "#core";
import {
  createRandom,
  holm,
  normalQuantile,
  studentQuantile,
  studentSf,
  type Random,
} from "#stats";
import { FEWEST_ENTITIES } from "../clusters.ts";
import type { SegmentSearch, WeakSegment, WeakSegments } from "./error-analysis.ts";
import { clusterError, estimateSegment, type Reach, type SegmentRows } from "./segment-estimate.ts";
import {
  centreLosses,
  findDistinct,
  findWeakest,
  standardise,
  type ScoredCell,
} from "./segment-scan.ts";
import {
  divideColumns,
  groupOf,
  groupsOf,
  membersOf,
  SEARCH_BOUNDS,
  takeSegmentColumn,
  termsOf,
  type SegmentColumn,
} from "./segment-space.ts";
import {
  criticalValue,
  pAmong,
  shuffle,
  shuffleMaximum,
  testSegment,
  type MaximumLaw,
} from "./segment-tests.ts";

/** What weak segments are looked for in. */
export interface SegmentQuestion extends SegmentRows {
  /** Only the columns that segments may be described by. */
  readonly table: Table;
  /** Rows that a segment needs, inside and outside. */
  readonly minRows: number;
  /** Chance of naming any segment when none is weak. */
  readonly level: number;
  readonly seed: number;
  /** Rows times groups times shuffles up to which all rows are searched by shuffling. */
  readonly shuffleBudget?: number;
}

/** Segments named at most. */
const MOST_SEGMENTS = 10;
/** In standard deviations of the losses; Cohen (1988) calls 0.2 small. With many rows less is certain too, and matters to nobody. */
const LEAST_EFFECT = 0.2;
const PERMUTATIONS = 999;
/** Rows times groups times shuffles that are affordable (some 0.7 s); beyond, rows are halved. */
const SHUFFLE_BUDGET = 400_000_000;
/** How far above the rest a half of the rows must show a segment for the other half to test it. */
const LEAST_DISCOVERY_Z = 2;

/**
 * Searches the segments of one and two columns for those on which the model's loss is above the
 * rest's, and names those that chance does not explain although they were searched for. Few rows
 * are searched whole, p being that of the maximum over all candidates under shuffled losses (Westfall
 * & Young 1993); of many, one half finds at most ten and the other tests them, corrected by Holm
 * (Cox 1975, data splitting). Where rows belong to entities, whole entities go to either half, and
 * entities, not rows, are what the test counts. Either way the chance of naming any where none is weak is at most
 * `level`.
 */
export function findWeakSegments(question: SegmentQuestion): WeakSegments {
  const random = createRandom(question.seed);
  const rows = drawRows(question.losses.length, random);
  const { minRows } = question;
  const { columns, leftOut } = divideColumns(question.table, { rows, minRows });
  const sampled = rows === null ? question : { ...question, ...takeSegmentRows(question, rows) };
  const pairs = Math.min(columns.length, SEARCH_BOUNDS.pairedColumns);
  const groups = columns.length + (pairs * (pairs - 1)) / 2;
  const isSmall =
    question.clusters === undefined &&
    columns.length <= SEARCH_BOUNDS.pairedColumns &&
    sampled.losses.length * groups * PERMUTATIONS <= (question.shuffleBudget ?? SHUFFLE_BUDGET);
  const space = { columns, random };
  const found = isSmall ? searchByShuffling(sampled, space) : searchByHalves(sampled, space);
  return {
    search: {
      ...found.search,
      rows: sampled.losses.length,
      ofRows: question.losses.length,
      columns: columns.length,
      pairedColumns: pairs,
      columnsLeftOut: leftOut,
      clustered: question.clusters !== undefined,
      permutations: PERMUTATIONS,
      minRows: question.minRows,
      leastEffect: LEAST_EFFECT,
      level: question.level,
    },
    segments: found.segments.toSorted((left, right) => right.difference - left.difference),
  };
}

/** The rows that are searched; `null` for all. */
function drawRows(count: number, random: Random): Uint32Array | null {
  if (count <= SEARCH_BOUNDS.rows) return null;
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  shuffle(rows, SEARCH_BOUNDS.rows, random);
  return rows.slice(0, SEARCH_BOUNDS.rows).sort();
}

function takeSegmentRows(
  { losses, weights, hits, clusters }: SegmentRows,
  rows: Uint32Array,
): SegmentRows {
  return {
    clusters: clusters && Int32Array.from(rows, (row) => clusters[row]!),
    losses: Float64Array.from(rows, (row) => losses[row]!),
    weights: weights && Float64Array.from(rows, (row) => weights[row]!),
    hits: hits && Uint8Array.from(rows, (row) => hits[row]!),
  };
}

interface Space {
  readonly columns: readonly SegmentColumn[];
  readonly random: Random;
}

interface Found {
  readonly segments: readonly WeakSegment[];
  readonly search: Pick<SegmentSearch, "method" | "candidates">;
}

function searchByShuffling(question: SegmentQuestion, { columns, random }: Space): Found {
  const groups = groupsOf(columns, columns, question.minRows);
  const losses = centreLosses(question.losses, question.weights);
  const search = { method: "permutation" as const, candidates: countCandidates(groups) };
  if (findWeakest(groups, losses, LEAST_EFFECT) === null) return { search, segments: [] };
  const law = shuffleMaximum(groups, losses, { permutations: PERMUTATIONS, random });
  const cells = findDistinct(groups, losses, {
    least: criticalValue(law.largest, question.level),
    leastEffect: LEAST_EFFECT,
    most: MOST_SEGMENTS,
  });
  const reach = {
    below: criticalValue(law.largest, question.level),
    above: criticalValue(law.lowest, question.level),
  };
  const segments = cells.map((cell) => describeCell(cell, { question, law, reach, losses }));
  return { search, segments: segments.filter((one) => isNamed(one, question.level)) };
}

function countCandidates(groups: ReturnType<typeof groupsOf>): number {
  return groups.reduce((sum, { cells }) => sum + cells.length, 0);
}

function describeCell(
  { group, cell, rows, z }: ScoredCell,
  {
    question,
    law,
    reach,
    losses,
  }: {
    readonly question: SegmentQuestion;
    readonly law: MaximumLaw;
    readonly reach: Reach;
    readonly losses: ReturnType<typeof centreLosses>;
  },
): WeakSegment {
  const members = membersOf(group, cell);
  const whole = standardise(sumMembers(members, losses.values).sum, rows, losses);
  return {
    terms: termsOf(group, cell),
    rows,
    ...estimateSegment(members, question, reach),
    // Both by itself and beyond what the segments found before it explain.
    adjustedP: pAmong(law.largest, Math.min(z, whole)),
  };
}

function sumMembers(
  members: Uint8Array,
  values: Float64Array,
): { readonly sum: number; readonly count: number } {
  let [sum, count] = [0, 0];
  for (let row = 0; row < members.length; row++) {
    if (members[row] === 0) continue;
    sum += values[row]!;
    count++;
  }
  return { sum, count };
}

/**
 * The interval must agree with p: it takes the segment's own variance, which shuffling takes for
 * that of all rows. Whatever is dropped here only makes false names rarer.
 */
function isNamed({ adjustedP, low, effect }: WeakSegment, level: number): boolean {
  return adjustedP <= level && low > 0 && effect >= LEAST_EFFECT;
}

function searchByHalves(question: SegmentQuestion, { columns, random }: Space): Found {
  const [first, second] = halveRows(question, random);
  const minHalf = Math.ceil(question.minRows / 2);
  const discovery = takeSegmentRows(question, first);
  const losses = centreLosses(discovery.losses, discovery.weights);
  const own = columns.map((column) => takeSegmentColumn(column, first));
  const elsewhere = new Map(
    own.map((column, at) => [column, takeSegmentColumn(columns[at] ?? column, second)]),
  );
  const paired = strongestColumns(own, losses, minHalf);
  const groups = groupsOf(own, paired, minHalf);
  const cells = findDistinct(groups, losses, {
    least: LEAST_DISCOVERY_Z,
    leastEffect: LEAST_EFFECT,
    most: MOST_SEGMENTS,
  });
  const segments = confirmCells(cells, {
    held: takeSegmentRows(question, second),
    elsewhere,
    minRows: minHalf,
    level: question.level,
    random,
  });
  return {
    search: { method: "halves", candidates: countCandidates(groups) },
    segments: segments.filter((one) => isNamed(one, question.level)),
  };
}

/** Two random halves of the rows, in their order; rows of one entity stay together. */
function halveRows(
  { losses, clusters }: SegmentRows,
  random: Random,
): readonly [Uint32Array, Uint32Array] {
  const unitOf = (row: number): number => (clusters === undefined ? row : clusters[row]!);
  const rows = Uint32Array.from(losses, (_, row) => row);
  const units = Uint32Array.from(new Set(clusters ?? rows));
  shuffle(units, units.length, random);
  const isFirst = new Set(units.subarray(0, units.length >> 1));
  return [
    rows.filter((row) => isFirst.has(unitOf(row))),
    rows.filter((row) => !isFirst.has(unitOf(row))),
  ];
}

/** Only so many columns are paired: those whose own values tell most on the half that finds. */
function strongestColumns(
  columns: readonly SegmentColumn[],
  losses: ReturnType<typeof centreLosses>,
  minRows: number,
): readonly SegmentColumn[] {
  if (columns.length <= SEARCH_BOUNDS.pairedColumns) return columns;
  const strength = new Map(
    columns.map((column) => [
      column,
      findWeakest([groupOf(column, null, minRows)], losses, 0)?.z ?? 0,
    ]),
  );
  return columns
    .toSorted((left, right) => (strength.get(right) ?? 0) - (strength.get(left) ?? 0))
    .slice(0, SEARCH_BOUNDS.pairedColumns);
}

interface Confirming {
  /** The half that nothing was searched in, with the columns' codes there. */
  readonly held: SegmentRows;
  readonly elsewhere: ReadonlyMap<SegmentColumn, SegmentColumn>;
  readonly minRows: number;
  readonly level: number;
  readonly random: Random;
}

function confirmCells(
  cells: readonly ScoredCell[],
  { held, elsewhere, minRows, level, random }: Confirming,
): readonly WeakSegment[] {
  if (cells.length === 0) return [];
  const losses = centreLosses(held.losses, held.weights);
  const tested = cells.flatMap(({ group, cell, rows }) => {
    const first = elsewhere.get(group.first) ?? group.first;
    const second = group.second && (elsewhere.get(group.second) ?? group.second);
    const members = membersOf({ ...group, first, second }, cell);
    const { sum, count } = sumMembers(members, losses.values);
    if (count < minRows || members.length - count < minRows) return [];
    const tested = { terms: termsOf(group, cell), members, rows: rows + count };
    const error = clusterError(members, held);
    if (error === null) {
      const permutations = 2 * PERMUTATIONS + 1;
      const p = testSegment({ sum, rows: count }, losses, { permutations, random });
      return [{ ...tested, p, reachOf: normalQuantile }];
    }
    const fewer = Math.min(error.inside, error.outside);
    if (fewer < FEWEST_ENTITIES) return [];
    const { difference } = estimateSegment(members, held, { below: 0, above: 0 });
    const p = studentSf(difference / error.error, fewer - 1);
    return [{ ...tested, p, reachOf: (level: number) => studentQuantile(level, fewer - 1) }];
  });
  const adjusted = holm(tested.map(({ p }) => p));
  return tested.map(({ terms, members, rows, reachOf }, at) => {
    const reach = reachOf(1 - level / tested.length);
    return {
      terms,
      rows,
      ...estimateSegment(members, held, { below: reach, above: reach }),
      adjustedP: adjusted[at] ?? 1,
    };
  });
}
