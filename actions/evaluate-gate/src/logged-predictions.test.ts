import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cellAt, findColumn, predictionLogLineSchema, takeRows, type Table } from "#core";
import { memoryHistory, someManifest } from "#core/testing";
import { readTable, type FileSource } from "#data";
import { memoryObjectStore, storedFiles } from "#google";
import { loadModel, scoreTable } from "#models";
import { fixture, openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";

const modelFile = fixture("golden/models/weather_logistic_zipmap_columns.onnx");
const FEATURES = ["precipitation", "temp_max", "temp_min", "wind", "location"];
const classes = ["drizzle", "fog", "rain", "snow", "sun"];

let model: Awaited<ReturnType<typeof loadModel>>;
let rows: Table;
beforeAll(async () => {
  model = await loadModel({ path: modelFile, engine: "wasm" });
  const whole = await readTable([fixture("data/weather.csv")]);
  rows = takeRows(
    whole,
    Array.from({ length: 600 }, (_, at) => at * 4),
  );
});
afterAll(() => model?.close());

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

/** What the server writes of each row, one every ten minutes from 1 November on. */
async function logLines(version = "v1.0.0"): Promise<readonly string[]> {
  const predictions = await scoreTable(model, rows);
  if (predictions.kind !== "classification") throw new Error("expected classes");
  return Array.from({ length: rows.rows }, (_, row) => {
    const line = predictionLogLineSchema.parse({
      time: new Date(Date.UTC(2025, 10, 1) + row * 600_000).toISOString(),
      request_id: `r${row}`,
      id: `order-${row}`,
      model: "weather",
      version,
      inputs: Object.fromEntries(FEATURES.map((name) => [name, cellAt(column(rows, name), row)])),
      prediction: predictions.classes[predictions.labels[row] ?? 0],
      scores: Object.fromEntries(
        predictions.classes.map((name, at) => [name, predictions.scores[at]?.[row] ?? 0]),
      ),
      latency_ms: 1,
      trace: null,
    });
    return JSON.stringify(line);
  });
}

function column(table: Table, name: string) {
  const found = findColumn(table, name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** Labels that came later, for the first `count` predictions, some of strangers and one twice. */
function labelFile(count: number): string {
  const target = column(rows, "weather");
  const lines = Array.from(
    { length: count },
    (_, row) => `order-${row},${cellAt(target, row) ?? ""}`,
  );
  return ["id,weather", ...lines, "order-0,fog", "stranger,rain"].join("\n");
}

const inputs = {
  predictions: "logs/*.jsonl",
  "ground-truth": "labels.csv",
  target: "weather",
  resamples: "100",
  thresholds: "accuracy >= 0.5",
};

/** Production is the model that answered. */
async function production() {
  const run = await writeWeatherRun(workspace);
  return memoryHistory({
    versions: [
      {
        manifest: someManifest({ run, files: run.files }),
        files: { "model.onnx": await readFile(modelFile) },
      },
    ],
    stages: [["production", "v1.0.0"]],
    write: async (path, content) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
  });
}

describe("judging what was answered in production", () => {
  it("joins ids as they are written: 007 is not 7", async () => {
    const lines = (await logLines()).map((line, row) => {
      const id = row % 2 === 0 ? String(row / 2) : String((row - 1) / 2).padStart(6, "0");
      return JSON.stringify({ ...(JSON.parse(line) as object), id });
    });
    await workspace.write("logs/a.jsonl", lines.join("\n"));
    const target = column(rows, "weather");
    // Labels of the padded ids alone.
    const labels = Array.from(
      { length: 300 },
      (_, at) => `${String(at).padStart(6, "0")},${cellAt(target, 2 * at + 1) ?? ""}`,
    );
    await workspace.write("labels.csv", ["id,weather", ...labels].join("\n"));
    const { document } = await workspace.gate(
      { ...inputs, baseline: "none" },
      { history: await production() },
    );
    expect(document).toMatchObject({ verdict: "pass", rows: 300 });
    expect(document.metrics["accuracy"]?.value).toBeGreaterThan(0.7);
  });

  it("joins the server's log with late labels by id and takes the version's own facts", async () => {
    const lines = await logLines();
    await workspace.write("logs/a.jsonl", [...lines, lines[3], '{"half a'].join("\n"));
    await workspace.write("labels.csv", labelFile(500));
    const { document } = await workspace.gate(
      { ...inputs, baseline: "none" },
      { history: await production() },
    );
    expect(document).toMatchObject({
      verdict: "pass",
      rows: 500,
      task: "multiclass",
      classes,
      scored_by: "by what it answered in use",
    });
    // The last label of order-0 is another than the first, and counts.
    expect(cellAt(column(rows, "weather"), 0)).not.toBe("fog");
    const right = Array.from({ length: 500 }, (_, row) => row).filter(
      (row) =>
        (row === 0 ? "fog" : cellAt(column(rows, "weather"), row)) ===
        (JSON.parse(lines[row] ?? "") as { prediction: string }).prediction,
    ).length;
    expect(document.metrics["accuracy"]?.value).toBe(right / 500);
    expect(document.metrics["log_loss"]?.value).toBeGreaterThan(0);
    const report = (await workspace.read("slipway-run/report.md")).replaceAll(/&#(\d+);/g, (_, n) =>
      String.fromCharCode(Number(n)),
    );
    expect(report).toContain("500 of 600 predictions have a label");
    expect(report).toContain("1 of 501 labels belong to none of them");
    expect(report).toContain("1 label was given again with another value: the last counts");
    expect(report).not.toContain("with the same value");
    expect(report).toContain("predictions of v1.0.0, as logged");
    expect(report).toContain("1 lines of an id that had come before were left out");
    expect(report).toContain("1 lines cannot be read");
  });

  it("shows and judges accuracy over time by slices of the log's own time", async () => {
    await workspace.write("logs/a.jsonl", (await logLines()).join("\n"));
    await workspace.write("labels.csv", labelFile(600));
    const { document } = await workspace.gate(
      { ...inputs, baseline: "none", slices: "time, version", thresholds: "accuracy[time] >= 0.3" },
      { history: await production() },
    );
    expect(document.verdict).toBe("pass");
    const days = document.slices.filter((slice) => slice.column === "time");
    expect(days.length).toBeGreaterThan(0);
    expect(days.reduce((sum, slice) => sum + slice.rows, 0)).toBe(600);
    expect(document.slices.find((slice) => slice.column === "version")?.value).toBe("v1.0.0");
  });

  it("compares it with another model on the very inputs that were logged", async () => {
    await workspace.write("logs/a.jsonl", (await logLines()).join("\n"));
    await workspace.write("labels.csv", labelFile(600));
    const { document } = await workspace.gate(
      { ...inputs, thresholds: "accuracy >= production - 0.01" },
      { history: await production() },
    );
    // The release's own model on the logged inputs answers what the server answered.
    expect(document.baseline).toMatchObject({ version: "v1.0.0", rows: 600 });
    expect(document.differences?.["accuracy"]).toMatchObject({ value: 0 });
    expect(document.verdict).toBe("pass");
  });

  it("reads only the version that is asked for, or all", async () => {
    const old = (await logLines("v0.9.0")).map((line, at) =>
      line.replace(`order-${at}`, `old-${at}`),
    );
    await workspace.write("logs/a.jsonl", [...(await logLines()), ...old].join("\n"));
    const both =
      labelFile(600) +
      `\n${labelFile(600).replaceAll("order-", "old-").split("\n").slice(1).join("\n")}`;
    await workspace.write("labels.csv", both);
    const history = await production();
    const gate = async (more: Readonly<Record<string, string>>) =>
      (await workspace.gate({ ...inputs, baseline: "none", ...more }, { history })).document.rows;
    expect(await gate({})).toBe(600);
    expect(await gate({ "served-version": "all" })).toBe(1200);
    await expect(gate({ "served-version": "canary" })).rejects.toThrow(
      "served-version: weather has no version in canary; the newest is v1.0.0.",
    );
  });

  it("reads gzipped logs of the window's days from a bucket, for a model without history", async () => {
    const store = memoryObjectStore();
    const lines = await logLines();
    const put = (uri: string, text: string) => store.createOnly(uri, { bytes: gzipSync(text) });
    await put("gs://acme-logs/weather/2025-12-31/a.jsonl.gz", lines.slice(0, 100).join("\n"));
    await put("gs://acme-logs/weather/2026-01-01/a.jsonl.gz", lines.slice(100, 200).join("\n"));
    await workspace.write("labels.csv", labelFile(600));
    const { document } = await workspace.gate(
      {
        ...inputs,
        predictions: "gs://acme-logs/weather/{date}/*.jsonl.gz",
        baseline: "none",
        thresholds: "accuracy >= 0.3",
      },
      { remote: { gs: storedFiles(() => Promise.resolve(store)) } },
    );
    expect(document.rows).toBe(200);
  });

  it("looks into few of many files at once", async () => {
    const whole = Array.from({ length: 60 }, (_, row) => ({ id: `${row}`, prediction: "yes" }));
    const files = Array.from({ length: 30 }, (_, at) =>
      whole.slice(2 * at, 2 * at + 2).map((line) => `${JSON.stringify(line)}\n`),
    ).map((lines) => Buffer.from(lines.join("")));
    const fileOf = (uri: string) => files[Number(uri.split("/").at(-1))] ?? Buffer.alloc(0);
    let [now, most] = [0, 0];
    const store: FileSource = {
      list: async () =>
        files.map(({ length: sizeBytes }, at) => ({ uri: `gs://acme/${at}`, sizeBytes })),
      open: async function* (uri, range) {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 2));
        yield fileOf(uri).subarray(range?.start, range?.end);
        now--;
      },
    };
    const truth = Array.from({ length: 60 }, (_, row) => `${row},${row % 3 === 0 ? "no" : "yes"}`);
    await workspace.write("labels.csv", `id,churned\n${truth.join("\n")}\n`);
    const { document } = await workspace.gate(
      {
        predictions: "gs://acme/*.jsonl",
        "ground-truth": "labels.csv",
        target: "churned",
        classes: "no, yes",
        "positive-class": "yes",
        baseline: "none",
        resamples: "100",
        thresholds: "accuracy >= 0.4",
      },
      { remote: { gs: store } },
    );
    expect(document.rows).toBe(60);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("joins a plain table of predictions as well", async () => {
    const lines = Array.from({ length: 60 }, (_, row) => `${row},${row % 3 === 0 ? "no" : "yes"}`);
    await workspace.write("p.csv", `id,prediction\n${lines.join("\n")}\n`);
    const truth = Array.from({ length: 50 }, (_, row) => `${row},${row % 2 === 0 ? "no" : "yes"}`);
    await workspace.write("labels.csv", `id,churned\n${truth.join("\n")}\n`);
    const { document } = await workspace.gate({
      model: "churn",
      predictions: "p.csv",
      "ground-truth": "labels.csv",
      target: "churned",
      "positive-class": "yes",
      baseline: "none",
      resamples: "100",
      thresholds: "accuracy >= 0.4",
    });
    expect(document.rows).toBe(50);
  });
});

describe("labels and predictions that repeat", () => {
  /** What the gate makes of 40 predictions, and further ones, with these labels. */
  async function judge(labels: readonly string[], predictions: readonly string[] = []) {
    const lines = Array.from({ length: 40 }, (_, row) => `${row},${row % 2 === 0 ? "yes" : "no"}`);
    await workspace.write("p.csv", ["id,prediction", ...lines, ...predictions].join("\n"));
    await workspace.write("labels.csv", ["id,churned", ...labels].join("\n"));
    const { document } = await workspace.gate({
      model: "churn",
      predictions: "p.csv",
      "ground-truth": "labels.csv",
      target: "churned",
      "positive-class": "yes",
      baseline: "none",
      resamples: "100",
      thresholds: "accuracy >= 0.1",
    });
    return { document, report: await workspace.read("slipway-run/report.md") };
  }
  const truth = Array.from({ length: 40 }, (_, row) => `${row},${row % 2 === 0 ? "yes" : "no"}`);
  const opposite = truth.map((line) =>
    line.endsWith("yes") ? line.replace("yes", "no") : line.replace("no", "yes"),
  );

  it("counts corrected labels by their last value, whole", async () => {
    const { document, report } = await judge([...opposite, ...truth]);
    expect(document).toMatchObject({ rows: 40, metrics: { accuracy: { value: 1 } } });
    expect(report).toContain("40 of 40 predictions have a label");
    expect(report).toContain("0 of 40 labels belong to none of them");
    expect(report).toContain("40 labels were given again with another value");
    expect(workspace.log.lines.join("\n")).toContain(
      "ground-truth: 40 labels were given again with another value: the last counts.",
    );
  });

  it("counts labels that were given again alike apart from those of nobody", async () => {
    const { document, report } = await judge([...truth, ...truth.slice(0, 3), "x,yes", "x,yes"]);
    expect(document.metrics["accuracy"]?.value).toBe(1);
    expect(report).toContain("1 of 41 labels belong to none of them");
    expect(report).toContain("4 labels were given again with the same value");
    expect(report).not.toContain("another value");
    expect(workspace.log.lines.join("\n")).not.toContain("given again");
  });

  it("says how many predictions of an id that had come before it left out", async () => {
    const { document, report } = await judge(truth, ["0,no", "1,yes"]);
    expect(document).toMatchObject({ rows: 40, metrics: { accuracy: { value: 1 } } });
    expect(report).toContain("2 predictions of an id that had come before were left out");
    expect(report).toContain("0 of 40 labels belong to none of them");
  });
});

describe("bad input", () => {
  it.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, RegExp]>([
    [
      "labels of nobody",
      {},
      { "labels.csv": "id,weather\nx,rain\n" },
      /^No label of labels\.csv belongs to a prediction: 0 of 600 predictions have a label; 1 of 1 labels belong to none of them\.$/,
    ],
    [
      "labels without an id",
      {},
      { "labels.csv": "key,weather\nx,rain\n" },
      /^ground-truth has no column id: it has key, weather\.$/,
    ],
    [
      "a log of another model",
      { model: "churn" },
      {},
      /^None of the 600 lines of 1 files \(logs\/a\.jsonl …\) is a prediction of churn in the window\.$/,
    ],
    [
      "no file of the days",
      { predictions: "logs/{date}/*.jsonl", window: "2d" },
      {},
      /^predictions: no file matches logs\/\{date\}\/\*\.jsonl on any day of the window\.$/,
    ],
  ])("%s", async (_, more, files, message) => {
    await workspace.write("logs/a.jsonl", (await logLines()).join("\n"));
    await workspace.write("labels.csv", labelFile(600));
    for (const [name, text] of Object.entries(files)) await workspace.write(name, text);
    await expect(workspace.gate({ ...inputs, baseline: "none", ...more })).rejects.toThrow(message);
  });

  it("labels without predictions", async () => {
    await expect(
      workspace.gate({
        "ground-truth": "labels.csv",
        target: "weather",
        thresholds: "accuracy >= 0.5",
      }),
    ).rejects.toThrow("ground-truth is given, but predictions is not.");
  });
});

describe("a table of predictions that is no log", () => {
  const table = {
    predictions: "p.csv",
    "ground-truth": "labels.csv",
    target: "weather",
    baseline: "none",
    "served-version": "all",
    resamples: "100",
    thresholds: "accuracy >= 0.5",
  };
  /** Ninety days before 2026, one prediction a day; right until November. */
  async function writeTable(): Promise<void> {
    const days = Array.from({ length: 90 }, (_, row) =>
      new Date(Date.UTC(2025, 11, 31) - (89 - row) * 86_400_000).toISOString(),
    );
    const lines = days.map((day, row) => `o${row},${row < 60 ? "rain" : "sun"},${day}`);
    await workspace.write("p.csv", ["id,prediction,made", ...lines].join("\n"));
    const labels = days.map((_, row) => `o${row},${row % 30 === 0 ? "sun" : "rain"}`);
    await workspace.write("labels.csv", ["id,weather", ...labels].join("\n"));
  }

  it("is cut to the window by the column that time names, and shown by month", async () => {
    await writeTable();
    const { document } = await workspace.gate({
      ...table,
      "positive-class": "sun",
      time: "made",
      window: "31d",
      slices: "made",
      "on-inconclusive": "pass",
      thresholds: "accuracy >= 0.5 warn\naccuracy[made] >= 0.6 warn",
    });
    expect(document).toMatchObject({ rows: 31 });
    expect(document.slices.map(({ value, rows: count }) => [value, count])).toEqual([
      ["2025-12", 31],
    ]);
    expect(await workspace.read("slipway-run/report.md")).toContain(
      "31 of 90 predictions are in the window&#44; by made",
    );
  });

  it.each([
    [
      { window: "28d" },
      "window is given, but p.csv is no prediction log, and no input says which of its columns tells when a prediction was made.",
    ],
    [{ window: "28d", time: "id" }, "window is given, but column id of p.csv holds no dates."],
    [{ window: "1h", time: "made" }, "No row of p.csv is in the window: by made all 90 are before"],
  ])("is refused where the window cannot be told: %o", async (more, message) => {
    await writeTable();
    await expect(workspace.gate({ ...table, ...more })).rejects.toThrow(message);
  });
});
