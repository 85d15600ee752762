import { describe, expect, it } from "vitest";
import type { TextColumn } from "#core";
import { codesIn, codesOfAnswers } from "./class-codes.ts";

function column(...values: readonly string[]): TextColumn {
  const levels = [...new Set(values)];
  return {
    kind: "text",
    name: "y",
    levels,
    codes: Int32Array.from(values, (value) => levels.indexOf(value)),
  };
}

function refusal(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe("codesIn", () => {
  it("gives the places of values among the classes", () => {
    expect([...codesIn(column("b", "a", "b"), ["a", "b"], "data.csv")]).toEqual([1, 0, 1]);
  });

  it.each([
    [
      "names where the model answers with codes",
      ["no", "yes"],
      ["0", "1"],
      "The model answers with codes: name the classes in its order with classes:, e.g. classes: no, yes where 0 stands for no.",
    ],
    [
      "codes where the model answers with names",
      ["1", "0"],
      ["no", "yes"],
      'y holds codes, the model answers with names: write the names into y (which code is which, whoever coded it knows), e.g. in pandas data["y"].map({0: "no", 1: "yes"}).',
    ],
    [
      "numbers in another writing than a model's codes",
      ["0.0", "1.0"],
      ["0", "1"],
      '"0.0" and "0" are one number, written in two ways. Give the data\'s writing with classes:, in the model\'s order.',
    ],
    [
      "numbers in another writing than a model's names",
      ["5", "7"],
      ["5.0", "7.0"],
      '"5" and "5.0" are one number, written in two ways. Write y in the data as the model does, or name the classes alike with classes:.',
    ],
    [
      "other capitals and spaces",
      ["Yes", "no"],
      ["no", "yes"],
      '"Yes" and "yes" differ in capitals or spaces only. Write y in the data as the model does, or name the classes alike with classes:.',
    ],
    [
      "names of something else",
      ["cat", "dog"],
      ["no", "yes"],
      "No value of y is a class of the model (it holds cat, dog): write them as the model does, or check that model and data belong together.",
    ],
    [
      "one class more than the model learnt",
      ["no", "yes", "maybe"],
      ["no", "yes"],
      "Train on every class that the data holds, or correct the value.",
    ],
  ])("refuses %s, and says what to set", (_, values, classes, hint) => {
    expect(refusal(() => codesIn(column(...values), classes, "data.csv"))).toMatchObject({
      code: "UNKNOWN_CLASS",
      hint,
    });
  });
});

describe("codesOfAnswers", () => {
  it.each([
    [
      ["0", "1"],
      "y holds codes where the target holds names: write the target's names (no, yes) into it, e.g. with the inverse_transform of the LabelEncoder that made the codes.",
    ],
    [
      ["No", "YES"],
      '"No" and "no" differ in capitals or spaces only. Write the target\'s names (no, yes) into y.',
    ],
    [
      ["good", "bad"],
      "No value of y is one of the target's names (no, yes); it holds good, bad. Write the classes alike in both.",
    ],
    [
      ["no", "unsure"],
      "Answer with the target's names (no, yes) only, or name all classes with classes:.",
    ],
  ])("says what to write in the place of %s", (values, hint) => {
    expect(refusal(() => codesOfAnswers(column(...values), ["no", "yes"], "p.csv"))).toMatchObject({
      code: "UNKNOWN_CLASS",
      hint,
    });
  });
});
