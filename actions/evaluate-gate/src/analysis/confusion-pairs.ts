import { holm, mcNemarTest, type Codes, type Evaluation } from "#stats";
import type { ConfusionChange, ConfusionPair, Confusions } from "./error-analysis.ts";

/** Pairs shown for being frequent, and further ones for having changed. */
const MOST_FREQUENT = 10;
const MOST_CHANGED = 5;

/** Two classifiers on the same rows. */
export interface ClassifierPair {
  readonly candidate: Evaluation;
  readonly reference: Evaluation;
}

/**
 * The most frequent confusions of one class with another. Against a baseline each pair is tested by
 * McNemar's exact test on "is confused just so", over the rows that both were scored on; p is
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

function findChanges({ candidate, reference }: ClassifierPair): Map<string, ConfusionChange> {
  if (candidate.task === "regression") return new Map();
  const { classes, truth } = candidate;
  const width = classes.length;
  const [mine, theirs, both] = [0, 1, 2].map(() => new Float64Array(width * width));
  for (let row = 0; row < truth.length; row++) {
    const [t, a, b] = [truth[row]!, candidate.prediction[row]!, reference.prediction[row]!];
    mine![t * width + a]!++;
    theirs![t * width + b]!++;
    if (a === b) both![t * width + a]!++;
  }
  const found: { key: string; change: Omit<ConfusionChange, "adjustedP"> }[] = [];
  for (let cell = 0; cell < width * width; cell++) {
    const [t, p] = [Math.floor(cell / width), cell % width];
    const [own, other, common] = [mine![cell]!, theirs![cell]!, both![cell]!];
    if (t === p || own + other === 0) continue;
    const discordant = { onlyFirst: own - common, onlySecond: other - common };
    found.push({
      key: keyOf(classes[t] ?? "", classes[p] ?? ""),
      change: {
        candidate: own,
        baseline: other,
        onlyCandidate: discordant.onlyFirst,
        onlyBaseline: discordant.onlySecond,
        p: mcNemarTest(discordant).exact,
      },
    });
  }
  const adjusted = holm(found.map(({ change }) => change.p));
  return new Map(
    found.map(({ key, change }, at) => [key, { ...change, adjustedP: adjusted[at] ?? 1 }]),
  );
}
