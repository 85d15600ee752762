import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { formatDocument, type FileEntry } from "#core";
import { memoryHistory, someManifest, someRun } from "#core/testing";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

/** y = 2 a − b + bias, as a TensorFlow.js graph with its weights in two files. */
function linearGraph(bias: number): Readonly<Record<string, string | Uint8Array>> {
  const attr = { dtype: { type: "DT_FLOAT" } };
  const dim = [{ size: "-1" }, { size: "2" }];
  const document = {
    format: "graph-model",
    modelTopology: {
      node: [
        { name: "x", op: "Placeholder", attr: { ...attr, shape: { shape: { dim } } } },
        { name: "w", op: "Const", attr },
        { name: "b", op: "Const", attr },
        { name: "product", op: "MatMul", input: ["x", "w"] },
        { name: "y", op: "BiasAdd", input: ["product", "b"] },
      ],
      versions: { producer: 1395 },
    },
    weightsManifest: [
      {
        paths: ["group1-shard1of2.bin", "group1-shard2of2.bin"],
        weights: [
          { name: "w", shape: [2, 1], dtype: "float32" },
          { name: "b", shape: [1], dtype: "float32" },
        ],
      },
    ],
  };
  const weights = new Uint8Array(Float32Array.of(2, -1, bias).buffer);
  return {
    "model.json": JSON.stringify(document),
    "group1-shard1of2.bin": weights.subarray(0, 6),
    "group1-shard2of2.bin": weights.subarray(6),
  };
}

const entries = (files: ReturnType<typeof linearGraph>): FileEntry[] =>
  Object.entries(files).map(([path, content]) => ({
    path,
    role: "model",
    format: path.endsWith(".json") ? "tfjs-graph" : "weights",
    bytes: content.length,
    digest: `sha256:${"0".repeat(64)}`,
  }));

it("gates a TensorFlow.js model against the one that is in production, both with weights in several files", async () => {
  const rows = Array.from({ length: 60 }, (_, row) => ({ a: row % 7, b: row % 5, off: row % 3 }));
  const lines = rows.map(({ a, b, off }) => `${a},${b},${2 * a - b + off - 1}`);
  await workspace.write("rows.csv", ["a,b,y", ...lines].join("\n"));
  const [candidate, production] = [linearGraph(0), linearGraph(3)];
  const run = someRun({
    task: "regression",
    target: "y",
    classes: [],
    id_columns: [],
    signature: null,
    files: entries(candidate),
  });
  for (const [path, content] of Object.entries(candidate)) {
    await workspace.write(`slipway-run/${path}`, content);
  }
  await workspace.write("slipway-run/run.json", formatDocument(run));
  const history = memoryHistory({
    versions: [{ manifest: someManifest({ run, files: run.files }), files: production }],
    stages: [["production", "v1.0.0"]],
    write: async (path, content) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
  });
  const { document } = await workspace.gate(
    {
      data: "rows.csv",
      features: "a\nb",
      target: "y",
      thresholds: "mae <= 0.7\nmae <= production - 1",
      resamples: "200",
    },
    { history },
  );
  // Off by −1, 0 and 1 in turn; production is 3 too high: 4, 3 and 2 in turn.
  expect(document.metrics["mae"]?.value).toBeCloseTo(2 / 3, 6);
  expect(document.differences?.["mae"]?.value).toBeCloseTo(2 / 3 - 3, 6);
  expect(document.verdict).toBe("pass");
  expect(await workspace.read("slipway-run/report.md")).toContain("in process (tfjs)");
});
