/** Rows of features, row-major, in the precision that the model file computes in. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}
