import { describe, expect, it } from "vitest";
import { createLabelReader, settleClasses } from "./class-codes.ts";

const read = (
  labels: BigInt64Array | readonly string[],
  keys: readonly string[] | null,
): unknown => {
  const known = keys === null ? null : { classes: keys, keys };
  const reader = createLabelReader(labels.length, known, "m.onnx");
  reader.append(labels, { start: 0, count: labels.length });
  const { classes, codes } = reader.finish();
  return Array.from(codes, (code) => classes[code]);
};

describe("reading labels", () => {
  it("finds whole-number classes by value, not by place", () => {
    expect(read(BigInt64Array.of(7n, -1n, 7n), ["-1", "7"])).toEqual(["7", "-1", "7"]);
  });

  it("takes a number as the place of a class that has a name", () => {
    expect(read(BigInt64Array.of(1n, 0n), ["no", "yes"])).toEqual(["yes", "no"]);
  });

  it("refuses a label that is no class", () => {
    expect(() => read(BigInt64Array.of(3n), ["0", "1"])).toThrow(/label 3.*classes 0, 1/);
    expect(() => read(BigInt64Array.of(2n), ["no", "yes"])).toThrow(/label 2/);
    expect(() => read(["maybe"], ["no", "yes"])).toThrow(/label maybe/);
  });

  it("sorts the classes that it has to find, text by letters", () => {
    expect(read(["b", "a", "b"], null)).toEqual(["b", "a", "b"]);
  });
});

describe("settling the classes", () => {
  const settle = (
    own: readonly string[] | null,
    given: readonly string[] | undefined,
    count: number | null,
  ) => settleClasses({ own, given, count }, "m.onnx");

  it("counts where nobody names them", () => {
    expect(settle(null, undefined, 3)?.classes).toEqual(["0", "1", "2"]);
    expect(settle(null, undefined, null)).toBeNull();
  });

  it("lets the caller name what the model counts", () => {
    expect(settle(["0", "1"], ["benign", "malignant"], 2)).toEqual({
      classes: ["benign", "malignant"],
      keys: ["0", "1"],
    });
  });

  it("refuses scores of another number than classes", () => {
    expect(() => settle(["a", "b", "c"], undefined, 2)).toThrow(/a, b, c and 2 scores a row/);
  });
});
