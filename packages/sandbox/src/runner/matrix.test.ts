import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCombination, expandMatrix, readStrategy } from "./matrix.ts";

describe("expandMatrix", () => {
  it("crosses the lists in their order", () => {
    expect(expandMatrix({ a: [1, 2], b: ["x", "y"] })).toEqual([
      { a: 1, b: "x" },
      { a: 1, b: "y" },
      { a: 2, b: "x" },
      { a: 2, b: "y" },
    ]);
  });

  it("follows GitHub's documented example of include", () => {
    const combinations = expandMatrix({
      fruit: ["apple", "pear"],
      animal: ["cat", "dog"],
      include: [
        { color: "green" },
        { color: "pink", animal: "cat" },
        { fruit: "apple", shape: "circle" },
        { fruit: "banana" },
        { fruit: "banana", animal: "cat" },
      ],
    });
    expect(combinations).toEqual([
      { fruit: "apple", animal: "cat", color: "pink", shape: "circle" },
      { fruit: "apple", animal: "dog", color: "green", shape: "circle" },
      { fruit: "pear", animal: "cat", color: "pink" },
      { fruit: "pear", animal: "dog", color: "green" },
      { fruit: "banana" },
      { fruit: "banana", animal: "cat" },
    ]);
  });

  it("takes out what exclude matches in part, before include", () => {
    expect(
      expandMatrix({ a: [1, 2], b: [3], exclude: [{ a: 1 }], include: [{ a: 1, b: 9 }] }),
    ).toEqual([
      { a: 2, b: 3 },
      { a: 1, b: 9 },
    ]);
  });

  it("makes one job of each include when there is nothing else", () => {
    expect(expandMatrix({ include: [{ a: 1 }, { b: 2 }] })).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it.each([
    [{ a: [] }, "matrix.a has no values"],
    [{ a: "x" }, "matrix.a must be a list"],
    [{ a: [1], exclude: [{ a: 1 }] }, "the matrix has no combination"],
    [{ a: [1], include: "x" }, "matrix.include must be a list of mappings"],
    [{ a: Array.from({ length: 257 }, (_, n) => n) }, "the matrix makes 257 jobs, more than 256"],
  ])("refuses %j", (matrix, message) => {
    expect(() => expandMatrix(matrix)).toThrow(message);
  });

  it("makes as many jobs as the product of the lists' lengths", () => {
    const list = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(expandMatrix({ a, b })).toHaveLength(a.length * b.length);
      }),
    );
  });
});

describe("readStrategy", () => {
  it("fails fast unless told otherwise, and has one job without a matrix", () => {
    expect(readStrategy(null)).toEqual({
      failFast: true,
      maxParallel: undefined,
      combinations: [{}],
    });
    expect(readStrategy({ "fail-fast": false, "max-parallel": 1, matrix: { a: [1] } })).toEqual({
      failFast: false,
      maxParallel: 1,
      combinations: [{ a: 1 }],
    });
  });
});

describe("describeCombination", () => {
  it("lists the scalars, those of nested values too", () => {
    expect(describeCombination({ a: 1, b: { c: "x", d: [true] } })).toBe("1, x, true");
  });
});
