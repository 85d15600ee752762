/** What a classifier says of each row. */
export interface ClassPredictions {
  readonly kind: "classification";
  readonly rows: number;
  readonly classes: readonly string[];
  /** For each row the predicted class's place in `classes`. */
  readonly labels: Int32Array;
  /** One array a class, in the classes' order; none when the model gives labels alone. */
  readonly scores: readonly Float64Array[];
  /** The output that was taken for scores for its width alone: nobody said that it classifies. */
  readonly guessedFrom?: string;
  /** What a reader of the numbers should know. */
  readonly notes: readonly string[];
}

/** What a regressor says of each row. */
export interface ValuePredictions {
  readonly kind: "regression";
  readonly rows: number;
  readonly values: Float64Array;
  readonly notes: readonly string[];
}

/** A model's answers, one a row, in the rows' order. */
export type Predictions = ClassPredictions | ValuePredictions;
