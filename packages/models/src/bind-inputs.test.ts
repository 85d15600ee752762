import { describe, expect, it } from "vitest";
import type { ColumnChoice } from "./bind-inputs.ts";
import { bindInputs } from "./bind-inputs.ts";
import type { TensorDeclaration } from "./onnx-graph.ts";
import { signatureOf } from "./signature.ts";

const declare = (name: string, shape: TensorDeclaration["shape"]): TensorDeclaration => ({
  name,
  type: "float",
  typeName: "tensor(float)",
  shape,
});

const one = { fileName: "m.onnx", inputs: [declare("x", [null, 3])], outputs: [] };
const three = {
  fileName: "m.onnx",
  inputs: [declare("wind", [null, 1]), declare("rain", [null]), declare("temp_max", ["n", 1])],
  outputs: [],
};

function bound(model: typeof one, choice: ColumnChoice): Record<string, readonly string[]> {
  const { inputs } = bindInputs(model, choice);
  return Object.fromEntries(inputs.map(({ name, columns }) => [name, columns]));
}

describe("binding columns to a model's inputs", () => {
  it("fills one wide input with the features in their order", () => {
    const choice = { features: ["c", "a", "b"], available: ["a", "b", "c", "target"] };
    expect(bound(one, choice)).toEqual({ x: ["c", "a", "b"] });
  });

  it("fills one wide input with all columns when they are just as many", () => {
    expect(bound(one, { available: ["a", "b", "c"] })).toEqual({ x: ["a", "b", "c"] });
  });

  it("shows the columns when there are too many", () => {
    expect(() => bound(one, { available: ["a", "b", "c", "target"] })).toThrow(
      "m.onnx takes 3 columns, but 4 are given: a, b, c, target.",
    );
  });

  it("fills inputs of one column by their names, whatever the columns' order", () => {
    const choice = { available: ["temp_max", "rain", "other", "wind"] };
    expect(bound(three, choice)).toEqual({
      wind: ["wind"],
      rain: ["rain"],
      temp_max: ["temp_max"],
    });
    expect(bindInputs(three, choice).inputs.map(({ rank }) => rank)).toEqual([2, 1, 2]);
  });

  it("knows a name again that the exporter has changed", () => {
    const choice = { available: ["temp max", "rain", "wind"] };
    expect(bound(three, choice)["temp_max"]).toEqual(["temp max"]);
  });

  it("takes features by name where the inputs have their names, else by place", () => {
    expect(bound(three, { features: ["temp_max", "wind", "rain"] })["wind"]).toEqual(["wind"]);
    expect(bound(three, { features: ["a", "b", "c"] })["wind"]).toEqual(["a"]);
    expect(() => bound(three, { features: ["a", "b"] })).toThrow(
      /takes 3 columns, but 2 are given/,
    );
  });

  it("lists both sides and the nearest name when a column is not there", () => {
    const run = (): unknown => bindInputs(three, { available: ["wnd", "rain", "temp_max"] });
    expect(run).toThrow(
      "m.onnx takes columns that the data does not have: wind. The model takes wind, rain, temp_max; the data has wnd, rain, temp_max.",
    );
    expect(run).toThrow(expect.objectContaining({ hint: "wind: Did you mean wnd?" }));
  });

  it("follows a signature rather than anything else", () => {
    const signature = signatureOf(one, ["p", "q", "r"]);
    const choice = { signature, features: ["nonsense"], available: ["r", "q", "p"] };
    expect(bound(one, choice)).toEqual({ x: ["p", "q", "r"] });
  });

  it.each([
    ["another input", [{ input: "z", index: 0 }], /has no input z, it has x/],
    [
      "a hole",
      [
        { input: "x", index: 0 },
        { input: "x", index: 2 },
      ],
      /index 2 \(c1\) where 1 is next/,
    ],
    ["a far index", [{ input: "x", index: 1e9 }], /index 1000000000/],
    ["no column", [], /no column is given for input x/],
  ])("refuses a signature with %s", (_, places, message) => {
    const columns = places.map((place, at) => ({
      name: `c${at}`,
      kind: "number" as const,
      ...place,
    }));
    expect(() => bindInputs(one, { signature: { columns, outputs: [] } })).toThrow(message);
  });

  it("refuses images and half floats, and tables wider than any", () => {
    const withInput = (input: TensorDeclaration) => ({ ...one, inputs: [input] });
    const image = withInput(declare("image", [null, 3, 224, 224]));
    expect(() => bindInputs(image, {})).toThrow(/image is a tensor\(float\) of rank 4/);
    const half = withInput({ ...declare("x", [null, 3]), type: "float16" });
    expect(() => bindInputs(half, {})).toThrow(/only numbers, booleans and strings/);
    const wide = withInput(declare("x", [null, 16_000_000]));
    expect(() => signatureOf(wide)).toThrow(/takes 16000000 columns/);
  });

  it("asks for features when names do not tell", () => {
    expect(() => bindInputs(one, {})).toThrow(/does not say by its inputs' names.*x \(3 columns\)/);
  });
});

describe("a model's signature", () => {
  it("names columns, inputs and indices in the document's words", () => {
    const model = { ...one, outputs: [{ ...declare("y", ["n", 1]) }] };
    expect(signatureOf(model, ["a", "b", "c"])).toEqual({
      columns: [
        { name: "a", kind: "number", input: "x", index: 0 },
        { name: "b", kind: "number", input: "x", index: 1 },
        { name: "c", kind: "number", input: "x", index: 2 },
      ],
      outputs: [{ name: "y", type: "float", shape: [null, 1] }],
    });
    expect(signatureOf(one).columns.map(({ name }) => name)).toEqual(["x[0]", "x[1]", "x[2]"]);
  });

  it("refuses features of another number", () => {
    expect(() => signatureOf(one, ["a"])).toThrow(/takes 3 columns, but features names 1: a/);
  });
});
