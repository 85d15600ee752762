import type { ParamValue } from "./space.ts";

/** Whether smaller or larger objectives are better. */
export type Direction = "minimize" | "maximize";

/** One try of a search. */
export interface Trial {
  /** From 0, unique within a search, also across its shards. */
  readonly number: number;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly state: "running" | "complete" | "pruned" | "failed";
  /** `null` unless complete. */
  readonly objective: number | null;
  /** What was reported on the way, in rising order of steps. */
  readonly steps: readonly { readonly step: number; readonly value: number }[];
}

/** The trials so far and what they are after. */
export interface SearchHistory {
  readonly direction: Direction;
  readonly trials: readonly Trial[];
}

/** The objective so turned that smaller is better; infinity for none. */
export function toCost(value: number | null | undefined, direction: Direction): number {
  if (value === null || value === undefined || Number.isNaN(value)) return Infinity;
  return direction === "minimize" ? value : -value;
}

/** The best complete trial; of equal ones the first. `undefined` when none is complete. */
export function findBestTrial({ direction, trials }: SearchHistory): Trial | undefined {
  let best: Trial | undefined;
  for (const trial of trials) {
    if (trial.state !== "complete" || trial.objective === null) continue;
    if (toCost(trial.objective, direction) < toCost(best?.objective, direction)) best = trial;
  }
  return best;
}
