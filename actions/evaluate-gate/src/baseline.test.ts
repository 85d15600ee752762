import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataError, type RunRecord } from "#core";
import { memoryHistory, someManifest } from "#core/testing";
import { readTable, splitTable } from "#data";
import { trainTabular } from "#training";
import { fixture, openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";
import { goodModel, production, write } from "./testing/some-production.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = { resamples: "100" };

/** A model that sees only wind: much worse than production. */
const windOnlyModel = (): Promise<Uint8Array> => (windOnly ??= trainWindOnly());
let windOnly: Promise<Uint8Array> | undefined;

async function trainWindOnly(): Promise<Uint8Array> {
  const table = await readTable([fixture("data/weather.csv")]);
  const split = splitTable(
    table,
    { kind: "hash", fractions: [0.6, 0.1, 0.3] },
    { salt: "weather", id: ["location", "date"] },
  );
  return trainTabular({
    table,
    train: split.parts.train.rows,
    validation: split.parts.validation.rows,
    target: "weather",
    features: ["wind"],
    params: { model: "softmax" },
  }).bytes;
}

describe("evaluateGate against production", () => {
  it("fails a model that is worse on the same rows, by the interval of the paired difference", async () => {
    const run = await writeWeatherRun(workspace);
    const history = await production(run);
    await writeWeatherRun(workspace, { model: await windOnlyModel() });
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history },
    );
    expect(document.verdict).toBe("fail");
    expect(document.baseline).toMatchObject({
      name: "production (v1.0.0)",
      version: "v1.0.0",
      rows: 862,
    });
    const difference = document.differences?.["accuracy"];
    expect(difference?.high).toBeLessThan(-0.01);
    expect(difference).toMatchObject({
      test: "mcnemar-exact",
      p_kind: "two-sided, uncorrected",
      n: 862,
    });
    expect(difference?.p).toBeLessThan(1e-6);
  });

  it("passes an equal model: what both find hard cancels out", async () => {
    const run = await writeWeatherRun(workspace);
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01\nsize_mb <= production + 1%" },
      { history: await production(run) },
    );
    expect(document.judgements).toMatchObject([
      { verdict: "pass", bounds: [{ difference: { value: 0, low: 0, high: 0, p: 1 } }] },
      { verdict: "pass", bounds: [{ difference: { value: 0 } }] },
    ]);
  });

  it("never compares with a version whose release is not published", async () => {
    const run = await writeWeatherRun(workspace);
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history: await production(run, { released: false }) },
    );
    expect(document).toMatchObject({
      verdict: "inconclusive",
      judgements: [
        {
          verdict: "inconclusive",
          reason: "weather@v1.0.0 is incomplete: its release is not published",
        },
      ],
    });
  });

  it("refuses a branch's name that is no stage, and takes one that is", async () => {
    const run = await writeWeatherRun(workspace);
    const history = await production(run);
    const { repository } = workspace.ports;
    const resolve = async (ref: string): Promise<string | null> => {
      if (["main", "production", "staging"].includes(ref)) return "a".repeat(40);
      throw new DataError({ code: "REF_NOT_FOUND", message: ref });
    };
    const gate = (baseline: string) =>
      workspace.gate(
        { ...quick, thresholds: "accuracy >= baseline - 0.01", baseline },
        { history, repository: { ...repository, resolve } },
      );
    await expect(gate("main")).rejects.toMatchObject({
      code: "BASELINE_IS_BRANCH",
      hint: "Write baseline: ref:main to compare with the same files there.",
    });
    expect((await gate("staging")).document.judgements[0]?.reason).toBe(
      "first version: not compared (weather has no version in staging yet)",
    );
    await gate("prodution");
    expect(workspace.log.lines.filter((line) => line.includes("nothing is compared"))).toEqual([
      expect.stringContaining(
        "baseline: weather has no version in prodution, so nothing is compared. Did you mean production?",
      ),
    ]);
    expect((await gate("production")).document.verdict).toBe("pass");
  });

  it("leaves nothing of the release on the machine", async () => {
    const run = await writeWeatherRun(workspace);
    await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history: await production(run) },
    );
    expect(await readdir(workspace.ports.temporaryDirectory)).toEqual([]);
  });

  it("stops without a verdict when the release lacks its model", async () => {
    const run = await writeWeatherRun(workspace);
    const history = await production(run);
    const download = async (): Promise<void> => {
      throw new DataError({
        code: "FILE_NOT_RELEASED",
        message: "weather@v1.0.0 has no file model.onnx in its release.",
      });
    };
    await expect(
      workspace.gate(
        { ...quick, thresholds: "accuracy >= production - 0.01" },
        { history: { ...history, download } },
      ),
    ).rejects.toMatchObject({
      code: "FILE_NOT_RELEASED",
      message: "weather@v1.0.0 has no file model.onnx in its release.",
    });
    await expect(workspace.read("slipway-run/evaluation.json")).rejects.toThrow("ENOENT");
  });

  it("stops without a verdict when the released model is not the registered one", async () => {
    const run = await writeWeatherRun(workspace);
    const history = await production(run);
    const download = async (): Promise<void> => {
      throw new DataError({
        code: "DIGEST_MISMATCH",
        message: "model.onnx was downloaded as another.",
      });
    };
    await expect(
      workspace.gate(
        { ...quick, thresholds: "accuracy >= 0.5" },
        { history: { ...history, download } },
      ),
    ).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("is inconclusive when the baseline reads a column that the data lacks", async () => {
    const run = await writeWeatherRun(workspace);
    const history = await production(run);
    await writeWeatherRun(workspace, {
      model: await windOnlyModel(),
      edit: (table) => ({
        rows: table.rows,
        columns: table.columns.filter(({ name }) => name !== "precipitation"),
      }),
    });
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history },
    );
    expect(document.judgements[0]).toMatchObject({ verdict: "inconclusive" });
    expect(document.judgements[0]?.reason).toContain(
      "weather@v1.0.0 could not be scored: model.onnx takes columns that the data does not have: precipitation.",
    );
  });

  it("compares only rows of the baseline's own test part when it was split by another salt", async () => {
    const old = await writeWeatherRun(workspace, { salt: "another", fractions: [0.5, 0.2, 0.3] });
    const history = await production(old);
    await writeWeatherRun(workspace);
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history },
    );
    const rows = document.baseline?.rows ?? 0;
    const table = await readTable([join(workspace.path, "slipway-run/splits/test.csv")]);
    const theirs = splitTable(
      table,
      { kind: "hash", fractions: [0.5, 0.2, 0.3] },
      { salt: "another", id: ["location", "date"] },
    );
    expect(rows).toBe(theirs.parts.test.rows.length);
    expect(rows).toBeLessThan(400);
    expect(document.differences?.["accuracy"]?.n).toBe(rows);
    expect(document.baseline).toMatchObject({
      note: "the baseline was split by another rule: only rows of its own test part are compared",
    });
  });

  it("is inconclusive with the reason when fewer than 30 rows are known to be unseen", async () => {
    const old = await writeWeatherRun(workspace, {
      salt: "another",
      fractions: [0.97, 0.01, 0.02],
    });
    const history = await production(old);
    await writeWeatherRun(workspace);
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history },
    );
    expect(document.verdict).toBe("inconclusive");
    expect(document.judgements[0]?.reason).toMatch(
      /^\d+ rows are known to be unseen by weather@v1\.0\.0, at least 30 are needed$/,
    );
  });

  it("is inconclusive when the baseline's training rows cannot be told", async () => {
    const old = await writeWeatherRun(workspace);
    const split = {
      ...old.split,
      method: "stratified" as const,
      parts: { test: { rows: 1, digest: `sha256:${"5".repeat(64)}`, path: null } },
    } as RunRecord["split"];
    const history = await production({ ...old, split });
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history },
    );
    expect(document.judgements[0]).toMatchObject({
      verdict: "inconclusive",
      reason:
        "the baseline was split by another rule (stratified), under which its training rows cannot be told",
    });
  });

  it("leaves no comparison with baseline: none", async () => {
    const run = await writeWeatherRun(workspace);
    const { document } = await workspace.gate(
      { ...quick, baseline: "none", thresholds: "accuracy >= 0.7\naccuracy >= production" },
      { history: await production(run) },
    );
    expect(document).toMatchObject({
      verdict: "pass",
      reason: "Every plain threshold passed; baseline: none, not compared.",
      baseline: null,
    });
  });

  it("compares with the newest complete version for latest, and with a version by name", async () => {
    const run = await writeWeatherRun(workspace);
    const model = await goodModel();
    const version = (name: `v${string}`, released: boolean) => ({
      manifest: someManifest({ run, version: name, files: run.files }),
      files: { "model.onnx": model },
      released,
    });
    const history = memoryHistory({
      versions: [version("v1.0.0", true), version("v1.1.0", true), version("v1.2.0", false)],
      stages: [["production", "v1.0.0"]],
      write,
    });
    const { document } = await workspace.gate(
      {
        ...quick,
        baseline: "latest",
        thresholds: "accuracy >= latest - 0.01\naccuracy >= v1.0.0 - 0.01\naccuracy >= baseline",
      },
      { history },
    );
    expect(document.baseline?.version).toBe("v1.1.0");
    expect(
      document.judgements.map(({ bounds }) => [
        bounds[0]?.reference?.name,
        bounds[0]?.reference?.version,
      ]),
    ).toEqual([
      ["latest", "v1.1.0"],
      ["v1.0.0", "v1.0.0"],
      ["baseline", "v1.1.0"],
    ]);
  });

  it("compares with a model file", async () => {
    await writeWeatherRun(workspace);
    await workspace.write("old.onnx", await goodModel());
    const { document } = await workspace.gate({
      ...quick,
      baseline: "old.onnx",
      thresholds: "accuracy >= baseline - 0.01",
    });
    expect(document.judgements[0]).toMatchObject({ verdict: "pass" });
    expect(document.baseline).toMatchObject({ name: "old.onnx", version: null, rows: 862 });
  });
});
