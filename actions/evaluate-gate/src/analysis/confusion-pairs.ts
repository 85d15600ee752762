import { holm, mcNemarTest, wilcoxonTest, type Codes, type Evaluation } from "#stats";
import type { ConfusionChange, ConfusionPair, Confusions } from "./error-analysis.ts";

/** Pairs shown for being frequent, and further ones for having changed. */
const MOST_FREQUENT = 10;
const MOST_CHANGED = 5;

/** Two classifiers on the same rows. */
export interface ClassifierPair {
  readonly candidate: Evaluation;
  readonly reference: Evaluation;
  /** Entity of each of their rows; `null` where rows are independent. */
  readonly clusters: Int32Array | null;
}

/**
 * The most frequent confusions of one class with another. Against a baseline each pair is tested by
 * McNemar's exact test on "is confused just so", over the rows that both were scored on (where rows
 * belong to entities by Wilcoxon's test of the entities' differences); p is
 * adjusted by Holm over every pair that either confuses, since the shown ones were chosen by their
 * counts. `null` for regression.
 */
export function findConfusions(
  evaluation: Evaluation,
  pair: ClassifierPair | null,
  level: number,
): Confusions | null {
  if (evaluation.task === "regression") return null;
  const { classes } = evaluation;
  const counts = countPairs(evaluation.truth, evaluation.prediction, classes.length);
  const totals = classes.map((_, truth) =>
    classes.reduce((sum, _name, other) => sum + (counts[truth * classes.length + other] ?? 0), 0),
  );
  const changes = pair === null ? new Map<string, ConfusionChange>() : findChanges(pair);
  const all = classes.flatMap((truth, t) =>
    classes.flatMap((predicted, p): ConfusionPair[] => {
      if (t === p) return [];
      const count = counts[t * classes.length + p] ?? 0;
      const change = changes.get(keyOf(truth, predicted)) ?? null;
      if (count === 0 && change === null) return [];
      const total = totals[t] ?? 0;
      return [{ truth, predicted, count, share: total === 0 ? 0 : count / total, change }];
    }),
  );
  return {
    pairs: choosePairs(all, level),
    kinds: all.filter(({ count }) => count > 0).length,
    tested: changes.size,
    test: (pair?.clusters ?? null) === null ? "mcnemar-exact" : "wilcoxon-entities",
    level,
  };
}

function choosePairs(all: readonly ConfusionPair[], level: number): readonly ConfusionPair[] {
  const byCount = all.toSorted((left, right) => right.count - left.count);
  const frequent = byCount.slice(0, MOST_FREQUENT).filter(({ count }) => count > 0);
  const changed = byCount
    .filter((one) => !frequent.includes(one) && (one.change?.adjustedP ?? 1) <= level)
    .toSorted((left, right) => (left.change?.adjustedP ?? 1) - (right.change?.adjustedP ?? 1))
    .slice(0, MOST_CHANGED);
  return [...frequent, ...changed];
}

function countPairs(truth: Codes, prediction: Codes, classes: number): Float64Array {
  const counts = new Float64Array(classes * classes);
  for (let row = 0; row < truth.length; row++) counts[truth[row]! * classes + prediction[row]!]!++;
  return counts;
}

/** Classes may be called anything: the length keeps two names apart. */
function keyOf(truth: string, predicted: string): string {
  return `${truth.length}:${truth}${predicted}`;
}

/** Rows of one pair of classes: how many each model confuses so, and who alone does. */
interface PairRows {
  readonly counts: {
    candidate: number;
    baseline: number;
    onlyCandidate: number;
    onlyBaseline: number;
  };
  /** By entity, where rows belong to some: rows that only the candidate confuses so less those of the baseline. */
  readonly differences: Map<number, number>;
}

function findChanges(pair: ClassifierPair): Map<string, ConfusionChange> {
  const { candidate } = pair;
  if (candidate.task === "regression") return new Map();
  const { classes } = candidate;
  const cells = [...collectPairs(pair, classes.length)];
  const pValues = cells.map(([, rows]) => pOf(rows, pair.clusters !== null));
  const adjusted = holm(pValues);
  return new Map(
    cells.map(([cell, { counts }], at) => {
      const [t, p] = [Math.floor(cell / classes.length), cell % classes.length];
      const change = { ...counts, p: pValues[at] ?? 1, adjustedP: adjusted[at] ?? 1 };
      return [keyOf(classes[t] ?? "", classes[p] ?? ""), change];
    }),
  );
}

function collectPairs(
  { candidate, reference, clusters }: ClassifierPair,
  width: number,
): Map<number, PairRows> {
  const cells = new Map<number, PairRows>();
  const pairAt = (cell: number): PairRows => {
    const known = cells.get(cell);
    if (known !== undefined) return known;
    const counts = { candidate: 0, baseline: 0, onlyCandidate: 0, onlyBaseline: 0 };
    const made = { counts, differences: new Map<number, number>() };
    cells.set(cell, made);
    return made;
  };
  const { truth: truths, prediction } = candidate;
  for (let row = 0; row < truths.length; row++) {
    const truth = truths[row]!;
    const mine = prediction[row]!;
    const theirs = reference.prediction[row]!;
    if (mine === truth && theirs === truth) continue;
    const entity = clusters === null ? null : clusters[row]!;
    if (mine !== truth) {
      const { counts, differences } = pairAt(truth * width + mine);
      counts.candidate++;
      if (mine !== theirs) counts.onlyCandidate++;
      if (mine !== theirs && entity !== null) addTo(differences, entity, 1);
    }
    if (theirs !== truth) {
      const { counts, differences } = pairAt(truth * width + theirs);
      counts.baseline++;
      if (mine !== theirs) counts.onlyBaseline++;
      if (mine !== theirs && entity !== null) addTo(differences, entity, -1);
    }
  }
  return cells;
}

function addTo(sums: Map<number, number>, key: number, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by);
}

function pOf({ counts, differences }: PairRows, clustered: boolean): number {
  if (!clustered)
    return mcNemarTest({ onlyFirst: counts.onlyCandidate, onlySecond: counts.onlyBaseline }).exact;
  const found = wilcoxonTest([...differences.values()]);
  return "p" in found ? found.p : 1;
}
