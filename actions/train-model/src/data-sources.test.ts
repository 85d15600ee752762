import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryObjectStore } from "#google";
import { storedFiles } from "./stored-files.ts";
import { asTrained, createTestRun, type TestRun } from "./testing/test-run.ts";

let test: TestRun;
beforeEach(async () => {
  test = await createTestRun();
  test.copyData("weather.csv");
});
afterEach(() => test.remove());

const quick = {
  target: "weather",
  id: "location, date",
  params: "{ model: softmax, max_iterations: 5 }",
};
const csv = () => readFile(join(test.folder, "data/weather.csv"));
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const pointer = (hash: string) => `outs:\n- md5: ${hash}\n  size: 121417\n  path: weather.csv\n`;

describe("data that DVC tracks", () => {
  it("is found through its pointer and recorded with DVC's hash", async () => {
    await test.write(
      "data/weather.csv.dvc",
      `${pointer(md5(await csv()))}deps:\n- path: w\n  repo: { url: x, rev_lock: abc123 }\n`,
    );
    const { record } = asTrained(await test.train({ ...quick, data: "data/weather.csv.dvc" }));
    expect(record.data).toMatchObject([
      { uri: "data/weather.csv", dvc: { md5: md5(await csv()), rev_lock: "abc123" } },
    ]);
    const direct = asTrained(await test.train({ ...quick, data: "data/*.csv" }));
    expect(direct.record.data).toEqual(record.data);
    expect(direct.record.id).toBe(record.id);
  });

  it("is refused where it was not pulled", async () => {
    await test.write("raw/weather.csv.dvc", pointer("a".repeat(32)));
    await expect(test.train({ ...quick, data: "raw/*.dvc" })).rejects.toMatchObject({
      code: "DVC_NOT_PULLED",
      message: `raw/weather.csv.dvc points to raw/weather.csv (md5 ${"a".repeat(32)}), which is not here.`,
      hint: "Run dvc pull raw/weather.csv.dvc in an earlier step.",
    });
  });

  it("is refused where it is not what its pointer says, and noted where it was named itself", async () => {
    await test.write("data/weather.csv.dvc", pointer("a".repeat(32)));
    await expect(test.train({ ...quick, data: "data/weather.csv.dvc" })).rejects.toMatchObject({
      code: "DVC_DISAGREES",
      message: `data/weather.csv is not what data/weather.csv.dvc points to (md5 ${"a".repeat(32)}).`,
    });
    const { record, notes } = asTrained(await test.train({ ...quick, data: "data/weather.csv" }));
    expect(record.data[0]?.dvc).toBeNull();
    expect(notes.join()).toContain("data/weather.csv is not what data/weather.csv.dvc tracks");
  });

  it("may be a directory or stand in dvc.lock", async () => {
    await test.write(
      "data.dvc",
      `outs:\n- md5: ${"1".repeat(32)}.dir\n  nfiles: 1\n  path: data\n`,
    );
    const { record } = asTrained(await test.train({ ...quick, data: "data.dvc" }));
    expect(record.data[0]).toMatchObject({
      uri: "data/weather.csv",
      dvc: { md5: `${"1".repeat(32)}.dir` },
    });
    await test.write(
      "dvc.lock",
      `schema: "2.0"\nstages:\n  fetch:\n    cmd: x\n    outs:\n    - path: data/weather.csv\n      md5: ${md5(await csv())}\n`,
    );
    const locked = asTrained(await test.train({ ...quick, data: "data/weather.csv" }));
    expect(locked.record.data[0]?.dvc?.md5).toBe(md5(await csv()));
  });
});

describe("data in a bucket", () => {
  it("is read once an object, digested, and gives the rows that a local copy gives", async () => {
    const text = (await csv()).toString();
    const [header = "", ...lines] = text.trim().split("\n");
    const store = memoryObjectStore();
    const put = (name: string, rows: readonly string[]) =>
      store.createOnly(`gs://bucket/weather/${name}`, {
        bytes: Buffer.from(`${[header, ...rows].join("\n")}\n`),
      });
    await put("2.csv", lines.slice(1000));
    await put("1.csv", lines.slice(0, 1000));
    await put("notes.txt", []);
    const reads: string[] = [];
    const counting = {
      ...store,
      read: (uri: string) => {
        reads.push(uri);
        return store.read(uri);
      },
    };
    const remote = () => ({ gs: storedFiles(counting, join(test.folder, "cache")) });
    const data = "gs://bucket/weather/*.csv";
    const { record } = asTrained(await test.train({ ...quick, data }, { remote: remote() }));
    expect(record.data.map(({ uri, rows, bytes }) => [uri, rows, bytes > 0])).toEqual([
      ["gs://bucket/weather/1.csv", 1000, true],
      ["gs://bucket/weather/2.csv", 1922, true],
    ]);
    expect(reads).toEqual(["gs://bucket/weather/1.csv", "gs://bucket/weather/2.csv"]);
    const local = asTrained(await test.train({ ...quick, data: "data/weather.csv" }));
    expect(record.split?.parts["test"]?.digest).toBe(local.record.split?.parts["test"]?.digest);
  });

  it("is refused where no object matches", async () => {
    const remote = { gs: storedFiles(memoryObjectStore(), join(test.folder, "cache")) };
    await expect(
      test.train({ ...quick, data: "gs://bucket/none.csv" }, { remote }),
    ).rejects.toMatchObject({
      code: "NO_FILE_MATCHES",
    });
  });
});

describe("the code that trains", () => {
  const train = async (extra: Record<string, string> = {}, ports = {}) =>
    asTrained(await test.train({ ...quick, data: "data/weather.csv", ...extra }, ports)).record;
  beforeEach(async () => {
    await test.write("train.py", "print(1)\n");
    await test.write("README.md", "read me\n");
    await test.write("slipway.yml", "models: {}\n");
    test.git("init", "-q");
    test.git("add", ".");
    test.git("commit", "-qm", "first");
  });

  it("is the tracked files but data, documents and settings", async () => {
    const first = await train();
    expect(first.code?.files).toBe(1);
    await test.write("README.md", "read me again\n");
    await test.write("slipway.yml", "models: { weather: {} }\n");
    await test.write("untracked.py", "print(2)\n");
    const same = await train();
    expect(same.code).toEqual(first.code);
    expect(same.id).toBe(first.id);
    expect(same.source.dirty).toBe(true);
    await test.write("train.py", "print(3)\n");
    const changed = await train();
    expect(changed.code?.digest).not.toBe(first.code?.digest);
    expect(changed.id).not.toBe(first.id);
    test.git("commit", "-qam", "second");
    expect((await train()).code).toEqual(changed.code);
  });

  it("is what the globs name where there are some", async () => {
    await mkdir(join(test.folder, "features"));
    await writeFile(join(test.folder, "features/rain.py"), "x = 1\n");
    test.git("add", ".");
    const code = "features/**\n*.md";
    expect((await train({ code })).code?.files).toBe(2);
  });

  it("is of the commit that the workflow runs for, else of the checkout's", async () => {
    const head = test.git("rev-parse", "HEAD");
    expect((await train()).source).toMatchObject({ commit: head, dirty: false });
    const sha = "f".repeat(40);
    const { source } = test.ports();
    const record = await train({}, { source: { ...source, sha } });
    expect(record.source.commit).toBe(sha);
    expect(test.log.lines.join("\n")).toContain(
      `The checkout is at ${head.slice(0, 12)}, the workflow runs for ${sha.slice(0, 12)}`,
    );
  });
});
