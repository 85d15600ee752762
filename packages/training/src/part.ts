import type { Target } from "./losses.ts";
import type { Matrix } from "./matrix.ts";

/** A part of the data as features and target. */
export interface Part {
  readonly matrix: Matrix;
  readonly target: Target;
}
