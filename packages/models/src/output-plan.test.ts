import { describe, expect, it } from "vitest";
import type { PlanContext, SeenOutput } from "./output-plan.ts";
import { planOutputs } from "./output-plan.ts";

const context: PlanContext = {
  fileName: "m.onnx",
  classNames: null,
  probabilityOutputs: new Set(),
};
const out = (name: string, type: SeenOutput["type"], width: number): SeenOutput => ({
  name,
  type,
  width,
});
const label = out("label", "int64", 1);

describe("giving outputs their roles", () => {
  it("reads one number a row as a regression, unless the graph makes it a probability or the task says else", () => {
    const y = out("y", "float", 1);
    expect(planOutputs([y], context)).toEqual({ kind: "regression", value: "y" });
    const positive = {
      kind: "classification",
      label: null,
      scores: { kind: "positive", output: "y" },
    };
    expect(planOutputs([y], { ...context, probabilityOutputs: new Set(["y"]) })).toEqual(positive);
    expect(planOutputs([y], { ...context, task: "classification" })).toEqual(positive);
  });

  it("takes a label and the scores beside it", () => {
    expect(planOutputs([label, out("probabilities", "float", 3)], context)).toEqual({
      kind: "classification",
      label: "label",
      scores: { kind: "matrix", output: "probabilities", width: 3 },
    });
  });

  it("prefers probabilities among several score outputs, by the graph and then by name", () => {
    const wide = [label, out("decision", "float", 3), out("p", "float", 3)];
    const chosen = planOutputs(wide, { ...context, probabilityOutputs: new Set(["p"]) });
    expect(chosen).toMatchObject({ scores: { output: "p" } });
    expect(() => planOutputs(wide, context)).toThrow(
      /decision \(float, 3 a row\), p \(float, 3 a row\)/,
    );
    const named = [label, out("decision", "float", 3), out("class_prob", "float", 3)];
    expect(planOutputs(named, context)).toMatchObject({ scores: { output: "class_prob" } });
  });

  it("matches one output a class by the end of its name, else keeps their order", () => {
    const classNames = ["rain", "sun"];
    const columns = [label, out("ssun", "float", 1), out("srain", "float", 1)];
    expect(planOutputs(columns, { ...context, classNames })).toMatchObject({
      scores: { kind: "columns", outputs: ["srain", "ssun"] },
    });
    const nameless = [label, out("s0", "float", 1), out("s1", "float", 1)];
    expect(planOutputs(nameless, { ...context, classNames })).toMatchObject({
      scores: { outputs: ["s0", "s1"] },
    });
  });

  it("knows no output of that name, but one like it", () => {
    const run = (): unknown => planOutputs([label], { ...context, output: "lable" });
    expect(run).toThrow(
      expect.objectContaining({ code: "OUTPUT_UNKNOWN", hint: "Did you mean label?" }),
    );
  });

  it("takes a label of numbers for a regression that is asked for, never text", () => {
    const task = "regression" as const;
    expect(planOutputs([label], { ...context, task })).toEqual({
      kind: "regression",
      value: "label",
    });
    const text = out("label", "string", 1);
    expect(() => planOutputs([text], { ...context, task })).toThrow(
      /no output of one number a row/,
    );
  });

  it("refuses several targets at once and a model without outputs", () => {
    const task = "regression" as const;
    expect(() => planOutputs([out("y", "float", 3)], { ...context, task })).toThrow(
      /y \(float, 3 a row\)/,
    );
    const two = [out("y", "float", 1), out("z", "float", 1)];
    expect(() => planOutputs(two, context)).toThrow(/several outputs that could be the prediction/);
    expect(() => planOutputs([], context)).toThrow(/no output with a label or a number/);
  });
});
