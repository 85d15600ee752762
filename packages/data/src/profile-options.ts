import type { ColumnProfile } from "#core";

/** How a table is summarised. */
export interface ProfileOptions {
  /** What columns are to the model; `feature` where not named. */
  readonly roles?: Readonly<Record<string, ColumnProfile["role"]>>;
  /** Kinds that the data does not show, e.g. `{ cultivar: "category" }` for classes written as numbers. */
  readonly kinds?: Readonly<Record<string, ColumnProfile["kind"]>>;
  /** Quantile bins of a number; default 100. */
  readonly bins?: number;
  /** Categories and tokens listed; default 100. */
  readonly top?: number;
  /** Values seen fewer times are not listed; default 5. */
  readonly minCategoryCount?: number;
}

/** The same with every default filled in. */
export interface ProfileRules {
  readonly bins: number;
  readonly top: number;
  readonly minCategoryCount: number;
}

/** Fills in the defaults. */
export function completeRules(options: ProfileOptions): ProfileRules {
  return {
    bins: options.bins ?? 100,
    top: options.top ?? 100,
    minCategoryCount: options.minCategoryCount ?? 5,
  };
}
