import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRuns, readVarint } from "./parquet-runs.ts";

/** Packs values of `width` bits, least significant bit first, eight at a time. */
function packBits(values: readonly number[], width: number): number[] {
  const padded = [...values, ...Array.from({ length: (8 - (values.length % 8)) % 8 }, () => 0)];
  const bits = padded.flatMap((value) =>
    Array.from({ length: width }, (_, bit) => (value >> bit) & 1),
  );
  const bytes = Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((byte, bit, place) => byte | (bit << place), 0),
  );
  return [(padded.length / 8) * 2 + 1, ...bytes];
}

describe("decodeRuns", () => {
  // The example of the Parquet format's documentation: 0 to 7 in three bits each.
  it("unpacks the format's own example", () => {
    const bytes = Uint8Array.of(0b0000_0011, 0b1000_1000, 0b1100_0110, 0b1111_1010);
    const output = new Int32Array(8);
    expect(decodeRuns({ bytes, offset: 0 }, 4, 3, output)).toBe(true);
    expect([...output]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("reads back packed and repeated runs of any width", () => {
    const run = (width: number): fc.Arbitrary<{ bytes: number[]; values: number[] }> => {
      const value = fc.nat({ max: 2 ** width - 1 });
      return fc.oneof(
        fc
          .array(value, { minLength: 8, maxLength: 8 })
          .map((values) => ({ bytes: packBits(values, width), values })),
        fc.tuple(value, fc.integer({ min: 1, max: 60 })).map(([repeated, count]) => ({
          bytes: [
            count * 2,
            ...Array.from({ length: (width + 7) >> 3 }, (_, i) => (repeated >> (8 * i)) & 0xff),
          ],
          values: Array.from({ length: count }, () => repeated),
        })),
      );
    };
    const runs = fc
      .integer({ min: 1, max: 24 })
      .chain((width) =>
        fc.tuple(fc.constant(width), fc.array(run(width), { minLength: 1, maxLength: 6 })),
      );
    fc.assert(
      fc.property(runs, ([width, list]) => {
        const bytes = Uint8Array.from(list.flatMap((entry) => entry.bytes));
        const values = list.flatMap((entry) => entry.values);
        const output = new Int32Array(values.length);
        expect(decodeRuns({ bytes, offset: 0 }, bytes.length, width, output)).toBe(true);
        expect([...output]).toEqual(values);
      }),
    );
  });

  it("says when the runs end too early", () => {
    expect(decodeRuns({ bytes: Uint8Array.of(4, 1), offset: 0 }, 2, 1, new Int32Array(3))).toBe(
      false,
    );
  });
});

describe("readVarint", () => {
  it("reads seven bits a byte", () => {
    expect(readVarint({ bytes: Uint8Array.of(0xac, 0x02), offset: 0 })).toBe(300);
  });
});
