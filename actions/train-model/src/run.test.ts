import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findColumn, parseDocument, profileSchema, runRecordSchema, type RunRecord } from "#core";
import { readTable, type ColumnKind } from "#data";
import { loadModel, scoreTable } from "#models";
import { openRunDirectory } from "#toolkit";
import {
  asTrained,
  createTestRun,
  rememberingArtifacts,
  type TestRun,
} from "./testing/test-run.ts";

let test: TestRun;
beforeEach(async () => {
  test = await createTestRun();
});
afterEach(() => test.remove());

const weather = {
  data: "data/weather.csv",
  target: "weather",
  id: "location, date",
  time: "date",
  features: "precipitation, temp_max, temp_min, wind, date",
  split: "0.6/0.1/0.3",
  params: "{ model: trees, trees: 60 }",
};
const runDirectory = () => openRunDirectory(join(test.folder, "slipway-run"));
const readPart = (record: RunRecord, part: string) =>
  readTable(record.split?.parts[part]?.path ?? "", {
    directory: runDirectory().path,
    types: record["column_kinds"] as Record<string, ColumnKind>,
  });

describe("training on the weather without Python", () => {
  beforeEach(() => test.copyData("weather.csv"));

  it("gives a model that is right on more than 0.7 of the test part", async () => {
    const { record } = asTrained(await test.train(weather));
    const testPart = await readPart(record, "test");
    const path = runDirectory().resolve("model.onnx");
    const model = await loadModel({ path, engine: "wasm" });
    const scored = await scoreTable(model, testPart, {
      signature: record.signature ?? undefined,
      classes: record.classes,
    });
    await model.close();
    const truth = findColumn(testPart, "weather");
    if (scored.kind !== "classification" || truth?.kind !== "text") throw new Error("no classes");
    const hits = scored.labels.filter(
      (label, row) => scored.classes[label] === truth.levels[truth.codes[row] ?? -1],
    );
    expect(testPart.rows).toBeGreaterThan(800);
    expect(hits.length / testPart.rows).toBeGreaterThan(0.7);
  });

  it("records everything about how", async () => {
    const { record } = asTrained(await test.train(weather));
    expect(await runDirectory().readDocument(runRecordSchema, "run.json")).toEqual(record);
    expect(record).toMatchObject({
      model: "weather",
      trainer: { kind: "tabular", name: "trees", chosen: "trees" },
      task: "multiclass",
      target: "weather",
      classes: ["drizzle", "fog", "rain", "snow", "sun"],
      positive_class: null,
      id_columns: ["location", "date"],
      time_column: "date",
      seed: 42,
      params: { model: "trees", trees: 60 },
      column_kinds: { location: "text", date: "date", precipitation: "number", weather: "text" },
      source: { repository: "acme/models", commit: null, dirty: false },
      code: null,
      data: [{ name: "weather.csv", uri: "data/weather.csv", rows: 2922, dvc: null }],
      split: {
        method: "hash",
        fractions: [0.6, 0.1, 0.3],
        salt: "weather",
        columns: ["location", "date"],
      },
    });
    expect(record.source.run_url).toBe("https://github.com/acme/models/actions/runs/7");
    // The test part is judged by evaluate-gate alone.
    expect(Object.keys(record.metrics)).toEqual(["train", "validation"]);
    const kinds = record.signature?.columns.map(({ name, kind }) => `${name} ${kind}`);
    expect(kinds).toContain("date date");
  });

  it("lists every file with what it is, as it stands on disk", async () => {
    const { record } = asTrained(await test.train(weather));
    expect(record.files.map(({ path, role }) => `${role} ${path}`)).toEqual([
      "model model.onnx",
      "profile profile.json",
      "split splits/test.csv",
      "split splits/train.csv",
      "split splits/validation.csv",
    ]);
    for (const { path, bytes, digest } of record.files) {
      expect(await runDirectory().measure(path)).toEqual({ bytes, digest });
    }
  });

  it("divides every row into one part, and keeps the parts as the data was", async () => {
    const { record } = asTrained(await test.train(weather));
    const parts = await Promise.all(
      ["train", "validation", "test"].map((part) => readPart(record, part)),
    );
    const keys = parts.flatMap((table) => {
      const [location, date] = ["location", "date"].map((name) => findColumn(table, name));
      if (location?.kind !== "text" || date?.kind !== "date") throw new Error("no key");
      return Array.from(
        date.values,
        (day, row) => `${location.levels[location.codes[row] ?? -1]} ${day}`,
      );
    });
    expect(keys).toHaveLength(2922);
    expect(new Set(keys).size).toBe(2922);
    const text = await readFile(join(test.folder, "data/weather.csv"), "utf8");
    const lines = new Set(text.trim().split("\n"));
    const kept = (await runDirectory().readText("splits/test.csv")).trim().split("\n");
    expect(kept.filter((line) => !lines.has(line))).toEqual([]);
  });

  it("profiles the features on the training part", async () => {
    const { record } = asTrained(await test.train(weather));
    const text = await runDirectory().readText("profile.json");
    const profile = parseDocument(profileSchema, text, "profile.json");
    expect(profile.rows).toBe(record.split?.parts["train"]?.rows);
    expect(profile.columns.map(({ name }) => name).sort()).toEqual(
      ["date", "precipitation", "temp_max", "temp_min", "wind"].sort(),
    );
  });

  it("gives the same bytes and the same id for the same inputs, whenever and wherever", async () => {
    const first = asTrained(await test.train(weather));
    const bytes = await readFile(runDirectory().resolve("model.onnx"));
    const second = asTrained(
      await test.train(
        { ...weather, "run-directory": "elsewhere" },
        {
          clock: { now: () => new Date("2031-01-01T00:00:00Z"), wait: () => Promise.resolve() },
        },
      ),
    );
    expect(await readFile(join(test.folder, "elsewhere/model.onnx"))).toEqual(bytes);
    expect(second.record.id).toBe(first.record.id);
    expect(second.modelDigest).toBe(first.modelDigest);
    expect(first.record.id).toMatch(/^[0-9a-f]{16}$/);
  });

  it("gives another id for another seed, param, target column, split or row", async () => {
    const quick = { ...weather, params: "{ model: softmax, max_iterations: 5 }" };
    const ids = new Set<string>();
    for (const change of [
      {},
      { seed: "7" },
      { params: "{ model: softmax, max_iterations: 6 }" },
      { features: "precipitation, temp_max" },
      { split: "0.7/0.1/0.2" },
      { model: "other" },
    ]) {
      ids.add(asTrained(await test.train({ ...quick, ...change })).record.id);
    }
    const path = join(test.folder, "data/weather.csv");
    await writeFile(path, `${await readFile(path, "utf8")}Oslo,2016-01-01,0.0,1.0,0.0,2.0,sun\n`);
    ids.add(asTrained(await test.train(quick)).record.id);
    expect(ids.size).toBe(7);
  });

  it("leaves no row in another part when rows are added", async () => {
    const quick = { ...weather, params: "{ model: softmax, max_iterations: 3 }" };
    await test.train(quick);
    const before = (await runDirectory().readText("splits/test.csv")).trim().split("\n");
    const path = join(test.folder, "data/weather.csv");
    const [header = "", ...lines] = (await readFile(path, "utf8")).trim().split("\n");
    const added = lines.map((line) => line.replace(/^[^,]+/, "Oslo"));
    await writeFile(path, [header, ...added, ...lines].join("\n"));
    await test.train({ ...quick, seed: "99" });
    const after = (await runDirectory().readText("splits/test.csv")).trim().split("\n");
    expect(before.filter((line) => !after.includes(line))).toEqual([]);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it("takes all columns but target and id for features, by default", async () => {
    const { features: _, ...rest } = weather;
    const { record } = asTrained(await test.train({ ...rest, params: "{ model: softmax }" }));
    expect(record["features"]).toEqual(["precipitation", "temp_max", "temp_min", "wind"]);
  });

  it("chooses the kind by validation and records what was asked for as the trainer", async () => {
    const { trained, record } = asTrained(
      await test.train({ ...weather, params: "{ trees: 30, epochs: 3 }" }),
    );
    expect(record.trainer["chosen"]).toBe(trained.candidates[0]?.kind);
    expect(record.trainer.name).toBe("auto");
    expect(trained.candidates).toHaveLength(3);
  });

  it("uploads the whole run under the name that later jobs look for", async () => {
    const artifacts = rememberingArtifacts();
    const outcome = asTrained(await test.train(weather, { artifacts, runAttempt: 2 }));
    expect(outcome.artifactId).toBe(1);
    expect(artifacts.uploads).toEqual([
      {
        name: "slipway-weather-train-model-2",
        files: ["run.json", ...outcome.record.files.map(({ path }) => path)],
      },
    ]);
    const quiet = rememberingArtifacts();
    const kept = await test.train({ ...weather, upload: "false" }, { artifacts: quiet });
    expect(asTrained(kept).artifactId).toBeNull();
    expect(quiet.uploads).toEqual([]);
  });

  it("keeps only digests of the parts when told so", async () => {
    const { record } = asTrained(await test.train({ ...weather, "keep-splits": "false" }));
    expect(record.split?.parts["test"]).toMatchObject({ path: null });
    expect(await readdir(runDirectory().path)).toEqual(["model.onnx", "profile.json", "run.json"]);
    // No later step reads the test part, and no rows stay on the machine.
    expect(await readdir(test.ports().temporaryDirectory)).toEqual([]);
  });

  it("stops the built-in trainer when its time is over", async () => {
    let minutes = 0;
    const clock = {
      now: () => new Date(Date.UTC(2026, 0, 1, 0, (minutes += 1))),
      wait: () => Promise.resolve(),
    };
    await expect(
      test.train({ ...weather, "timeout-minutes": "3" }, { clock }),
    ).rejects.toMatchObject({
      code: "TRAINING_TIMED_OUT",
      message: "The training took longer than timeout-minutes: 3.",
    });
    expect(await readdir(runDirectory().path)).toEqual(["run-failed.json", "splits"]);
  });
});

describe("other data and other splits", () => {
  const quick = { params: "{ model: softmax, max_iterations: 20 }" };
  const bank = { data: "data/breast_cancer.parquet", target: "diagnosis", ...quick };

  it("keeps the parts of Parquet as Parquet", async () => {
    test.copyData("breast_cancer.parquet");
    const { record } = asTrained(await test.train(bank));
    expect(record.split?.parts["test"]?.path).toBe("splits/test.parquet");
    expect((await readPart(record, "test")).rows).toBe(record.split?.parts["test"]?.rows);
    expect(record).toMatchObject({ task: "binary", classes: ["benign", "malignant"] });
    expect(record.id_columns).toEqual([]);
  });

  it("keeps the parts of JSON Lines as JSON Lines, and takes a class called yes for the positive one", async () => {
    const rows = Array.from({ length: 200 }, (_, i) =>
      JSON.stringify({ x: i % 17, y: i % 17 > 8 ? "yes" : "no", id: i }),
    );
    await test.write("rows.jsonl", rows.join("\n"));
    const { record } = asTrained(
      await test.train({ data: "rows.jsonl", target: "y", id: "id", ...quick }),
    );
    expect(record.split?.parts["train"]?.path).toBe("splits/train.jsonl");
    expect(record.positive_class).toBe("yes");
  });

  it("splits by time: no training row is newer than a test row", async () => {
    test.copyData("weather.csv");
    const { record } = asTrained(
      await test.train({ ...weather, ...quick, split: "time 0.7/0.1/0.2" }),
    );
    expect(record.split).toMatchObject({ method: "time", columns: ["date"] });
    const [train, later] = await Promise.all([readPart(record, "train"), readPart(record, "test")]);
    const days = (table: typeof train) => {
      const column = findColumn(table, "date");
      return column?.kind === "date" ? [...column.values] : [];
    };
    expect(Math.max(...days(train))).toBeLessThan(Math.min(...days(later)));
  });

  it("splits so that each part has each class's share when told stratified", async () => {
    test.copyData("breast_cancer.parquet");
    const { record } = asTrained(await test.train({ ...bank, split: "stratified 0.5/0.1/0.4" }));
    const share = async (part: string): Promise<number> => {
      const table = await readPart(record, part);
      const column = findColumn(table, "diagnosis");
      if (column?.kind !== "text") return Number.NaN;
      const benign = column.levels.indexOf("benign");
      return column.codes.filter((code) => code === benign).length / table.rows;
    };
    expect(Math.abs((await share("train")) - (await share("test")))).toBeLessThan(0.01);
  });

  it("splits as a column says, and does not learn from that column", async () => {
    const rows = Array.from(
      { length: 90 },
      (_, i) => `${i % 7},${i % 7 > 3 ? "b" : "a"},${["train", "val", "test"][i % 3]}`,
    );
    await test.write("rows.csv", `x,y,part\n${rows.join("\n")}\n`);
    const { record } = asTrained(
      await test.train({ data: "rows.csv", target: "y", split: "column part", ...quick }),
    );
    expect(record.split).toMatchObject({
      method: "column",
      fractions: null,
      parts: { train: { rows: 30 }, validation: { rows: 30 }, test: { rows: 30 } },
    });
    expect(record["features"]).toEqual(["x"]);
  });

  it("takes a holdout of the user's own for the test part, read with the training data's types", async () => {
    const line = (i: number) => `${i},${(i * 7) % 13},${(i * 7) % 13 > 6 ? "b" : "a"},0${i}`;
    const rows = (from: number, to: number) =>
      `id,x,y,zip\n${Array.from({ length: to - from }, (_, i) => line(from + i)).join("\n")}\n`;
    await test.write("train.csv", `${rows(0, 100)}100,1,a,A1\n`);
    await test.write("holdout.csv", rows(90, 130));
    const outcome = asTrained(
      await test.train({
        data: "train.csv",
        "test-data": "holdout.csv",
        "column-types": "zip: text",
        target: "y",
        id: "id",
        features: "x",
        ...quick,
      }),
    );
    const { record, notes } = outcome;
    expect(record.split).toMatchObject({
      method: "given",
      within: "hash",
      fractions: [0.9, 0.1, 0],
      parts: { test: { rows: 40, path: "splits/test.csv" } },
    });
    expect(record.data.map((entry) => [entry.uri, entry["part"]])).toEqual([
      ["train.csv", undefined],
      ["holdout.csv", "test"],
    ]);
    expect(notes).toContain(
      "11 of 40 rows of test-data are in the training data too: metrics on them flatter the model.",
    );
  });

  it("leaves rows without a target out of every part, and says so", async () => {
    const rows = Array.from(
      { length: 120 },
      (_, i) => `${i},${i % 4 === 0 ? "" : ["a", "b"][i % 2]}`,
    );
    await test.write("rows.csv", `x,y\n${rows.join("\n")}\n`);
    const { record, notes } = asTrained(
      await test.train({ data: "rows.csv", target: "y", ...quick }),
    );
    const parts = Object.values(record.split?.parts ?? {});
    expect(parts.reduce((sum, part) => sum + part.rows, 0)).toBe(90);
    expect(notes).toContain("30 of 120 rows have no y and are in no part.");
  });

  it("reads files that a glob matches in one order, each with its own digest", async () => {
    test.copyData("weather.csv");
    const [header = "", ...lines] = (await readFile(join(test.folder, "data/weather.csv"), "utf8"))
      .trim()
      .split("\n");
    await mkdir(join(test.folder, "parts"));
    await test.write("parts/b.csv", [header, ...lines.slice(1000)].join("\n"));
    await test.write("parts/a.csv", [header, ...lines.slice(0, 1000)].join("\n"));
    const { record } = asTrained(await test.train({ ...weather, ...quick, data: "parts/*.csv" }));
    expect(record.data.map(({ uri, rows }) => [uri, rows])).toEqual([
      ["parts/a.csv", 1000],
      ["parts/b.csv", 1922],
    ]);
  });

  it("takes the words that stand for a missing value as missing", async () => {
    const rows = Array.from(
      { length: 120 },
      (_, i) => `${i},${i % 9 === 0 ? "NA" : i % 10},${["a", "b"][i % 2]}`,
    );
    await test.write("rows.csv", `id,x,y\n${rows.join("\n")}\n`);
    const { record } = asTrained(
      await test.train({ data: "rows.csv", target: "y", id: "id", missing: "NA", ...quick }),
    );
    expect(record["column_kinds"]).toEqual({ id: "number", x: "number", y: "text" });
  });
});
