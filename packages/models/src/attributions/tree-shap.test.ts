import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "#stats";
import { randomEnsemble, randomRow } from "../testing/random-trees.ts";
import {
  computeMargins,
  LEAF,
  testHolds,
  type Tree,
  type TreeEnsemble,
} from "../trees/tree-ensemble.ts";
import { coverByRows } from "./cover.ts";
import { gaussLegendre } from "./quadrature.ts";
import { explainTrees } from "./tree-shap.ts";

/** What a tree says of a row when only the features in `known` take part: the others go both ways, by cover. */
function expectTree(
  tree: Tree,
  row: readonly number[],
  known: ReadonlySet<number>,
  rounding: TreeEnsemble["categoryRounding"],
): number {
  const visit = (node: number): number => {
    const feature = tree.feature[node]!;
    if (feature === LEAF) return tree.values[node]!;
    const [holds, fails] = [tree.holds[node]!, tree.fails[node]!];
    if (known.has(feature))
      return visit(testHolds(tree, node, { value: row[feature]!, rounding }) ? holds : fails);
    const [left, right, whole] = [holds, fails, node].map((one) => tree.cover![one]!) as [
      number,
      number,
      number,
    ];
    return (left * visit(holds) + right * visit(fails)) / whole;
  };
  return visit(0);
}

/** Shapley values by their definition, over all sets of features. */
function bruteForce(
  { trees, features, base, categoryRounding }: TreeEnsemble,
  row: readonly number[],
  output: number,
): number[] {
  const valueOf = (known: ReadonlySet<number>): number =>
    trees
      .filter((tree) => tree.outputs[0] === output)
      .reduce((sum, tree) => sum + expectTree(tree, row, known, categoryRounding), base[output]!);
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  return Array.from({ length: features }, (_, feature) => {
    let sum = 0;
    for (let set = 0; set < 2 ** features; set += 1) {
      if (((set >> feature) & 1) === 1) continue;
      const known = new Set(
        Array.from({ length: features }, (__, one) => one).filter(
          (one) => ((set >> one) & 1) === 1,
        ),
      );
      const weight =
        (factorial(known.size) * factorial(features - known.size - 1)) / factorial(features);
      sum += weight * (valueOf(new Set([...known, feature])) - valueOf(known));
    }
    return sum;
  });
}

const someEnsemble = fc.record({
  seed: fc.nat(),
  outputs: fc.integer({ min: 1, max: 2 }),
  depth: fc.integer({ min: 0, max: 5 }),
});

describe("exact values of trees", () => {
  it("are the Shapley values of the path-dependent expectation, by brute force over all sets", async () => {
    await fc.assert(
      fc.asyncProperty(someEnsemble, async ({ seed, outputs, depth }) => {
        const random = createRandom(seed);
        const facts = { features: 5, categorical: 2, depth, precision: "double" as const };
        const ensemble = randomEnsemble(random, { ...facts, trees: 2 * outputs, outputs });
        const rows = [randomRow(random, facts), randomRow(random, facts)];
        const { values } = await explainTrees(ensemble, rows);
        rows.forEach((row, at) => {
          for (let output = 0; output < outputs; output += 1) {
            bruteForce(ensemble, row, output).forEach((expected, feature) => {
              expect(values[output]?.[feature]?.[at]).toBeCloseTo(expected, 9);
            });
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  it("add up to the margins with their average, deep trees and zero covers too, and give 0 to a feature that no split reads", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.boolean(), async (seed, isCounted) => {
        const random = createRandom(seed);
        const facts = { features: 12, categorical: 3, depth: 11, precision: "double" as const };
        const drawn = randomEnsemble(random, { ...facts, trees: 3, outputs: 1 });
        const rows = Array.from({ length: 5 }, () => randomRow(random, facts));
        const wider = { ...drawn, features: 13 };
        // A few rows leave most nodes without any cover.
        const ensemble = isCounted ? coverByRows(wider, rows.slice(0, 2)) : wider;
        const { base, values } = await explainTrees(ensemble, rows);
        rows.forEach((row, at) => {
          const sum = values[0]!.reduce((total, ofFeature) => total + ofFeature[at]!, base[0]!);
          expect(sum).toBeCloseTo(computeMargins(ensemble, row)[0]!, 8);
          expect(values[0]?.[12]?.[at]).toBe(0);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("give two features the same where the tree treats them the same", async () => {
    // a > 0 and b > 0 gives 8, else 0; half the cover goes each way.
    const tree: Tree = {
      outputs: Int32Array.of(0),
      feature: Int32Array.of(0, LEAF, 1, LEAF, LEAF),
      test: Uint8Array.of(0, 0, 0, 0, 0),
      threshold: new Float64Array(5),
      holds: Int32Array.of(1, 0, 3, 0, 0),
      fails: Int32Array.of(2, 0, 4, 0, 0),
      missing: new Uint8Array(5),
      members: new Map(),
      values: Float64Array.of(0, 0, 0, 0, 8),
      cover: Float64Array.of(4, 2, 2, 1, 1),
    };
    const drawn = randomEnsemble(createRandom(1), {
      features: 2,
      categorical: 0,
      depth: 1,
      precision: "double",
      trees: 0,
      outputs: 1,
    });
    const ensemble = { ...drawn, base: Float64Array.of(0), trees: [tree] };
    const { base, values } = await explainTrees(ensemble, [[1, 1]]);
    expect(base[0]).toBe(2);
    expect(values[0]?.[0]?.[0]).toBeCloseTo(3, 12);
    expect(values[0]?.[1]?.[0]).toBeCloseTo(3, 12);
  });

  it("stop when they are told to", async () => {
    const drawn = randomEnsemble(createRandom(1), {
      features: 2,
      categorical: 0,
      depth: 1,
      precision: "double",
      trees: 1,
      outputs: 1,
    });
    await expect(explainTrees(drawn, [[1, 1]], AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe("the Gauss–Legendre rule", () => {
  it("integrates powers up to twice its points exactly", () => {
    for (const count of [1, 2, 3, 8, 25]) {
      const { points, weights } = gaussLegendre(count);
      for (let power = 0; power < 2 * count; power += 1) {
        const sum = points.reduce((total, point, at) => total + weights[at]! * point ** power, 0);
        expect(sum).toBeCloseTo(1 / (power + 1), 13);
      }
    }
  });
});
