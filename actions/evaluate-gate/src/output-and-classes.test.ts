import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  evaluationSchema,
  goldenCaseSchema,
  parseDocument,
  type Evaluation,
  type FileEntry,
  type ModelAnswers,
  type RunRecord,
} from "#core";
import { memoryHistory, someManifest, someRun } from "#core/testing";
import { loadModel, signatureOf } from "#models";
import { rawInputs } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { fixture, openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(async () => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = { resamples: "100", "error-analysis": "off", checks: "off", html: "false" };
const CLASSES = ["drizzle", "fog", "rain", "snow", "sun"];
const features = "age\nsex\nbmi\nbp\ns1\ns2\ns3\ns4\ns5\ns6";
const bandOf = (value: number): string => (value < 100 ? "low" : value < 200 ? "middle" : "high");

/** The diabetes data with its target in hundreds, as the network learnt it, and in bands. */
async function writeDiabetes(): Promise<void> {
  const text = await readFile(fixture("data/diabetes.csv"), "utf8");
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  const rows = lines.map((line) => {
    const value = Number(line.slice(line.lastIndexOf(",") + 1));
    return `${line},${value / 100},${bandOf(value)}`;
  });
  await workspace.write("rows.csv", [`${header},hundreds,band`, ...rows].join("\n"));
  await copyModel("golden/models/diabetes_mlp_two_outputs.onnx", "two.onnx");
}

async function copyModel(from: string, to: string): Promise<void> {
  await workspace.write(to, await readFile(fixture(from)));
}

const twoOutputs = {
  ...quick,
  model: "diabetes",
  "model-file": "two.onnx",
  data: "rows.csv",
  features,
  baseline: "none",
};

/** Rows of the weather data, the model that learnt it as XGBoost saves it, and no run. */
const booster = {
  ...quick,
  "model-file": "weather.ubj",
  data: "weather.csv",
  target: "weather",
  thresholds: "accuracy >= 0.75",
};

async function writeWeather(): Promise<void> {
  await copyModel("data/weather.csv", "weather.csv");
  await copyModel("trees/weather.ubj", "weather.ubj");
}

/** A release of a model file that was registered with what the gate had been told. */
function releaseOf(
  path: string,
  bytes: Uint8Array,
  facts: Pick<RunRecord, "task"> &
    Partial<Pick<RunRecord, "signature">> & { readonly answers?: ModelAnswers },
) {
  const { answers, task, signature = null } = facts;
  const file: FileEntry = {
    path,
    role: "model",
    bytes: bytes.length,
    digest: `sha256:${"0".repeat(64)}`,
  };
  const run = someRun({ task, classes: [], signature, files: [file] });
  const manifest = someManifest({ run, files: [file], ...(answers !== undefined && { answers }) });
  return memoryHistory({
    versions: [{ manifest, files: { [path]: bytes } }],
    stages: [["production", "v1.0.0"]],
    write: async (to, content) => {
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, content);
    },
  });
}

const readEvaluation = async (): Promise<Evaluation> =>
  parseDocument(
    evaluationSchema,
    await workspace.read("slipway-run/evaluation.json"),
    "evaluation.json",
  );

describe("output", () => {
  it("chooses the head with numbers of a network with two", async () => {
    await writeDiabetes();
    const { document } = await workspace.gate({
      ...twoOutputs,
      output: "progression",
      target: "hundreds",
      task: "regression",
      thresholds: "mae <= 0.6",
    });
    expect(document).toMatchObject({
      verdict: "pass",
      task: "regression",
      answers: { output: "progression", classes: null },
    });
  });

  it("chooses the head with probabilities, whose classes are named, and keeps both", async () => {
    await writeDiabetes();
    const { document } = await workspace.gate({
      ...twoOutputs,
      output: "probabilities",
      classes: "low, middle, high",
      target: "band",
      thresholds: "accuracy >= 0.5\nlog_loss <= 1",
    });
    expect(document).toMatchObject({ verdict: "pass", classes: ["low", "middle", "high"] });
    expect((await readEvaluation()).answers).toEqual({
      output: "probabilities",
      classes: ["low", "middle", "high"],
    });
    const [first = ""] = (await workspace.read("slipway-run/golden.jsonl")).split("\n");
    const { response } = parseDocument(goldenCaseSchema, first, "golden.jsonl");
    const [answer] = response.predictions as { readonly scores: object }[];
    expect(Object.keys(answer?.scores ?? {})).toEqual(["low", "middle", "high"]);
  });

  it("is asked for where the model has several, and must be one of them", async () => {
    await writeDiabetes();
    const inputs = { ...twoOutputs, target: "hundreds", thresholds: "mae <= 0.6" };
    await expect(workspace.gate(inputs)).rejects.toMatchObject({
      code: "OUTPUT_AMBIGUOUS",
      message:
        "two.onnx has several outputs that could be the prediction: progression (float, 1 a row), probabilities (float, 3 a row).",
      hint: "Name one with output, and say the task (classification or regression).",
    });
    await expect(workspace.gate({ ...inputs, output: "progresion" })).rejects.toMatchObject({
      code: "OUTPUT_UNKNOWN",
      hint: "Did you mean progression?",
    });
  });

  it("is the baseline's own where its release says one", async () => {
    await writeDiabetes();
    const bytes = await readFile(fixture("golden/models/diabetes_mlp_two_outputs.onnx"));
    const answers = { output: "progression", classes: null };
    const model = await loadModel({ bytes, fileName: "old.onnx", engine: "wasm" });
    const signature = signatureOf(model, features.split("\n"));
    await model.close();
    const history = releaseOf("old.onnx", bytes, { answers, task: "regression", signature });
    await copyModel("golden/models/diabetes_mlp_dynamic_batch.onnx", "one.onnx");
    const { document } = await workspace.gate(
      {
        ...twoOutputs,
        model: "weather",
        "model-file": "one.onnx",
        target: "hundreds",
        thresholds: "mae <= production + 0.1",
        baseline: "production",
      },
      { history },
    );
    // The candidate has one output, and none is named for it.
    expect(document.baseline).toMatchObject({ rows: 442 });
    expect(document.answers).toBeUndefined();
    expect(document.baseline_metrics?.["mae"]?.value).toBeLessThan(0.6);
  });

  it("is not looked for in a baseline that has one output of another name", async () => {
    await writeDiabetes();
    await copyModel("golden/models/diabetes_mlp_dynamic_batch.onnx", "one.onnx");
    const { document } = await workspace.gate({
      ...twoOutputs,
      output: "progression",
      target: "hundreds",
      task: "regression",
      thresholds: "mae <= baseline + 0.1",
      baseline: "one.onnx",
    });
    expect(document.baseline).toMatchObject({ name: "one.onnx", rows: 442 });
  });
});

describe("classes", () => {
  it("name the codes that a booster answers with, where no run does", async () => {
    await writeWeather();
    const { document } = await workspace.gate({
      ...booster,
      classes: CLASSES.join(","),
      baseline: "none",
    });
    expect(document).toMatchObject({ verdict: "pass", task: "multiclass", classes: CLASSES });
  });

  it("are asked for where the target holds names that the codes are not", async () => {
    await writeWeather();
    await expect(workspace.gate({ ...booster, baseline: "none" })).rejects.toMatchObject({
      code: "UNKNOWN_CLASS",
      hint: "The model answers with codes: name the classes in its order with classes:, e.g. classes: drizzle, fog, rain, snow, sun where 0 stands for drizzle.",
    });
  });

  it("are asked for before the positive class, which is one of the target's names", async () => {
    await copyModel("data/breast_cancer.csv", "rows.csv");
    await copyModel("golden/models/breast_cancer_forest.onnx", "forest.onnx");
    const forest = {
      ...quick,
      model: "cancer",
      "model-file": "forest.onnx",
      data: "rows.csv",
      target: "diagnosis",
      "positive-class": "malignant",
      baseline: "none",
      thresholds: "recall >= 0.9",
    };
    await expect(workspace.gate(forest)).rejects.toMatchObject({
      code: "UNKNOWN_CLASS",
      hint: "The model answers with codes: name the classes in its order with classes:, e.g. classes: benign, malignant where 0 stands for benign.",
    });
    const { document } = await workspace.gate({ ...forest, classes: "benign, malignant" });
    expect(document).toMatchObject({ verdict: "pass", classes: ["benign", "malignant"] });
  });

  it("must be as many as the model has", async () => {
    await writeWeather();
    await expect(
      workspace.gate({ ...booster, classes: "rain,sun", baseline: "none" }),
    ).rejects.toMatchObject({ code: "CLASSES_DISAGREE" });
  });

  it("of a baseline are those that its release says, in its own model's order", async () => {
    await writeWeather();
    const bytes = await readFile(fixture("trees/weather.ubj"));
    const turned = CLASSES.toReversed();
    const accuracyOf = async (answers?: ModelAnswers) => {
      const { document } = await workspace.gate(
        { ...booster, classes: CLASSES.join(",") },
        {
          history: releaseOf("old.ubj", bytes, {
            task: "multiclass",
            ...(answers !== undefined && { answers }),
          }),
        },
      );
      return document.baseline_metrics?.["accuracy"]?.value ?? 0;
    };
    const right = await accuracyOf({ output: null, classes: CLASSES });
    expect(right).toBeGreaterThan(0.75);
    expect(await accuracyOf()).toBe(right);
    // The same model, but with classes that its release had in another order.
    expect(await accuracyOf({ output: null, classes: turned })).toBeLessThan(0.5);
  });

  it("may hold commas where they stand one a line", () => {
    const read = (classes: string) =>
      parseInputs(rawInputs({ model: "m", thresholds: "accuracy >= 0.9", classes })).classes;
    expect(read("rain, sun")).toEqual(["rain", "sun"]);
    expect(read("rain, heavy\nsun\n")).toEqual(["rain, heavy", "sun"]);
  });

  it.each([
    ["rain,rain", "rain is named twice."],
    ["rain", "expected two or more classes, in the model's order."],
  ])("%j is refused: %s", (classes, reason) => {
    const raw = rawInputs({ model: "m", thresholds: "accuracy >= 0.9", classes });
    expect(() => parseInputs(raw)).toThrow(reason);
  });

  it("are refused for a regression", async () => {
    await writeWeather();
    const inputs = { ...booster, classes: "a,b", task: "regression", baseline: "none" };
    await expect(workspace.gate(inputs)).rejects.toMatchObject({
      code: "TASK_DISAGREES",
      message: "classes names 2 classes, but the task is regression.",
    });
  });
});
