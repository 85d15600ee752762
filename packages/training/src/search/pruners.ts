import type { Direction, SearchHistory, Trial } from "./trial.ts";
import { toCost } from "./trial.ts";

/** When to give up a trial before its end. */
export type Pruner =
  | { readonly kind: "none" }
  | {
      /** Gives up what is worse than the median of complete trials at the same step. */
      readonly kind: "median";
      /** Complete trials to wait for, 5 by default. */
      readonly startupTrials?: number;
      /** Steps of each trial to leave alone, 0 by default. */
      readonly warmupSteps?: number;
    }
  | {
      /** Lets the best 1 / reductionFactor of each rung go on, as trials arrive. */
      readonly kind: "successive-halving";
      /** The first rung's step, 1 by default. */
      readonly minSteps?: number;
      /** 4 by default. */
      readonly reductionFactor?: number;
    };

/**
 * Whether the running trial, which has just reported its last step, should be given up.
 * The defaults are Optuna's (`MedianPruner`, `SuccessiveHalvingPruner`).
 */
export function shouldPrune(trial: Trial, history: SearchHistory, pruner: Pruner): boolean {
  switch (pruner.kind) {
    case "none":
      return false;
    case "median":
      return isWorseThanMedian(trial, history, pruner);
    case "successive-halving":
      return losesRung(trial, history, pruner);
  }
}

function isWorseThanMedian(
  trial: Trial,
  { trials, direction }: SearchHistory,
  { startupTrials = 5, warmupSteps = 0 }: Extract<Pruner, { kind: "median" }>,
): boolean {
  const last = trial.steps.at(-1);
  const complete = trials.filter(({ state }) => state === "complete");
  if (last === undefined || complete.length < Math.max(startupTrials, 1)) return false;
  if (last.step < warmupSteps) return false;
  const costs = trial.steps.map(({ value }) => toCost(value, direction));
  const others = complete.flatMap(({ steps }) =>
    steps.filter(({ step, value }) => step === last.step && !Number.isNaN(value)),
  );
  if (others.length === 0) return costs.every((cost) => cost === Infinity);
  return Math.min(...costs) > median(others.map(({ value }) => toCost(value, direction)));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function losesRung(
  trial: Trial,
  { trials, direction }: SearchHistory,
  { minSteps = 1, reductionFactor = 4 }: Extract<Pruner, { kind: "successive-halving" }>,
): boolean {
  const reached = trial.steps.at(-1)?.step ?? 0;
  const before = trial.steps.at(-2)?.step ?? 0;
  for (let rung = minSteps; rung <= reached; rung *= reductionFactor) {
    // Rungs that an earlier report passed have been judged already.
    if (rung <= before) continue;
    const own = costAtRung(trial, rung, direction);
    if (own === null || own === Infinity) return own === Infinity;
    const rivals = trials
      .filter(({ number }) => number !== trial.number)
      .map((other) => costAtRung(other, rung, direction))
      .filter((cost) => cost !== null);
    const sorted = [...rivals, own].sort((a, b) => a - b);
    const promoted = Math.max(1, Math.floor(sorted.length / reductionFactor));
    if (own > (sorted[promoted - 1] ?? Infinity)) return true;
  }
  return false;
}

/** The cost at the first report at or after a rung; `null` when the trial did not come so far. */
function costAtRung(trial: Trial, rung: number, direction: Direction): number | null {
  const report = trial.steps.find(({ step }) => step >= rung);
  return report === undefined ? null : toCost(report.value, direction);
}
