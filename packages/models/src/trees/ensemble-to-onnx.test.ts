import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "#stats";
import type { EngineKind } from "../engine.ts";
import { loadModel } from "../load-model.ts";
import { encodeOnnx } from "../onnx-proto.ts";
import { randomEnsemble, randomRow } from "../testing/random-trees.ts";
import { ensembleToOnnx } from "./ensemble-to-onnx.ts";
import { computeMargins, type TreeEnsemble } from "./tree-ensemble.ts";

async function runOnnx(
  ensemble: TreeEnsemble,
  rows: readonly (readonly number[])[],
  engine: EngineKind,
): Promise<readonly number[]> {
  const bytes = encodeOnnx(ensembleToOnnx(ensemble));
  // Several threads would add up the trees in another order.
  const model = await loadModel({ bytes, fileName: "trees.onnx", engine, threads: 1 });
  const type = ensemble.precision;
  const data = type === "float" ? Float32Array.from(rows.flat()) : Float64Array.from(rows.flat());
  const outputs = await model.run({
    features: { type, dims: [rows.length, ensemble.features], data },
  });
  await model.close();
  const values = outputs["value"] ?? outputs["scores"];
  return Array.from((values?.data ?? []) as Float64Array);
}

describe("trees as ONNX", () => {
  it.each([
    ["float", "wasm"],
    ["double", "wasm"],
    ["float", "native"],
    ["double", "native"],
  ] as const)(
    "answer any row as the trees themselves do, to the last bit (%s, %s)",
    async (precision, engine) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 3 }), async (seed, outputs) => {
          const random = createRandom(seed);
          const facts = { features: 5, categorical: 2, depth: 5, precision };
          const ensemble = randomEnsemble(random, { ...facts, trees: 4 * outputs, outputs });
          const rows = Array.from({ length: 60 }, () => randomRow(random, facts));
          const own = rows.flatMap((row) => [...computeMargins(ensemble, row)]);
          expect(await runOnnx(ensemble, rows, engine)).toEqual(own);
        }),
        { numRuns: 12 },
      );
    },
  );

  it("round codes between whole numbers as each library does, and take a negative for none", async () => {
    const random = createRandom(5);
    for (const precision of ["float", "double"] as const) {
      const facts = { features: 1, categorical: 1, depth: 3, precision };
      const ensemble = randomEnsemble(random, { ...facts, trees: 6, outputs: 1 });
      const rows = [[-0.5], [0.5], [3.99], [-1], [-7], [40.2], [1e9], [Number.NaN]];
      const own = rows.flatMap((row) => [...computeMargins(ensemble, row)]);
      expect(await runOnnx(ensemble, rows, "wasm")).toEqual(own);
    }
  });

  it("answer without any tree", async () => {
    const empty = randomEnsemble(createRandom(1), {
      features: 2,
      categorical: 0,
      depth: 1,
      precision: "double",
      trees: 0,
      outputs: 1,
    });
    expect(await runOnnx(empty, [[1, 2]], "wasm")).toEqual([empty.base[0]]);
  });
});
