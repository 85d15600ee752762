/**
 * What is drawn in place of rows (sums, influences, bins) against the law that it must have.
 */
import { describe, expect, test } from "vitest";
import type { MeanKernel } from "../metrics/kernel.ts";
import { createRandom, type Random } from "../random/generator.ts";
import { drawMultinomial } from "../random/multinomial.ts";
import { normalQuantile } from "../special/normal.ts";
import { drawBins } from "./binned.ts";
import { compareOnRows } from "./comparison.ts";
import { planOf } from "./interval.ts";
import { drawByInfluence } from "./linear.ts";
import { drawMeansByNormal, momentsOfRows, momentsOfUnits, sumsByUnit } from "./means.ts";
import { resample } from "./resampling.ts";
import {
  rows,
  clusters,
  weights,
  classifier,
  binary,
  regression,
  close,
  plain,
} from "./testing/definition.ts";

const random = createRandom(11);

test("a row whose number is infinite counts only in the resamples that draw it", () => {
  const losses = Float64Array.from({ length: 30 }, (_, i) => (i === 4 ? Infinity : i / 30));
  const kernel: MeanKernel = { kind: "means", rows: [losses], combine: (means) => means[0]! };
  const plan = planOf([kernel], regression[0], { resamples: 300, seed: 3 });
  const { draws } = resample({ ...plan, rowCount: 30 });
  const finite = draws.filter((value) => Number.isFinite(value)).length;
  // A row is left out of a resample with the chance (29 / 30)^30 = 0.36.
  expect(finite).toBeGreaterThan(75);
  expect(finite).toBeLessThan(145);
  expect(draws.filter((value) => value === Infinity)).toHaveLength(300 - finite);
});

describe("the normal limit of means", () => {
  const columns = [0, 1].map((k) =>
    Float64Array.from({ length: rows }, (_, i) => (i % 5) + k * random.normal()),
  );
  const kernels = [
    { kind: "means", rows: columns, combine: ([a, b]: ArrayLike<number> & number[]) => a! / b! },
  ] as unknown as Parameters<typeof sumsByUnit>[0];

  /** A generator whose normals are 0 but for one. */
  function unitNormals(place: number): Random {
    let at = 0;
    return { ...createRandom(1), normal: () => Number(at++ === place) };
  }

  test.each([
    { title: "rows", clusters: undefined, weights: undefined },
    { title: "weighted rows", clusters: undefined, weights },
    { title: "weighted clusters", clusters, weights },
  ])("has the mean and the covariance of what $title add", (asked) => {
    const units = asked.clusters === undefined ? rows : 7;
    const added = Array.from({ length: units }, (_, unit) => {
      const sums = [0, 0, 0];
      for (let i = 0; i < rows; i++) {
        if ((asked.clusters?.[i] ?? i) !== unit) continue;
        const weight = asked.weights?.[i] ?? 1;
        [1, columns[0]![i]!, columns[1]![i]!].forEach((value, k) => (sums[k]! += weight * value));
      }
      return sums;
    });
    const means = [0, 1, 2].map((k) => added.reduce((sum, one) => sum + one[k]!, 0) / units);
    const covariance = (j: number, k: number): number =>
      added.reduce((sum, one) => sum + (one[j]! - means[j]!) * (one[k]! - means[k]!), 0) / units;
    const moments =
      asked.clusters === undefined
        ? momentsOfRows(kernels, rows, asked.weights)
        : momentsOfUnits(sumsByUnit(kernels, { rowCount: rows, ...asked }));
    expect(Array.from(moments.means)).toEqual(means.map(close));
    // Each unit normal moves the sums by a column of the covariance's root, times sqrt(units).
    const roots = [0, 1, 2].map((place) =>
      Array.from(
        drawMeansByNormal(moments, unitNormals(place))(),
        (sum, k) => sum - units * means[k]!,
      ),
    );
    for (let j = 0; j < 3; j++)
      for (let k = 0; k < 3; k++)
        expect(roots.reduce((sum, root) => sum + root[j]! * root[k]!, 0)).toBeCloseTo(
          units * covariance(j, k),
          8,
        );
  });
});

describe("the law by influences", () => {
  test.each([
    { title: "rows", clusters: undefined },
    { title: "clusters", clusters },
  ])("is normal with the sum of squared influences of $title", (asked) => {
    const influences = [3, 1].map((value) => {
      const raw = Float64Array.from({ length: rows }, () => random.normal());
      return { value, rows: raw };
    });
    for (const count of [1, 2]) {
      const some = influences.slice(0, count);
      const draws = drawByInfluence({
        influences: some,
        statistic: ([a, b = 0]) => 2 * a! - b + 5,
        clusters: asked.clusters,
        resamples: 9,
      });
      const moves = new Map<number, number>();
      for (let i = 0; i < rows; i++) {
        const unit = asked.clusters?.[i] ?? i;
        const own = 2 * some[0]!.rows[i]! - (some[1]?.rows[i] ?? 0);
        moves.set(unit, (moves.get(unit) ?? 0) + own);
      }
      const variance = [...moves.values()].reduce((sum, move) => sum + move * move, 0);
      const centre = count === 1 ? 11 : 10;
      expect(Array.from(draws)).toEqual(
        Array.from({ length: 9 }, (_, b) =>
          close(centre + Math.sqrt(variance) * normalQuantile((b + 0.5) / 9)),
        ),
      );
    }
  });
});

