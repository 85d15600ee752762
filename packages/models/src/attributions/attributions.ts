import type { Table } from "#core";
import { InputError } from "#core";
import type { ScoreOptions } from "../score.ts";

/** What the values of a row add up to: a class's probability, its margin before the link (log odds), or the predicted value. */
export type AttributionScale = "probability" | "margin" | "value";

/** How much each column moved each explained row's output, away from what the model says on average. */
export interface Attributions {
  readonly method: "tree-shap" | "sampled-shapley";
  /** The model's input columns, in its order. */
  readonly columns: readonly string[];
  /** A classifier's classes, else `value`. */
  readonly outputs: readonly string[];
  readonly scale: AttributionScale;
  /** The average output, one an output. */
  readonly base: readonly number[];
  /**
   * `values[output][column][at]` for the row at place `at` of those explained: `base[output]` and
   * a row's values over all columns add up to the model's output for that row on that scale.
   */
  readonly values: readonly (readonly Float64Array[])[];
  /** The largest standard error that sampling left in any value; `null` where the method is exact. */
  readonly error: number | null;
}

/** Which rows are explained, against what, and how the model is fed (as in scoring). */
export interface ExplainOptions extends ScoreOptions {
  /** Rows of the table to explain. */
  readonly rows: ArrayLike<number>;
  /** Rows of the table that stand for the average: a column that does not take part has their values. */
  readonly background: ArrayLike<number>;
  /** Orders of the columns that are drawn for each row where values are sampled, by default 64; made even. */
  readonly samples?: number | undefined;
  /** Seed of the drawing, by default 42. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws an {@link InputError} where rows or background are not rows of the table. */
export function checkExplainedRows(table: Table, { rows, background }: ExplainOptions): void {
  if (background.length === 0) {
    throw new InputError({
      code: "NO_BACKGROUND_ROWS",
      message: "No background rows are given to explain predictions against.",
      hint: "Give at least one row of the data as background.",
    });
  }
  for (const given of [rows, background]) {
    const bad = Array.from(given).find(
      (row) => !(Number.isInteger(row) && row >= 0 && row < table.rows),
    );
    if (bad === undefined) continue;
    throw new InputError({
      code: "ROW_OUT_OF_RANGE",
      message: `Row ${bad} cannot be explained: the table has the rows 0 to ${table.rows - 1}.`,
    });
  }
}
