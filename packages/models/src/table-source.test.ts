import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BoundInput, InputBinding } from "./bind-inputs.ts";
import { createObjectSource } from "./object-source.ts";
import { createTableSource } from "./table-source.ts";
import { numberColumn, tableOf, textColumn } from "./testing/sample-models.ts";

const bind = (...inputs: BoundInput[]): InputBinding => ({ fileName: "m.onnx", inputs });

describe("a window of rows", () => {
  const binding = bind(
    { name: "x", type: "float", rank: 2, columns: ["b", "a"] },
    { name: "n", type: "int64", rank: 1, columns: ["a"] },
    { name: "s", type: "string", rank: 2, columns: ["t"] },
  );
  const expected = {
    x: { type: "float", dims: [4, 2], data: Float32Array.of(20, 2, 30, 3, 30, 3, 30, 3) },
    n: { type: "int64", dims: [4], data: BigInt64Array.of(2n, 3n, 3n, 3n) },
    s: { type: "string", dims: [4, 1], data: ["v", "u", "u", "u"] },
  };
  const window = { start: 1, count: 2, paddedTo: 4 };

  it("is row-major, in the inputs' column order, padded with its last row", () => {
    const table = tableOf(
      numberColumn("a", [1, 2, 3]),
      numberColumn("b", [10, 20, 30]),
      textColumn("t", ["u", "v", "u"]),
    );
    expect(createTableSource(binding, table).feed(window)).toEqual(expected);
  });

  it("is the same from named rows", () => {
    const rows = [
      { a: 1, b: 10, t: "u" },
      { a: 2, b: 20, t: "v" },
      { a: 3, b: 30, t: "u" },
    ];
    expect(createObjectSource(binding, rows).feed(window)).toEqual(expected);
  });

  it("is a part of the whole, whatever its place", () => {
    const cells = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(cells, fc.nat(), fc.nat(), (values, from, size) => {
        const rows = values.length;
        const table = tableOf(
          numberColumn("a", values),
          numberColumn(
            "b",
            values.map((v) => -v),
          ),
        );
        const wide = bind({ name: "x", type: "double", rank: 2, columns: ["a", "b"] });
        const source = createTableSource(wide, table);
        const start = from % rows;
        const count = 1 + (size % (rows - start));
        const part = source.feed({ start, count, paddedTo: count });
        const whole = source.feed({ start: 0, count: rows, paddedTo: rows });
        const data = whole["x"]?.data as Float64Array;
        const cut = data.slice(start * 2, (start + count) * 2);
        expect(part["x"]?.data).toEqual(cut);
      }),
    );
  });

  it("names a column that is not in the data", () => {
    const one = bind({ name: "x", type: "float", rank: 2, columns: ["zz"] });
    expect(() => createTableSource(one, tableOf(numberColumn("a", [1])))).toThrow(/input x is not/);
  });
});
