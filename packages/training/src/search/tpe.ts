import type { Random } from "#stats";
import type { Point } from "./parzen.ts";
import { drawPoint, estimateDensity, readLogDensity, readPoint } from "./parzen.ts";
import { suggestRandom } from "./random-search.ts";
import type { ParamValue, SearchSpace } from "./space.ts";
import type { SearchHistory, Trial } from "./trial.ts";
import { toCost } from "./trial.ts";

/** Settings of the tree-structured Parzen estimator; the defaults are Optuna 5's. */
export interface TpeOptions {
  /** Trials drawn at random first, 10 by default. */
  readonly startupTrials?: number;
  /** Points drawn from the good trials' density, of which the most promising is taken; 24 by default. */
  readonly candidates?: number;
}

/**
 * The next params by the tree-structured Parzen estimator: the point, of those drawn from
 * the density of the best trials, at which that density most exceeds the other trials'.
 * Pruned trials count by how far they came; running and failed ones do not.
 *
 * @see Bergstra et al. (2011); Watanabe (2023), arXiv:2304.11127
 */
export function suggestTpe(
  history: SearchHistory,
  space: SearchSpace,
  { random, startupTrials = 10, candidates = 24 }: TpeOptions & { readonly random: Random },
): Readonly<Record<string, ParamValue>> {
  const usable = history.trials.filter((trial) => isUsable(trial, space));
  if (usable.length < startupTrials) return suggestRandom(space, random);
  const { good, rest } = divideTrials(usable, history);
  const goodDensity = estimateDensity(good, space);
  const restDensity = estimateDensity(rest, space);
  let best: Point | null = null;
  let bestScore = -Infinity;
  for (let candidate = 0; candidate < candidates; candidate += 1) {
    const point = drawPoint(goodDensity, random);
    const score = readLogDensity(goodDensity, point) - readLogDensity(restDensity, point);
    if (best === null || score > bestScore) {
      best = point;
      bestScore = score;
    }
  }
  return best === null ? suggestRandom(space, random) : readPoint(best, space);
}

/** A trial of another space (params were added, or a choice removed) teaches nothing here. */
function isUsable({ state, params }: Trial, space: SearchSpace): boolean {
  if (state !== "complete" && state !== "pruned") return false;
  return space.every((dimension) => {
    const value = params[dimension.name];
    if (dimension.kind === "choice")
      return value !== undefined && dimension.choices.includes(value);
    return typeof value === "number" && value >= dimension.low && value <= dimension.high;
  });
}

function divideTrials(
  trials: readonly Trial[],
  { direction }: SearchHistory,
): { readonly good: readonly Trial[]; readonly rest: readonly Trial[] } {
  const goodCount = Math.min(Math.ceil(0.1 * trials.length), 25);
  const ranked = trials
    .map((trial) => ({ trial, rank: rankTrial(trial, direction) }))
    .sort((a, b) => compareRanks(a.rank, b.rank) || a.trial.number - b.trial.number)
    .map(({ trial }) => trial);
  const byNumber = (a: Trial, b: Trial): number => a.number - b.number;
  return {
    good: ranked.slice(0, goodCount).sort(byNumber),
    rest: ranked.slice(goodCount).sort(byNumber),
  };
}

/** Complete trials by their objective; then pruned ones, those that came farther first. */
function rankTrial(trial: Trial, direction: SearchHistory["direction"]): readonly number[] {
  if (trial.state === "complete") return [0, toCost(trial.objective, direction)];
  const last = trial.steps.at(-1);
  return [1, last === undefined ? 1 : -last.step, toCost(last?.value, direction)];
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    if (value < other) return -1;
    if (value > other) return 1;
  }
  return 0;
}
