import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  evaluationSchema,
  goldenCaseSchema,
  parseDocument,
  profileSchema,
  type GoldenCase,
} from "#core";
import { readTable } from "#data";
import { createRowScorer, decodeOnnx, encodeOnnx, loadModel } from "#models";
import { fixture, openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = { resamples: "100" };

async function goldenCases(): Promise<readonly GoldenCase[]> {
  const text = await workspace.read("slipway-run/golden.jsonl");
  return text
    .trim()
    .split("\n")
    .map((line) => parseDocument<GoldenCase>(goldenCaseSchema, line, "golden.jsonl"));
}

describe("evaluateGate", () => {
  it("passes a first version on its plain thresholds and says that nothing was compared", async () => {
    await writeWeatherRun(workspace);
    const { document } = await workspace.gate({
      ...quick,
      thresholds: "accuracy >= 0.75\nf1_macro >= production - 0.01",
    });
    expect(document).toMatchObject({
      verdict: "pass",
      reason: "Every plain threshold passed; first version: not compared.",
      baseline: null,
      rows: 862,
      judgements: [{ verdict: "pass" }, { verdict: "skipped" }],
    });
  });

  it("fails a first version that misses a plain threshold", async () => {
    await writeWeatherRun(workspace);
    const { document } = await workspace.gate({ ...quick, thresholds: "accuracy >= 0.95" });
    expect(document.verdict).toBe("fail");
    expect(document.reason).toBe("The threshold failed: accuracy >= 0.95.");
  });

  it("writes an evaluation that its schema accepts, with every metric and its interval", async () => {
    await writeWeatherRun(workspace);
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.75" });
    const text = await workspace.read("slipway-run/evaluation.json");
    const evaluation = parseDocument(evaluationSchema, text, "evaluation.json");
    expect(evaluation.metrics["accuracy"]).toMatchObject({ n: 862, method: "wilson" });
    expect(evaluation.metrics["roc_auc_ovr"]?.low).toBeLessThan(
      evaluation.metrics["roc_auc_ovr"]?.value ?? 0,
    );
    expect(evaluation.metrics["recall(rain)"]?.value).toBeGreaterThan(0.7);
    expect(evaluation.metrics["size_mb"]?.value).toBeGreaterThan(0);
    expect(evaluation.metrics["p95_ms"]?.value).toBeGreaterThan(0);
  });

  it("comes to the same when it runs twice", async () => {
    await writeWeatherRun(workspace);
    const inputs = { ...quick, thresholds: "accuracy >= 0.75\nlog_loss <= 0.7" };
    const stable = async () => {
      const { document } = await workspace.gate(inputs);
      const metrics = Object.fromEntries(
        Object.entries(document.metrics).filter(([name]) => !name.endsWith("_ms")),
      );
      const files = await Promise.all(
        ["golden.jsonl", "profile.json"].map((name) => workspace.read(`slipway-run/${name}`)),
      );
      const predictions = await readFile(join(workspace.path, "slipway-run/predictions.parquet"));
      return { metrics, judgements: document.judgements, files, predictions };
    };
    expect(await stable()).toEqual(await stable());
  });

  it("makes golden cases whose answers are exactly the server's", async () => {
    await writeWeatherRun(workspace);
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.75", engine: "wasm" });
    const cases = await goldenCases();
    expect(cases).toHaveLength(20);
    expect(cases.map(({ rows }) => rows)).toEqual(
      Array.from({ length: 20 }, (_, at) => (at % 5 === 4 ? 3 : 1)),
    );
    const model = await loadModel({
      path: join(workspace.path, "slipway-run/model.onnx"),
      engine: "wasm",
    });
    const score = createRowScorer(model);
    for (const { request, response } of cases) {
      const answered = await score(request.instances);
      if (answered.kind !== "classification") throw new Error("a classifier was expected");
      const bodies = Array.from({ length: answered.rows }, (_, row) => ({
        prediction: answered.classes[answered.labels[row] ?? 0],
        scores: Object.fromEntries(
          answered.classes.map((name, at) => [name, answered.scores[at]?.[row]]),
        ),
      }));
      expect(response.predictions).toEqual(bodies);
    }
    await model.close();
  });

  it("warns of paths of the author's machine in the model, before a version of it is published", async () => {
    const model = decodeOnnx(
      await readFile(fixture("golden/models/weather_logistic_zipmap_columns.onnx")),
      "model.onnx",
    );
    if (model.graph !== undefined) model.graph.docString = 'File "/home/ann/net.py", line 7';
    await writeWeatherRun(workspace, { model: encodeOnnx(model) });
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.75" });
    expect(workspace.log.lines.join("\n")).toMatch(
      /^1 doc strings or metadata entries .*\/home\/ann\/net\.py.*before it is published\.$/m,
    );
    expect(await workspace.read("slipway-run/report.md")).toContain("before it is published");
  });

  it("invents golden rows, and takes real ones only when asked to", async () => {
    await writeWeatherRun(workspace);
    const test = await readTable([join(workspace.path, "slipway-run/splits/test.csv")]);
    const wind = test.columns.find(({ name }) => name === "temp_max");
    const real = new Set(wind?.kind === "number" ? wind.values : []);
    const values = (cases: readonly GoldenCase[]) =>
      cases.flatMap(({ request }) => request.instances.map((row) => Number(row["temp_max"])));
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.75" });
    expect(values(await goldenCases()).every((value) => real.has(value))).toBe(false);
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.75", "golden-cases": "real" });
    expect(values(await goldenCases()).every((value) => real.has(value))).toBe(true);
  });

  it("adds predictions, scores and target of validation and test rows to the profile", async () => {
    await writeWeatherRun(workspace);
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.75" });
    const text = await workspace.read("slipway-run/profile.json");
    const { columns } = parseDocument(profileSchema, text, "profile.json");
    const test = await readTable([join(workspace.path, "slipway-run/splits/test.csv")]);
    const validation = await readTable([join(workspace.path, "slipway-run/splits/validation.csv")]);
    const n = test.rows + validation.rows;
    const find = (name: string) => columns.find((column) => column.name === name);
    expect(find("weather")).toMatchObject({ role: "label", kind: "category", n });
    expect(find("prediction")).toMatchObject({ role: "prediction", kind: "category", n });
    expect(find("score_rain")).toMatchObject({ role: "score", kind: "number", n });
    expect(find("wind")).toMatchObject({ role: "feature" });
  });

  it("uploads what it wrote under the action's artifact name", async () => {
    await writeWeatherRun(workspace);
    await workspace.gate(
      { ...quick, thresholds: "accuracy >= 0.75" },
      { canUpload: true, attempt: 2 },
    );
    expect(workspace.artifacts.uploads.map(({ name }) => name)).toEqual([
      "slipway-weather-evaluate-gate-2",
    ]);
    expect(workspace.artifacts.uploads[0]?.files.map((file) => file.split("/").at(-1))).toEqual([
      "predictions.parquet",
      "profile.json",
      "golden.jsonl",
      "report.md",
      "report.html",
      "evaluation.json",
    ]);
  });

  it("skips the upload outside of a job and says so in one line", async () => {
    await writeWeatherRun(workspace);
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.75" });
    expect(workspace.artifacts.uploads).toEqual([]);
    expect(workspace.log.lines).toContain(
      "The evaluation is not uploaded: this is no job that can store artifacts.",
    );
  });

  it("judges a model file on data without any run", async () => {
    await writeWeatherRun(workspace);
    await writeFile(join(workspace.path, "slipway-run/run.json.off"), "");
    const { document } = await workspace.gate({
      ...quick,
      "run-directory": "elsewhere",
      "model-file": "slipway-run/model.onnx",
      data: "slipway-run/splits/test.csv",
      target: "weather",
      id: "location, date",
      thresholds: "accuracy >= 0.75",
    });
    expect(document).toMatchObject({ verdict: "pass", run: null, rows: 862 });
  });

  it("judges per-row measures and the run's own metrics", async () => {
    const lines = Array.from(
      { length: 60 },
      (_, row) => `${row},${row % 2},${row % 2},${row / 100}`,
    );
    await workspace.write("p.csv", `id,label,prediction,ndcg\n${lines.join("\n")}\n`);
    const { document } = await workspace.gate({
      ...quick,
      predictions: "p.csv",
      target: "label",
      id: "id",
      thresholds: "mean(ndcg) >= 0.2\nmean(mrr) >= 0.2\nrun.loss <= 1\np95_ms <= 5\nsize_mb <= 1",
    });
    // 0 + 1 + … + 59 hundredths over 60 rows.
    expect(document.judgements[0]?.measure.value).toBeCloseTo(0.295, 12);
    expect(document.judgements.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ["pass", undefined],
      ["fail", "the predictions have no per-row number mrr; they have ndcg"],
      ["fail", "there is no run.json"],
      ["fail", "the model was not scored in this process, so its latency is not known"],
      ["fail", "there is no model file"],
    ]);
  });

  it("finds a run's metric in the part that has it", async () => {
    await writeWeatherRun(workspace, {
      record: { metrics: { train: { loss: 0.4 }, validation: { loss: 0.5, auc: 0.9 } } },
    });
    const { document } = await workspace.gate({
      ...quick,
      thresholds: "run.auc >= 0.8\nrun.validation.loss <= 0.5\nrun.loss <= 0.5",
    });
    expect(document.judgements.map(({ measure, reason }) => [measure.value, reason])).toEqual([
      [0.9, undefined],
      [0.5, undefined],
      [null, "loss stands in train and validation: write run.train.loss"],
    ]);
  });
});
