import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Column, Table } from "#core";
import { rowKeys } from "./row-keys.ts";
import { createSha256Lanes } from "./sha256-lanes.ts";

/** The key as its documentation spells it, by Node's SHA-256. */
function keyByHand(salt: string, cells: readonly (string | null)[]): bigint {
  const text = JSON.stringify([salt, ...cells]);
  return BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 16)}`);
}

describe("createSha256Lanes", () => {
  it("hashes the standard's own one-block example in every lane", () => {
    const lanes = createSha256Lanes();
    // "abc", padded: FIPS 180-4's example.
    for (let message = 0; message < 7; message++) {
      const start = (message >> 2) * 64 + (message & 3);
      for (let t = 0; t < 16; t++) lanes.words[start + 4 * t] = 0;
      lanes.words[start] = 0x61626380;
      lanes.words[start + 60] = 24;
    }
    lanes.run(7);
    for (let message = 0; message < 7; message++)
      expect([lanes.first(message), lanes.second(message)]).toEqual([0xba7816bf, 0x8f01cfea]);
  });
});

describe("rowKeys of many rows", () => {
  const rows = 3000;
  const numbers = (name: string, make: (row: number) => number, missing = 0): Column => ({
    kind: "number",
    name,
    values: Float64Array.from({ length: rows }, (_, row) => make(row)),
    missing:
      missing === 0
        ? null
        : Uint8Array.from({ length: rows }, (_, row) => Number(row % missing === 0)),
    integer: false,
  });
  const cells = (column: Column): (string | null)[] =>
    Array.from({ length: rows }, (_, row) => {
      if (column.kind === "text") return column.levels[column.codes[row] ?? -1] ?? null;
      if (column.kind === "number" && column.missing?.[row] === 1) return null;
      return String(column.values[row]);
    });

  it.each<Column>([
    numbers("whole", (row) => row * 1_000_003),
    numbers("small", (row) => row % 11),
    numbers("signed", (row) => 7 - row),
    numbers("large", (row) => 2_147_483_640 + row),
    numbers("huge", (row) => 1e300 / (row + 1)),
    numbers("fractions", (row) => row / 7),
    numbers("with gaps", (row) => row, 3),
    numbers("specials", (row) => [Number.NaN, Infinity, -Infinity, -0, 1e21][row % 5] ?? 0),
    {
      kind: "text",
      name: "texts",
      levels: Array.from({ length: 60 }, (_, k) => 'ab"c\\ü'.slice(0, 1 + (k % 6)) + "x".repeat(k)),
      codes: Int32Array.from({ length: rows }, (_, row) => (row % 61) - 1),
    },
  ])("are what the documentation says: $name", (column) => {
    const table: Table = { rows, columns: [column] };
    for (const salt of ["m", "a model of a long name, with ü", "x".repeat(70)]) {
      const keys = rowKeys(table, { id: [column.name], salt });
      expect(Array.from(keys)).toEqual(cells(column).map((cell) => keyByHand(salt, [cell])));
    }
  });

  it("are what the documentation says of ids of two columns and of whole rows", () => {
    const [first, second] = [numbers("b", (row) => row), numbers("a", (row) => row % 5, 4)];
    const table: Table = { rows, columns: [first, second] };
    const [left, right] = [cells(first), cells(second)];
    expect(Array.from(rowKeys(table, { id: ["b", "a"], salt: "m" }))).toEqual(
      left.map((cell, row) => keyByHand("m", [cell, right[row] ?? null])),
    );
    expect(Array.from(rowKeys(table, { salt: "m" }))).toEqual(
      left.map((cell, row) => keyByHand("m", ["a", right[row] ?? null, "b", cell])),
    );
  });

  it("do not depend on the length of the text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => {
        const column: Column = {
          kind: "text",
          name: "t",
          levels: [text],
          codes: new Int32Array(2000),
        };
        const [key] = rowKeys({ rows: 2000, columns: [column] }, { id: ["t"], salt: "s" });
        expect(key).toBe(keyByHand("s", [text]));
      }),
      { numRuns: 80 },
    );
  });
});
