import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleShapley, type CellFunction } from "./sampled-shapley.ts";

/** A function of the cells `data[column][row]`. */
function gameOf(
  data: readonly (readonly number[])[],
  output: (cells: readonly number[]) => readonly number[],
): CellFunction & { readonly largestBatch: () => number } {
  let largest = 0;
  return {
    columns: data.length,
    isSame: (column, left, right) => data[column]?.[left] === data[column]?.[right],
    evaluate: (sources) => {
      const count = sources[0]?.length ?? 0;
      largest = Math.max(largest, count);
      const rows = Array.from({ length: count }, (_, at) =>
        output(sources.map((source, column) => data[column]?.[source[at] ?? 0] ?? 0)),
      );
      const width = rows[0]?.length ?? 0;
      return Promise.resolve(
        Array.from({ length: width }, (_, k) => Float64Array.from(rows, (row) => row[k] ?? 0)),
      );
    },
    largestBatch: () => largest,
  };
}

const cell = fc.integer({ min: -4, max: 4 });
const someData = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 3, max: 12 }))
  .chain(([columns, rows]) =>
    fc.array(fc.array(cell, { minLength: rows, maxLength: rows }), {
      minLength: columns,
      maxLength: columns,
    }),
  );
const rowsOf = (data: readonly (readonly number[])[]): number[] => [...(data[0]?.keys() ?? [])];

/** Interacting, with two outputs; the last column is not read. */
const crooked = (cells: readonly number[]): readonly number[] => {
  const read = cells.slice(0, -1);
  const product = read.reduce((value, one) => value * (1 + one / 5), 1);
  return [product, Math.sin(product) + (read[0] ?? 0)];
};

describe("sampled Shapley values", () => {
  it("add up to the output, whatever the function, and give 0 to a column it does not read", async () => {
    await fc.assert(
      fc.asyncProperty(someData, fc.nat(), fc.nat({ max: 20 }), async (data, seed, samples) => {
        const rows = rowsOf(data);
        const background = rows.slice(0, -1);
        const { base, values } = await sampleShapley(gameOf(data, crooked), {
          rows,
          background,
          samples,
          seed,
        });
        rows.forEach((row) => {
          const cells = data.map((column) => column[row] ?? 0);
          crooked(cells).forEach((output, k) => {
            const sum = (values[k] ?? []).reduce(
              (total, ofColumn) => total + ofColumn[row]!,
              base[k]!,
            );
            expect(sum).toBeCloseTo(output, 9);
            expect(values[k]?.at(-1)?.[row]).toBe(0);
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it("are exactly weight × (cell − mean of the background) for a linear function", async () => {
    const data = [
      [1, 2, 3, 10],
      [5, 5, 8, 0],
      [0, 1, 1, 1],
    ];
    const weights = [2, -3, 0.5];
    const linear = gameOf(data, (cells) => [
      cells.reduce((sum, one, at) => sum + one * (weights[at] ?? 0), 7),
    ]);
    const { base, values, error } = await sampleShapley(linear, {
      rows: [3],
      background: [0, 1, 2],
      samples: 6,
      seed: 1,
    });
    expect(base[0]).toBeCloseTo(7 + 2 * 2 - 3 * 6 + 0.5 * (2 / 3), 12);
    expect(values[0]?.[0]?.[0]).toBeCloseTo(2 * (10 - 2), 12);
    expect(values[0]?.[1]?.[0]).toBeCloseTo(-3 * (0 - 6), 12);
    expect(values[0]?.[2]?.[0]).toBeCloseTo(0.5 * (1 - 2 / 3), 12);
    // The background rows differ, and with them a pair's changes.
    expect(error).toBeGreaterThan(0);
  });

  it("share a product of two cells equally, by symmetry of the pairs", async () => {
    const data = [
      [0, 3],
      [0, 3],
      [4, 1],
    ];
    const product = gameOf(data, ([a = 0, b = 0]) => [a * b]);
    const { values, error } = await sampleShapley(product, {
      rows: [1],
      background: [0],
      samples: 4,
      seed: 5,
    });
    expect(values[0]?.map((column) => column[0])).toEqual([4.5, 4.5, 0]);
    expect(error).toBe(0);
  });

  it("come within four standard errors of the exact values, which brute force gives", async () => {
    const data = [
      [0, 1, 2, -1],
      [0, -1, 1, 2],
      [0, 2, 2, 1],
      [0, 1, -2, 3],
    ];
    const output = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]) => [
      a * b + b * c * d + a * d * d,
    ];
    const orders = permute([0, 1, 2, 3]);
    const exact = data.map(() => 0);
    for (const order of orders) {
      const cells = data.map((column) => column[0] ?? 0);
      for (const column of order) {
        const [before = 0] = output(cells);
        cells[column] = data[column]?.[3] ?? 0;
        exact[column] = (exact[column] ?? 0) + ((output(cells)[0] ?? 0) - before) / orders.length;
      }
    }
    const { values, error } = await sampleShapley(gameOf(data, output), {
      rows: [3],
      background: [0],
      samples: 400,
      seed: 3,
    });
    expect(error).toBeGreaterThan(0);
    exact.forEach((value, column) => {
      expect(Math.abs((values[0]?.[column]?.[0] ?? 0) - value)).toBeLessThan(4 * error);
    });
  });

  it("are the same for a seed, and other ones for another", async () => {
    const data = Array.from({ length: 5 }, (_, column) =>
      Array.from({ length: 40 }, (_, row) => ((row * (column + 3)) % 11) - 5),
    );
    const draw = (seed: number) =>
      sampleShapley(gameOf(data, crooked), {
        rows: [3, 4],
        background: rowsOf(data),
        samples: 8,
        seed,
      });
    expect(await draw(7)).toEqual(await draw(7));
    expect((await draw(7)).values).not.toEqual((await draw(8)).values);
  });

  it("keep each evaluation small, however many rows and columns there are", async () => {
    const data = Array.from({ length: 300 }, (_, column) =>
      Array.from({ length: 60 }, (_, row) => (row * 7 + column) % 13),
    );
    const game = gameOf(data, (cells) => [cells[0] ?? 0]);
    await sampleShapley(game, { rows: [0, 1, 2], background: rowsOf(data), samples: 64, seed: 1 });
    expect(game.largestBatch()).toBeLessThanOrEqual(2_000_000 / 300);
  });

  it("stop when they are told to", async () => {
    const sampling = {
      rows: [0],
      background: [1],
      samples: 4,
      seed: 1,
      signal: AbortSignal.abort(),
    };
    await expect(sampleShapley(gameOf([[1, 2]], crooked), sampling)).rejects.toThrow(/abort/i);
  });
});

function permute(values: readonly number[]): number[][] {
  return values.length <= 1
    ? [[...values]]
    : values.flatMap((first) =>
        permute(values.filter((one) => one !== first)).map((rest) => [first, ...rest]),
      );
}
