import { createStream } from "../random.ts";
import { suggestGrid } from "./grid.ts";
import { suggestRandom } from "./random-search.ts";
import type { ParamValue, SearchSpace } from "./space.ts";
import { suggestTpe, type TpeOptions } from "./tpe.ts";
import type { SearchHistory } from "./trial.ts";

/** How a search goes through its space. */
export type SearchAlgorithm = "grid" | "random" | "tpe";

/** What a suggestion depends on beside the history and the space. */
export interface SuggestOptions extends TpeOptions {
  readonly algorithm: SearchAlgorithm;
  readonly seed: number;
  /** The number of the trial to come; its random draws follow from it and the seed alone. */
  readonly number: number;
}

/** The params of the next trial; the same arguments give the same params. */
export function suggest(
  history: SearchHistory,
  space: SearchSpace,
  options: SuggestOptions,
): Readonly<Record<string, ParamValue>> {
  switch (options.algorithm) {
    case "grid":
      return suggestGrid(space, options.number);
    case "random":
      return suggestRandom(space, createStream(options.seed, options.number));
    case "tpe":
      return suggestTpe(history, space, {
        ...options,
        random: createStream(options.seed, options.number),
      });
  }
}
