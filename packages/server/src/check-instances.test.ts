import { describe, expect, it } from "vitest";
import { createInstanceChecker } from "./check-instances.ts";
import { servedColumns } from "./columns.ts";

const input = (name: string, type: "float" | "double" | "string" | "int64" | "bool") => ({
  name,
  type,
  typeName: `tensor(${type})`,
  shape: [null, 1],
});

const columns = servedColumns(
  {
    columns: [
      { name: "wind", kind: "number", input: "wind", index: 0 },
      { name: "place", kind: "text", input: "place", index: 0 },
      { name: "count", kind: "integer", input: "count", index: 0 },
      { name: "wet", kind: "boolean", input: "wet", index: 0 },
      { name: "day", kind: "date", input: "day", index: 0 },
    ],
    outputs: [],
  },
  {
    inputs: [
      input("wind", "float"),
      input("place", "string"),
      input("count", "int64"),
      input("wet", "bool"),
      input("day", "double"),
    ],
  },
);
const check = createInstanceChecker(columns);
const good = { wind: 1.5, place: "Oslo", count: 3, wet: true, day: "2024-02-29" };

function messagesOf(...instances: unknown[]): string[] {
  return check(instances).map(({ row, column, message }) => `${row} ${column}: ${message}`);
}

describe("createInstanceChecker", () => {
  it("finds no fault in values of the right kinds", () => {
    expect(messagesOf(good, { ...good, wind: null, place: null, day: null })).toEqual([]);
  });

  it("takes whole numbers for text, and booleans for numbers, as the scorer does", () => {
    expect(messagesOf({ ...good, place: 98101, wind: true })).toEqual([]);
  });

  it("names the row, the column, what was expected and what was found", () => {
    expect(messagesOf(good, { ...good, wind: "warm" })).toEqual([
      '1 wind: expected a number or null, found "warm"',
    ]);
  });

  it("reports every fault of every row", () => {
    expect(
      messagesOf({ ...good, count: 1.5, wet: "yes" }, { ...good, place: 0.5, day: 3 }),
    ).toEqual([
      "0 count: expected a whole number from -9007199254740991 to 9007199254740991, found 1.5",
      '0 wet: expected true or false, found "yes"',
      "1 place: expected text or null, found 0.5",
      "1 day: expected an ISO 8601 date such as 2024-02-29, or null, found 3",
    ]);
  });

  it("refuses null where the input can hold no missing value", () => {
    expect(messagesOf({ ...good, count: null })).toHaveLength(1);
  });

  it("refuses a number that a 32-bit float cannot hold", () => {
    expect(messagesOf({ ...good, wind: 1e39 })).toEqual([
      "0 wind: expected a number or null, found 1e+39",
    ]);
  });

  it("tells a missing column from an unknown one and names the nearest", () => {
    const { wind, ...rest } = good;
    expect(messagesOf({ ...rest, wnid: wind })).toEqual([
      "0 wind: is missing: expected a number or null",
      "0 wnid: is no column of this model: did you mean wind?",
    ]);
  });

  it("lists the model's columns where none is near", () => {
    expect(messagesOf({ ...good, zzzzzzzzzz: 1 })).toEqual([
      "0 zzzzzzzzzz: is no column of this model: the model takes wind, place, count, wet, day",
    ]);
  });

  it.each([5, null, "text", [1, 2], true])("refuses the row %j, which is no object", (row) => {
    expect(check([row])).toMatchObject([{ kind: "row", row: 0, column: null }]);
  });

  it("does not take what every object inherits for a value", () => {
    const checkOdd = createInstanceChecker(
      servedColumns(
        {
          columns: [{ name: "constructor", kind: "text", input: "constructor", index: 0 }],
          outputs: [],
        },
        { inputs: [input("constructor", "string")] },
      ),
    );
    expect(checkOdd([{}])).toMatchObject([{ kind: "missing", column: "constructor" }]);
    expect(checkOdd([{ constructor: "a" }])).toEqual([]);
    expect(checkOdd([JSON.parse('{"constructor":"a","__proto__":1}')])).toMatchObject([
      { kind: "unknown", column: "__proto__" },
    ]);
  });

  it("lists at most a hundred faults, however many rows are wrong", () => {
    expect(check(Array.from({ length: 5000 }, () => ({})))).toHaveLength(100);
  });

  it("names a deeply nested value without writing it out", () => {
    const nested: unknown = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    expect(messagesOf({ ...good, wind: nested })).toEqual([
      "0 wind: expected a number or null, found a list",
    ]);
  });
});
