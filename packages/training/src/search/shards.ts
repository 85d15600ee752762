import { DataError, InputError } from "#core";
import type { Trial } from "./trial.ts";

/** One part of a search that several jobs share: job `index` (from 1) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Reads `2/4`.
 *
 * @throws InputError for any other form, or an index outside 1 … count
 */
export function parseShard(written: string): Shard {
  const match = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(written);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match !== null && index >= 1 && index <= count) return { index, count };
  throw new InputError({
    code: "WRONG_SHARD",
    message: `shard is ${JSON.stringify(written)}; \`i/n\` with 1 <= i <= n was expected.`,
    hint: "For example: 2/4, the second of four jobs.",
  });
}

/** The numbers of a shard's trials out of all `trials`: index - 1, then every count-th. */
export function listTrialNumbers({ index, count }: Shard, trials: number): number[] {
  return Array.from(
    { length: Math.max(0, Math.ceil((trials - index + 1) / count)) },
    (_, turn) => index - 1 + turn * count,
  );
}

/**
 * Joins the trials of several shards in the order of their numbers. A trial that stands in
 * two of them alike is kept once.
 *
 * @throws DataError when one number stands for two different trials
 */
export function mergeTrials(shards: readonly (readonly Trial[])[]): Trial[] {
  const merged = new Map<number, Trial>();
  for (const trial of shards.flat()) {
    const known = merged.get(trial.number);
    if (known !== undefined && describe(known) !== describe(trial)) {
      throw new DataError({
        code: "TRIALS_CLASH",
        message: `Trial ${trial.number} stands in two shards with different params or results.`,
        hint: "Collect the shards of one search alone; each job needs a shard of its own, i/n.",
      });
    }
    merged.set(trial.number, trial);
  }
  return [...merged.values()].sort((a, b) => a.number - b.number);
}

function describe({ params, state, objective }: Trial): string {
  const sorted = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted, state, objective]);
}
