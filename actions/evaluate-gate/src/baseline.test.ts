import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataError, type Manifest, type RunRecord } from "#core";
import { memoryHistory, someManifest } from "#core/testing";
import { readTable, splitTable } from "#data";
import { trainTabular } from "#training";
import { fixture, openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = { resamples: "100" };
const goodModel = () => readFile(fixture("golden/models/weather_logistic_zipmap_columns.onnx"));
const write = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** Production is the golden logistic regression, released as v1.0.0. */
async function production(
  run: RunRecord,
  extra: {
    readonly manifest?: Partial<Manifest>;
    readonly files?: Readonly<Record<string, string | Uint8Array>>;
    readonly released?: boolean;
  } = {},
) {
  const manifest = someManifest({ run, files: run.files, ...extra.manifest });
  return memoryHistory({
    versions: [
      {
        manifest,
        files: extra.files ?? { "model.onnx": await goodModel() },
        released: extra.released ?? true,
      },
    ],
    stages: [["production", "v1.0.0"]],
    write,
  });
}

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

const predictScript = `
import { readFileSync, writeFileSync, existsSync } from "node:fs";
const [header, ...lines] = readFileSync(process.env.SLIPWAY_ROWS, "utf8").trim().split("\\n");
const columns = header.split(",");
if (columns.includes("weather")) throw new Error("the target was handed over");
const at = (line, name) => line.split(",")[columns.indexOf(name)];
const cut = Number(readFileSync(process.env.SLIPWAY_MODEL_DIR + "/cut.txt", "utf8"));
const marked = existsSync("marker.txt") ? readFileSync("marker.txt", "utf8") : "";
const out = lines.map((line) => at(line, "row_key") + "," + (Number(at(line, "precipitation")) > cut ? "rain" : marked.trim() || "sun"));
writeFileSync(process.env.SLIPWAY_PREDICTIONS, "row_key,prediction\\n" + out.reverse().join("\\n") + "\\n");
`;

describe("evaluateGate with predict-command", () => {
  const command = `"${process.execPath}" predict.mjs`;

  async function commandRun(cut: string): Promise<RunRecord> {
    const run = await writeWeatherRun(workspace, {
      record: {
        files: [
          { path: "cut.txt", role: "model", bytes: cut.length, digest: `sha256:${"c".repeat(64)}` },
        ],
        signature: null,
        predict_command: command,
      },
    });
    await workspace.write("slipway-run/cut.txt", cut);
    await workspace.write("predict.mjs", predictScript);
    return run;
  }

  it("scores candidate and baseline on the same rows, the baseline in a worktree of its commit", async () => {
    const run = await commandRun("0.2");
    const history = await production(run, { files: { "cut.txt": "5" } });
    const worktree = join(workspace.path, "worktree");
    await workspace.write("worktree/predict.mjs", predictScript);
    await workspace.write("worktree/marker.txt", "fog");
    const removed: string[] = [];
    const repository: Workspace["ports"]["repository"] = {
      ...workspace.ports.repository,
      checkout: async () => ({
        path: worktree,
        commit: "c",
        remove: async () => {
          removed.push(worktree);
        },
      }),
    };
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production\nrecall(rain) >= 0.8" },
      { history, repository },
    );
    expect(document.baseline?.scored_by).toBe(
      "by its predict-command in a worktree of weather@v1.0.0",
    );
    expect(document.verdict).toBe("pass");
    // The baseline says fog where the candidate says sun: far fewer are right.
    expect(document.differences?.["accuracy"]?.value).toBeGreaterThan(0.2);
    expect(removed).toEqual([worktree]);
  });

  it("stops with the last lines of standard error when the candidate's command fails", async () => {
    await commandRun("0.2");
    const line = `for i in $(seq 1 40); do echo line $i >&2; done; exit 3`;
    await expect(
      workspace.gate({ ...quick, thresholds: "accuracy >= 0.5", "predict-command": line }),
    ).rejects.toMatchObject({
      code: "PREDICT_COMMAND_FAILED",
      message: `predict-command (candidate) ended with 3: ${line}\n${Array.from({ length: 30 }, (_, at) => `line ${at + 11}`).join("\n")}`,
    });
  });

  it("stops when a row has no answer", async () => {
    await commandRun("0.2");
    const line = `${command} && head -n 100 "$SLIPWAY_PREDICTIONS" > part && mv part "$SLIPWAY_PREDICTIONS"`;
    await expect(
      workspace.gate({ ...quick, thresholds: "accuracy >= 0.5", "predict-command": line }),
    ).rejects.toMatchObject({
      code: "ROWS_NOT_PREDICTED",
      message:
        "the predictions of predict-command (candidate) answer 99 of 862 rows; row 1 is the first without an answer.",
    });
  });

  it("is inconclusive when the baseline's command fails", async () => {
    const run = await commandRun("0.2");
    const history = await production(
      { ...run, predict_command: "exit 7" },
      { files: { "cut.txt": "5" } },
    );
    const { document } = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production" },
      { history },
    );
    expect(document.judgements[0]).toMatchObject({
      verdict: "inconclusive",
      reason: "weather@v1.0.0 could not be scored: predict-command (v1.0.0) ended with 7: exit 7",
    });
  });

  it("joins the predictions that were kept with the baseline", async () => {
    const run = await commandRun("0.2");
    await workspace.gate({ ...quick, thresholds: "accuracy >= 0.5" });
    const kept = await readFile(join(workspace.path, "slipway-run/predictions.parquet"));
    const files: RunRecord["files"] = [
      {
        path: "predictions.parquet",
        role: "predictions",
        bytes: kept.length,
        digest: `sha256:${"e".repeat(64)}`,
      },
    ];
    const history = await production(
      { ...run, predict_command: null },
      { manifest: { files }, files: { "predictions.parquet": kept } },
    );
    await commandRun("5");
    const joined = await workspace.gate(
      { ...quick, thresholds: "accuracy >= production - 0.01" },
      { history },
    );
    expect(joined.document.baseline).toMatchObject({
      scored_by: "by the predictions kept with weather@v1.0.0",
      rows: 862,
    });
    // A file in Slipway's own form holds the keys already.
    const alone = await workspace.gate(
      {
        ...quick,
        thresholds: "accuracy >= production - 0.01",
        predictions: "slipway-run/predictions.parquet",
        id: "id",
        target: "weather",
      },
      { history },
    );
    expect(alone.document.baseline?.scored_by).toBe("by the predictions kept with weather@v1.0.0");
    expect(alone.document.baseline?.rows).toBe(862);
  });
});