describe("what was drawn for one pair", () => {
  test("is not taken for another one, nor for other options", () => {
    const [candidate, reference] = binary;
    const third = classifier("binary", random);
    const of = (more: object): unknown => {
      const { low, high, resamples } = compareOnRows({
        metric: { name: "f1" },
        candidate,
        reference,
        ...plain,
        ...more,
      });
      return [low, high, resamples];
    };
    const first = of({});
    const others = [
      { reference: third },
      { clusters },
      { seed: 10 },
      { resamples: 151 },
      { confidence: 0.5 },
      { interval: "percentile" },
      { metric: { name: "precision" } },
      { metric: { name: "f_beta", argument: "3" } },
    ];
    for (const other of others) expect(of(other)).not.toEqual(first);
    expect(of({ nullDifference: 0.2 })).toEqual(first);
    expect(of({})).toEqual(first);
  });
});

describe("the draws of bins", () => {
  const bins = 2;
  const size = 60;
  const models = [0, 1].map(() => {
    const confidences = Float64Array.from({ length: size }, () => random.uniform());
    const cells = Uint16Array.from(confidences, (p, i) => 2 * Math.floor(p * bins) + (i % 2));
    return { binCount: bins, cells, confidences };
  });

  /** Gaps of each model's bins in the first draw, with one normal that is not 0. */
  function gapsWith(place: number): { readonly gaps: number[][]; readonly held: number[][] } {
    let at = 0;
    const fixed: Random = { ...createRandom(3), normal: () => Number(at++ === place) };
    const held: number[][] = [];
    const gaps: number[][] = [];
    const kernels = models.map((binned, k) => ({
      binned,
      combine: (sums: { gaps: Float64Array; rows: Float64Array }) => {
        gaps[k] = Array.from(sums.gaps);
        held[k] = Array.from(sums.rows);
        return 0;
      },
    }));
    drawBins(kernels, fixed)();
    return { gaps, held };
  }

  test("count rows exactly, and move confidences as much as those of a cell spread", () => {
    const keyOf = (i: number): number => models[0]!.cells[i]! * 4 + models[1]!.cells[i]!;
    const all = Array.from({ length: size }, (_, i) => i);
    const keys = [...new Set(all.map(keyOf))].toSorted((a, b) => a - b);
    const cells = keys.map((key) => all.filter((i) => keyOf(i) === key));
    const into = new Float64Array(cells.length);
    const sizes = cells.map((cell) => cell.length);
    drawMultinomial(size, sizes, { random: createRandom(3), into });
    const mean = (cell: readonly number[], f: (i: number) => number): number =>
      cell.reduce((sum, i) => sum + f(i), 0) / cell.length;
    const binOf = (k: number, cell: readonly number[]): number => models[k]!.cells[cell[0]!]! >> 1;
    const rest = gapsWith(-1);
    for (const k of [0, 1])
      for (let bin = 0; bin < bins; bin++) {
        const own = cells.flatMap((cell, c) => (binOf(k, cell) === bin ? [{ cell, c }] : []));
        const count = own.reduce((sum, { c }) => sum + into[c]!, 0);
        expect(rest.held[k]![bin]).toBe(count);
        const gap = own.reduce((sum, { cell, c }) => {
          const { confidences, cells: codes } = models[k]!;
          return sum + into[c]! * mean(cell, (i) => confidences[i]! - (codes[i]! & 1));
        }, 0);
        expect(rest.gaps[k]![bin]).toBeCloseTo(gap, 10);
      }
    const moves = Array.from({ length: 2 * cells.length }, (_, place) =>
      gapsWith(place).gaps.map((gaps, k) => gaps.map((gap, bin) => gap - rest.gaps[k]![bin]!)),
    );
    for (const [j, k] of [
      [0, 0],
      [0, 1],
      [1, 1],
    ] as const)
      for (let first = 0; first < bins; first++)
        for (let second = 0; second < bins; second++) {
          const found = moves.reduce((sum, move) => sum + move[j]![first]! * move[k]![second]!, 0);
          const expected = cells.reduce((sum, cell, c) => {
            if (binOf(j, cell) !== first || binOf(k, cell) !== second) return sum;
            const [x, y] = [models[j]!.confidences, models[k]!.confidences];
            const product = mean(cell, (i) => x[i]! * y[i]!);
            return sum + into[c]! * (product - mean(cell, (i) => x[i]!) * mean(cell, (i) => y[i]!));
          }, 0);
          expect(found).toBeCloseTo(expected, 9);
        }
  });
});
