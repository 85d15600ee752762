import { expect, test } from "vitest";
import { createRandom, scoresOfClass, type ClassificationEvaluation } from "#stats";
import { rowLossesOf } from "./row-losses.ts";
import { countWrong, describeErrors, findWorstRows, MOST_ERRORS } from "./worst-errors.ts";

const random = createRandom(8);
const rows = 3000;
const truth = Int32Array.from({ length: rows }, () => random.integer(2));
const scores = Float64Array.from(truth, () => random.integer(50) / 49);
const prediction = Int32Array.from(scores, (score) => (score >= 0.5 ? 1 : 0));
const classes = ["no", "yes"];
const evaluation: ClassificationEvaluation = { task: "binary", classes, truth, prediction, scores };

test("the worst rows are the wrong ones by falling loss, equals in their order", () => {
  const losses = rowLossesOf(evaluation);
  const wrong = Array.from(truth, (_, row) => row).filter((row) => truth[row] !== prediction[row]);
  const sorted = wrong.toSorted((a, b) => losses.values[b]! - losses.values[a]! || a - b);
  expect(findWorstRows(losses, evaluation)).toEqual(sorted.slice(0, MOST_ERRORS));
  expect(countWrong(evaluation)).toBe(wrong.length);
});

test("fewer wrong rows than are shown are all there", () => {
  const few = {
    ...evaluation,
    prediction: truth.map((code, row) => (row % 400 === 7 ? 1 - code : code)),
  };
  expect(findWorstRows(rowLossesOf(few), few).toSorted((a, b) => a - b)).toEqual(
    Array.from(truth, (_, row) => row).filter((row) => row % 400 === 7),
  );
});

test("a row's score is that of the class it was given, from one column or from two", () => {
  const worst = findWorstRows(rowLossesOf(evaluation), evaluation);
  const facts = {
    losses: rowLossesOf(evaluation),
    table: { rows, columns: [] },
    files: [],
    shown: [],
  };
  const both = { ...evaluation, scores: [scores.map((score) => 1 - score), scores] };
  const expected = worst.map((row) => {
    const found = scoresOfClass(evaluation, prediction[row]!);
    return "scores" in found ? found.scores[row] : null;
  });
  for (const one of [evaluation, both])
    expect(describeErrors(worst, { ...facts, evaluation: one }).map(({ score }) => score)).toEqual(
      expected,
    );
  const none = { ...evaluation, scores: undefined };
  expect(describeErrors([0], { ...facts, evaluation: none })[0]?.score).toBeNull();
});
