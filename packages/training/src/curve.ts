/** One point of a learning curve: mean losses after a step (an iteration, a round of trees, an epoch). */
export interface CurvePoint {
  readonly step: number;
  readonly train: number;
  /** `null` where there is no validation part, or the fit does not look at it. */
  readonly validation: number | null;
}
