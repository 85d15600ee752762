import type { Predictions } from "#models";

/** A row's answer as the members of a JSON object: `"prediction":…,"scores":…`. */
export interface AnswerText {
  readonly answer: string;
  /** The same for the prediction log, whose scores are numbers or nothing. */
  readonly logged: string;
}

/** A row's answer as values; a number that the model did not give is NaN. */
export interface Answer {
  readonly prediction: string | number | null;
  /** One number a class, in the classes' order; `null` for regression and for labels alone. */
  readonly scores: readonly number[] | null;
}

/** Reads one row's answer. */
export function answerOf(predictions: Predictions, row: number): Answer {
  if (predictions.kind === "regression") {
    return { prediction: predictions.values[row] ?? Number.NaN, scores: null };
  }
  const { classes, labels, scores } = predictions;
  return {
    prediction: classes[labels[row] ?? -1] ?? null,
    scores: scores.length === 0 ? null : scores.map((column) => column[row] ?? Number.NaN),
  };
}

/** Makes the writer of answers; class names are escaped once, not once a row. */
export function createAnswerWriter(): (predictions: Predictions, row: number) => AnswerText {
  let classes: readonly string[] = [];
  let keys: readonly string[] = [];
  return (predictions, row) => {
    if (predictions.kind === "classification" && predictions.classes !== classes) {
      classes = predictions.classes;
      keys = classes.map((name) => JSON.stringify(name));
    }
    const { prediction, scores } = answerOf(predictions, row);
    const said =
      typeof prediction === "string" ? JSON.stringify(prediction) : jsonNumber(prediction);
    const bare = `"prediction":${said},"scores":null`;
    if (scores === null) return { answer: bare, logged: bare };
    let members = "";
    for (let at = 0; at < scores.length; at += 1) {
      members += `${at === 0 ? "" : ","}${keys[at]}:${jsonNumber(scores[at] ?? null)}`;
    }
    const answer = `"prediction":${said},"scores":{${members}}`;
    return { answer, logged: scores.every(Number.isFinite) ? answer : bare };
  };
}

/** JSON has no NaN and no infinity: `null` stands for them. */
function jsonNumber(value: number | null): string {
  return Number.isFinite(value) ? String(value) : "null";
}
