import { describe, expect, it } from "vitest";
import { InputError } from "#core";
import { rawInputs } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { planSplit } from "./split-rule.ts";

const parse = (values: Record<string, string>) =>
  parseInputs(rawInputs({ model: "weather", data: "data/*.csv", ...values }));
function faultOf(values: Record<string, string>): string {
  try {
    parse(values);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "none";
}

describe("the inputs of train-model", () => {
  it("have defaults that train at once", () => {
    expect(parse({})).toMatchObject({
      data: ["data/*.csv"],
      command: null,
      trainer: null,
      task: "auto",
      seed: 42,
      split: null,
      keepSplits: "auto",
      handOverTest: false,
      runDirectory: "slipway-run",
      workingDirectory: ".",
      upload: "auto",
    });
  });

  it("are all refused at once, each with what was expected", () => {
    const message = faultOf({
      seed: "1.5",
      split: "half",
      task: "regresion",
      "column-types": "zip: string",
      "timeout-minutes": "0",
      "keep-splits": "yes",
    });
    expect(message.split("\n")).toEqual([
      '- Input task is "regresion": expected one of auto, binary, multiclass, regression. Did you mean regression?',
      '- Input column-types is "zip: string": column zip has the type string; expected one of number, text, date. Known are number, text, date.',
      '- Input split is "half": expected shares such as 0.8/0.1/0.1, or `stratified 0.8/0.1/0.1`, `time 0.8/0.1/0.1` or `column NAME`.',
      '- Input keep-splits is "yes": expected one of auto, true, false.',
      '- Input seed is "1.5": expected a whole number from 0 to 4294967295.',
      '- Input timeout-minutes is "0": expected a number from 0.001 to 100000.',
    ]);
  });

  it.each([
    ["0.8/0.1/0.2", "sums to 1.1, not to 1."],
    ["stratified 0/0.5/0.5", "leaves no row to train on."],
    ["0.5/0.2/0.2/0.1", "has 4 parts."],
  ])("refuse the shares %s", (split, fault) => {
    expect(faultOf({ split })).toContain(fault);
  });

  it.each(["- a", "5", "{ a: ["])("refuse column types that are no map: %s", (written) => {
    expect(faultOf({ "column-types": written })).toContain(
      "expected a YAML map of columns and types, such as `zip: text`.",
    );
  });
});

describe("the split that is asked for", () => {
  const plan = (values: Record<string, string>) => planSplit(parse({ target: "y", ...values }));

  it.each([
    [{}, "hash", [0.8, 0.1, 0.1]],
    [{ split: "80/10/10" }, "hash", [0.8, 0.1, 0.1]],
    [{ split: "hash 0.7/0.3" }, "hash", [0.7, 0, 0.3]],
    [{ split: "stratified 0.6/0.2/0.2" }, "stratified", [0.6, 0.2, 0.2]],
    [{ split: "time 0.6/0.2/0.2", time: "at" }, "time", [0.6, 0.2, 0.2]],
    [{ split: "column part of it" }, "column", null],
    [{ "test-data": "holdout.csv" }, "given", [0.9, 0.1, 0]],
    [{ "test-data": "holdout.csv", split: "0.7/0.3" }, "given", [0.7, 0.3, 0]],
    [{ "test-data": "holdout.csv", split: "0.7/0.3/0" }, "given", [0.7, 0.3, 0]],
  ] as const)("of %o is by %s", (values, method, fractions) => {
    expect(plan(values)).toMatchObject({ method, fractions });
  });

  it("needs the target to be stratified", () => {
    expect(() => planSplit(parse({ split: "stratified 0.8/0.1/0.1" }))).toThrow(
      "split: stratified needs the target, and none is given.",
    );
  });
});
