import { describe, expect, it } from "vitest";
import { InputError } from "#core";
import { makeModel, makeNode, makeTensor, makeValueInfo } from "./onnx-builder.ts";
import { declaredInputs, declaredOutputs } from "./onnx-graph.ts";
import { decodeOnnx, elementTypeOf, encodeOnnx } from "./onnx-proto.ts";
import { openModel, regressor } from "./testing/sample-models.ts";

describe("a model built in memory", () => {
  it("is the same after it was written and read", () => {
    const bytes = encodeOnnx(regressor());
    expect(Buffer.compare(Buffer.from(encodeOnnx(decodeOnnx(bytes))), Buffer.from(bytes))).toBe(0);
  });

  it("keeps declarations: fixed, named and free dimensions", () => {
    const input = makeValueInfo({ name: "x", type: "double", shape: ["batch", 3, null] });
    const model = makeModel({
      name: "m",
      nodes: [],
      inputs: [input],
      outputs: [input],
      opsets: {},
    });
    const declared = [
      { name: "x", type: "double", typeName: "tensor(double)", shape: ["batch", 3, null] },
    ];
    expect(declaredInputs(decodeOnnx(encodeOnnx(model)))).toEqual(declared);
    expect(declaredOutputs(model)).toEqual(declared);
  });

  it("writes every kind of attribute with its ONNX type", () => {
    const tensor = makeTensor({ name: "t", type: "int64", shape: [1], data: [7n] });
    const node = makeNode({
      op: "Any",
      inputs: [],
      outputs: ["y"],
      attributes: {
        int: { kind: "int", value: 3 },
        float: { kind: "float", value: 0.5 },
        string: { kind: "string", value: "é" },
        tensor: { kind: "tensor", value: tensor },
        ints: { kind: "ints", values: [1, 2n] },
        floats: { kind: "floats", values: [0.25, 4] },
        strings: { kind: "strings", values: ["a", "b"] },
      },
    });
    const read = Object.fromEntries(node.attribute.map((one) => [one.name, one]));
    // AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, TENSOR 4, FLOATS 6, INTS 7, STRINGS 8.
    expect(node.attribute.map(({ type }) => type)).toEqual([2, 1, 3, 4, 7, 6, 8]);
    expect(read["int"]?.i).toBe(3n);
    expect(read["ints"]?.ints).toEqual([1n, 2n]);
    expect(Buffer.from(read["string"]?.s ?? []).toString()).toBe("é");
    expect(read["floats"]?.floats).toEqual([0.25, 4]);
  });

  it("writes tensors little-endian", () => {
    const raw = (type: "float" | "int64" | "int32" | "bool" | "double", data: number[]): string =>
      Buffer.from(makeTensor({ name: "t", type, shape: [1], data }).rawData).toString("hex");
    expect(raw("float", [1])).toBe("0000803f");
    expect(raw("double", [1])).toBe("000000000000f03f");
    expect(raw("int64", [-2])).toBe("feffffffffffffff");
    expect(raw("int32", [258])).toBe("02010000");
    expect(raw("bool", [1])).toBe("01");
  });

  it("refuses a tensor whose shape and data disagree", () => {
    expect(() => makeTensor({ name: "w", type: "float", shape: [2, 2], data: [1, 2, 3] })).toThrow(
      new InputError({
        code: "TENSOR_SHAPE",
        message: "Tensor w has shape [2, 2], so 4 values, but 3 were given.",
      }),
    );
  });

  it("knows no name for an element type that cannot be fed", () => {
    expect(elementTypeOf(1)).toBe("float");
    expect(elementTypeOf(14)).toBeUndefined();
  });

  it.each(["wasm", "native"] as const)("runs on the %s engine", async (engine) => {
    const model = await openModel(regressor(), { engine });
    const data = Float32Array.of(1, 2, 3, 4);
    const { y } = await model.run({ x: { type: "float", dims: [2, 2], data } });
    // 2·1 − 2 + 0.5 and 2·3 − 4 + 0.5.
    expect(y?.data).toEqual(Float32Array.of(0.5, 2.5));
    await model.close();
  });
});
