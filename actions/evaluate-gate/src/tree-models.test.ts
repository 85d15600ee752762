import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileEntry, RunRecord } from "#core";
import { memoryHistory, someManifest } from "#core/testing";
import { measureFile } from "#toolkit";
import { findModelFile } from "./subject.ts";
import { fixture, openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = { resamples: "100" };
const write = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** A run whose model is that file of the libraries' own. */
async function writeTreeRun(name: string, format: string): Promise<RunRecord> {
  const path = await workspace.write(
    `slipway-run/${name}`,
    await readFile(fixture(`trees/${name}`)),
  );
  const file: FileEntry = { path: name, role: "model", format, ...(await measureFile(path)) };
  return writeWeatherRun(workspace, { record: { files: [file], signature: null } });
}

describe("a gate on boosters as their libraries save them", () => {
  it.each(["weather.ubj", "weather.txt"])("judges %s, given as model-file", async (name) => {
    await writeWeatherRun(workspace);
    await workspace.write(name, await readFile(fixture(`trees/${name}`)));
    const { document } = await workspace.gate({
      ...quick,
      "model-file": name,
      thresholds: "accuracy >= 0.75",
    });
    expect(document).toMatchObject({ verdict: "pass", rows: 862 });
  });

  it("compares the run's XGBoost model with a released LightGBM model, in process", async () => {
    const run = await writeTreeRun("weather.ubj", "xgboost-ubj");
    const bytes = await readFile(fixture("trees/weather.txt"));
    await workspace.write("other/weather.txt", bytes);
    const released: FileEntry = {
      path: "weather.txt",
      role: "model",
      format: "lightgbm-text",
      ...(await measureFile(join(workspace.path, "other/weather.txt"))),
    };
    const manifest = someManifest({ run: { ...run, files: [released] }, files: [released] });
    const history = memoryHistory({
      versions: [{ manifest, files: { "weather.txt": bytes }, released: true }],
      stages: [["production", "v1.0.0"]],
      write,
    });
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.05" },
      { history },
    );
    expect(document).toMatchObject({ verdict: "pass", baseline: { version: "v1.0.0" } });
  });
});

describe("the file that is scored in process", () => {
  const model = (path: string, format: string): FileEntry => ({
    path,
    role: "model",
    format,
    digest: `sha256:${"0".repeat(64)}`,
    bytes: 1,
  });
  const booster = model("m.json", "xgboost-json");

  it("is ONNX before a booster's own, whatever their order", () => {
    const onnx = model("m.onnx", "onnx");
    expect(findModelFile([booster, onnx], null)).toBe(onnx);
    expect(findModelFile([booster, onnx], "python predict.py")).toBe(onnx);
  });

  it("is no booster where a predict-command says how it is scored", () => {
    expect(findModelFile([booster], null)).toBe(booster);
    expect(findModelFile([booster], "python predict.py")).toBeNull();
  });
});
