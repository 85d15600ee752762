import { describe, expect, it } from "vitest";
import { paramNames, parseParams } from "./params.ts";

describe("parseParams", () => {
  it("fills in the defaults", () => {
    expect(parseParams({ trees: 7 })).toMatchObject({
      model: "auto",
      trees: 7,
      max_leaves: 31,
      impute: "median",
    });
  });

  it("offers the nearest name for an unknown one", () => {
    expect(() => parseParams({ max_leafs: 3 })).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_PARAM",
        message: "params.max_leafs is not a param of the built-in trainer.",
        hint: "Did you mean max_leaves?",
      }),
    );
  });

  it("knows what other libraries call a param", () => {
    expect(() => parseParams({ n_estimators: 3 })).toThrow(
      expect.objectContaining({ hint: "Use trees." }),
    );
  });

  it("lists every fault at once", () => {
    expect(() =>
      parseParams({ eta: 1, trees: 0, subsample: 1.5, model: "tree", max_depth: 2.5, impute: 3 }),
    ).toThrow(
      expect.objectContaining({
        message: [
          "- params.eta is not a param of the built-in trainer. Use learning_rate.",
          '- params.model is "tree"; one of auto, softmax, linear, trees, mlp was expected.',
          "- params.trees is 0; at least 1 was expected.",
          "- params.max_depth is 2.5; a whole number was expected.",
          "- params.subsample is 1.5; at most 1 was expected.",
          "- params.impute is 3; one of median, mean was expected.",
        ].join("\n"),
      }),
    );
  });

  it("says what it wants of a wrong type", () => {
    expect(() => parseParams({ learning_rate: "fast" })).toThrow(
      'params.learning_rate is "fast"; a number was expected.',
    );
    expect(() => parseParams({ learning_rate: 0 })).toThrow(
      "params.learning_rate is 0; a value above 0 was expected.",
    );
    expect(() => parseParams({ hidden: "wide" })).toThrow(
      'params.hidden is "wide"; a whole number from 1 to 4096, or a list of up to 8 of them, was expected.',
    );
    expect(() => parseParams({ hidden: [] })).toThrow(/params.hidden is a list/);
  });

  it.each([
    ["a list", []],
    ["empty", null],
    ['"x"', "x"],
  ])("refuses %s for a map", (found, value) => {
    expect(() => parseParams(value)).toThrow(
      `params is ${found}; a map of names to values was expected.`,
    );
  });

  it("lists each name once", () => {
    expect(new Set(paramNames).size).toBe(paramNames.length);
  });
});
