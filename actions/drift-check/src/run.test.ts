import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseDocument, profileSchema } from "#core";
import { memoryObjectStore, storedFiles } from "#google";
import { driftedColumns } from "./check.ts";
import { driftSchema, type DriftDocument } from "./drift-document.ts";
import { renderOutcome } from "./report.ts";
import { checkDrift, lookForDrift } from "./run.ts";
import {
  dataFile,
  newYork,
  openRoom,
  seattle,
  someInputs,
  weatherVersion,
} from "./testing/drift-room.ts";

const TWO_YEARS = ["2012", "2013"] as const;

async function seattleRoom() {
  return openRoom([await weatherVersion("v1.0.0", await seattle(...TWO_YEARS))]);
}

describe("checkDrift on real weather", () => {
  it("lets Seattle's next two years pass: one column of four moved beyond noise", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await seattle("2014", "2015"));
    const { check } = await checkDrift(someInputs({ current: "now.csv" }), room.ports);
    expect(check.verdict).toBe("pass");
    expect(check.reason).toBe("Both thresholds passed; 1 threshold warns: js(*) <= 0.1.");
    const features = check.columns.filter(({ role }) => role === "feature");
    expect(features.filter(({ drifted }) => drifted).map(({ name }) => name)).toEqual(["temp_max"]);
    const wind = features.find(({ name }) => name === "wind");
    expect(wind?.score).toBeLessThan(wind?.noise ?? 0);
    expect(room.desk.issues.size).toBe(0);
  });

  it("finds New York to be another place than Seattle, and says by how much", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await newYork("2014", "2015"));
    const { check } = await checkDrift(someInputs({ current: "now.csv" }), room.ports);
    expect(check.verdict).toBe("fail");
    expect(check.reason).toBe(
      "1 of 2 thresholds failed: drifted_share <= 0.3; 1 threshold warns: js(*) <= 0.1.",
    );
    expect(driftedColumns(check).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["wind", "temp_min", "temp_max"]),
    );
    const share = check.judgements.find(({ metric }) => metric === "drifted_share");
    expect(share?.measure.value).toBe(1);
  });

  it("leaves the time column out and does not call it a new one", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await seattle("2014", "2015"));
    const { check } = await checkDrift(someInputs({ current: "now.csv" }), room.ports);
    expect(check.columns.map(({ name }) => name)).not.toContain("date");
    expect(check.data.profile.extra_columns).toEqual([]);
  });

  it("writes a document, a profile and a report, and stores them as one artifact", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await newYork("2014"));
    const outcome = await checkDrift(
      someInputs({ current: "now.csv", "metrics-file": "drift.prom" }),
      room.ports,
    );
    const read = (name: string): Promise<string> => readFile(join(room.folder, name), "utf8");
    const document = parseDocument<DriftDocument>(
      driftSchema,
      await read("slipway-run/drift.json"),
      "drift.json",
    );
    expect(document.columns["wind"]).toMatchObject({
      statistic: "js",
      drifted: true,
      threshold: 0.1,
    });
    expect(document.reference).toEqual({ name: "weather v1.0.0", version: "v1.0.0", rows: 731 });
    const profile = parseDocument(
      profileSchema,
      await readFile(outcome.profilePath, "utf8"),
      "profile",
    );
    expect(profile).toMatchObject({ rows: 365 });
    expect(await readFile(outcome.reportPath, "utf8")).toMatch(/^## ❌ Drift of weather: fail/);
    expect(await read("drift.prom")).toContain(
      'slipway_drift_column{model="weather",reference="v1.0.0",column="wind",statistic="js"} 1',
    );
    expect(room.uploads).toEqual(["slipway-weather-drift-check-1"]);
  });

  it("gives every output of the page", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await newYork("2014"));
    const { outputs, failure } = renderOutcome(
      await checkDrift(someInputs({ current: "now.csv" }), room.ports),
    );
    expect(outputs).toMatchObject({
      verdict: "fail",
      drifted: "true",
      "issue-number": "1",
      "dispatched-run-id": "",
    });
    expect(JSON.parse(outputs["drifted-columns"] ?? "")).toContain("wind");
    const scores = JSON.parse(outputs["drift-scores"] ?? "") as Record<string, object>;
    expect(Object.keys(scores["wind"] ?? {})).toEqual([
      "statistic",
      "score",
      "noise",
      "threshold",
      "drifted",
    ]);
    expect(failure).toBeUndefined();
  });

  it("fails the step only when on-drift says so", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await newYork("2014"));
    const inputs = someInputs({ current: "now.csv", "on-drift": "fail" });
    const { failure } = renderOutcome(await checkDrift(inputs, room.ports));
    expect(failure).toBe(
      "weather has drifted from weather v1.0.0: 1 of 2 thresholds failed: drifted_share <= 0.3; 1 threshold warns: js(*) <= 0.1.",
    );
    expect(room.desk.issues.size).toBe(0);
  });

  it("says in the report where noise explains a score above the threshold", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", (await seattle("2014")).split("\n").slice(0, 130).join("\n"));
    const outcome = await checkDrift(
      someInputs({ current: "now.csv", columns: "wind", thresholds: "js(*) <= 0.01" }),
      room.ports,
    );
    const { summary } = renderOutcome(outcome);
    const [wind] = outcome.check.columns;
    expect(wind?.score).toBeGreaterThan(0.1);
    expect(wind?.drifted).toBe(false);
    expect(summary).toContain("but within noise");
    expect(outcome.check.judgements[0]).toMatchObject({ verdict: "pass" });
    expect(outcome.check.judgements[0]?.reason).toMatch(
      /^beyond the bound, but within noise \(99% bound 0\.\d+\): wind$/,
    );
  });

  it("takes a profile or a file of rows as the reference", async () => {
    const room = await openRoom();
    const { profile } = await weatherVersion("v1.0.0", await seattle(...TWO_YEARS));
    await room.write("past/profile.json", JSON.stringify(profile));
    await room.write("past/rows.csv", await seattle(...TWO_YEARS));
    await room.write("now.csv", await newYork("2014"));
    const common = { current: "now.csv", target: "weather", time: "date" };
    const byProfile = await lookForDrift(
      someInputs({ ...common, reference: "past/profile.json" }),
      room.ports,
    );
    const byRows = await lookForDrift(
      someInputs({ ...common, reference: "past/rows.csv" }),
      room.ports,
    );
    expect(byProfile.columns.map(({ name, score }) => [name, score])).toEqual(
      byRows.columns.map(({ name, score }) => [name, score]),
    );
    expect(byRows.reference).toMatchObject({ name: "past/rows.csv", version: null });
  });

  it.each(["psi", "ks", "wasserstein", "hellinger", "kl", "wind: ks, psi"])(
    "finds what is evident by %s",
    async (method) => {
      const room = await seattleRoom();
      await room.write("now.csv", await newYork("2014", "2015"));
      const check = await lookForDrift(someInputs({ current: "now.csv", method }), room.ports);
      expect(driftedColumns(check).map(({ name }) => name)).toContain("wind");
    },
  );
});

describe("current data in many files", () => {
  const line = (row: {
    id: string;
    wind: number;
    version?: string;
    time?: string;
    prediction?: string;
  }): string =>
    JSON.stringify({
      time: row.time ?? "2026-01-08T05:00:00Z",
      request_id: `r-${row.id}`,
      id: row.id,
      model: "weather",
      version: row.version ?? "v1.0.0",
      inputs: { precipitation: 0, temp_max: 15, temp_min: 8, wind: row.wind },
      prediction: row.prediction ?? "sun",
      scores: { sun: 0.75, rain: 0.25 },
      latency_ms: 1,
      trace: null,
    });
  const log = (count: number, extra: Partial<Parameters<typeof line>[0]> = {}, from = 0): string =>
    Array.from({ length: count }, (_, index) =>
      line({ id: `day-${from + index}`, wind: 3, ...extra }),
    ).join("\n");

  it("reads a prediction log by its content, whatever its name, also gzipped", async () => {
    const room = await seattleRoom();
    await room.write("logs/a.txt", log(120));
    await room.write("logs/b.jsonl.gz", gzipSync(log(80, {}, 120)));
    const check = await lookForDrift(someInputs({ current: "logs/*" }), room.ports);
    expect(check.data.rows).toBe(200);
    expect(check.data.notes.shards.map(({ kind }) => kind)).toEqual(["log", "log"]);
    expect(check.columns.find(({ name }) => name === "wind")?.drifted).toBe(true);
  });

  it("counts an id once over all files", async () => {
    const room = await seattleRoom();
    await room.write("logs/a.jsonl", log(120));
    await room.write("logs/b.jsonl", log(120, {}, 60));
    const { data } = await lookForDrift(someInputs({ current: "logs/*" }), room.ports);
    expect(data.rows).toBe(180);
    expect(data.notes.duplicates).toBe(60);
  });

  it("compares a version's predictions only with what that version said", async () => {
    const version = await weatherVersion("v1.1.0", await seattle(...TWO_YEARS));
    const label = version.profile.columns.find(({ name }) => name === "weather");
    if (label === undefined) throw new Error("no label");
    const profile = {
      ...version.profile,
      columns: [
        ...version.profile.columns,
        { ...label, name: "prediction", role: "prediction" as const },
      ],
    };
    const room = await openRoom([{ manifest: version.manifest, profile }]);
    await room.write("logs/old.jsonl", log(150, { version: "v1.0.0", prediction: "snow" }));
    const before = await lookForDrift(someInputs({ current: "logs/*" }), room.ports);
    expect(before.columns.map(({ name }) => name)).not.toContain("prediction");
    expect(before.data).toMatchObject({ rows: 150, answeredRows: 0 });
    await room.write("logs/new.jsonl", log(150, { version: "v1.1.0", prediction: "rain" }, 150));
    const after = await lookForDrift(someInputs({ current: "logs/*" }), room.ports);
    const prediction = after.columns.find(({ name }) => name === "prediction");
    expect(prediction?.current).toMatchObject({ n: 150 });
    expect(prediction?.drifted).toBe(true);
  });

  it("reads each day of the window from a bucket, and only rows within it", async () => {
    const store = memoryObjectStore();
    const put = (uri: string, text: string) => store.createOnly(uri, { bytes: Buffer.from(text) });
    await put(
      "gs://acme-logs/weather/2026-01-06/a.jsonl",
      log(110, { time: "2026-01-06T07:00:00Z" }),
    );
    await put(
      "gs://acme-logs/weather/2026-01-06/b.jsonl",
      log(5, { time: "2026-01-06T01:00:00Z" }, 200),
    );
    await put("gs://acme-logs/weather/2026-01-08/a.jsonl", log(10, {}, 300));
    await put("gs://acme-logs/weather/2025-12-01/a.jsonl", log(50, {}, 400));
    const room = await seattleRoom();
    const ports = { ...room.ports, remote: { gs: storedFiles(() => Promise.resolve(store)) } };
    const current = "gs://acme-logs/weather/{date}/*.jsonl";
    const check = await lookForDrift(someInputs({ current, window: "2d" }), ports);
    expect(check.data.notes.shards).toHaveLength(3);
    expect(check.data.rows).toBe(120);
    const all = await lookForDrift(someInputs({ current }), ports);
    expect(all.data.rows).toBe(175);
  });

  it("takes the window over the time column of a table", async () => {
    const room = await seattleRoom();
    const days = Array.from({ length: 8 }, (_, day) => `2026-01-0${day + 1}T12:00:00Z`);
    const rows = days.flatMap((day) => Array.from({ length: 50 }, () => `${day},0,15,8,3,sun`));
    await room.write(
      "now.csv",
      ["date,precipitation,temp_max,temp_min,wind,weather", ...rows].join("\n"),
    );
    const check = await lookForDrift(someInputs({ current: "now.csv", window: "3d" }), room.ports);
    // From 2026-01-05T06:00Z on: noon of the 5th, 6th, 7th and 8th.
    expect(check.data).toMatchObject({ rows: 200 });
    expect(check.data.notes.outsideWindow).toBe(200);
  });

  it("joins late labels by id and measures what the model is worth now", async () => {
    const version = await weatherVersion("v1.0.0", await seattle(...TWO_YEARS), {
      evaluation: {
        verdict: "pass",
        reason: "",
        rows: 400,
        baseline: null,
        metrics: { accuracy: { value: 0.8, low: 0.76, high: 0.84, n: 400 } },
      },
    });
    const room = await openRoom([version]);
    await room.write("log.jsonl", log(200));
    // 100 of 150 known labels are what was predicted: accuracy 2/3.
    const labels = Array.from(
      { length: 150 },
      (_, index) => `day-${index},${index < 100 ? "sun" : "rain"}`,
    );
    await room.write("truth.csv", ["id,weather", ...labels, "unknown,sun"].join("\n"));
    const inputs = someInputs({
      current: "log.jsonl",
      "ground-truth": "truth.csv",
      thresholds: "accuracy >= production - 0.1\naccuracy >= production - 0.05\naccuracy >= 0.5",
    });
    const check = await lookForDrift(inputs, room.ports);
    expect(check.performance).toMatchObject({ rows: 150, unmatched: 1 });
    const { accuracy } = check.performance?.metrics ?? {};
    expect(accuracy?.current.value).toBeCloseTo(2 / 3, 12);
    expect(accuracy?.worse).toBe(true);
    // Wilson's interval of 100 in 150 is 0.5878 to 0.7370; by square-and-add with 0.76 to 0.84:
    expect(accuracy?.difference?.low).toBeCloseTo(-0.1333 - Math.hypot(2 / 3 - 0.5878, 0.04), 3);
    expect(accuracy?.difference?.high).toBeCloseTo(-0.1333 + Math.hypot(0.737 - 2 / 3, 0.04), 3);
    expect(check.judgements.map(({ verdict }) => verdict)).toEqual([
      "inconclusive",
      "fail",
      "pass",
    ]);
    expect(check.columns.find(({ name }) => name === "weather")?.current.n).toBe(150);
  });

  it("cannot say anything about quality before labels come in", async () => {
    const room = await seattleRoom();
    await room.write("log.jsonl", log(200));
    await room.write("truth.csv", "id,weather\nsomebody,sun\n");
    const inputs = someInputs({
      current: "log.jsonl",
      "ground-truth": "truth.csv",
      thresholds: "accuracy >= 0.5",
    });
    expect(await lookForDrift(inputs, room.ports)).toMatchObject({ verdict: "inconclusive" });
  });
});

describe("what is called drift only with evidence", () => {
  it("is inconclusive with fewer rows than min-rows, and then opens nothing", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", (await newYork("2014")).split("\n").slice(0, 51).join("\n"));
    const { check, issue } = await checkDrift(someInputs({ current: "now.csv" }), room.ports);
    expect(check.verdict).toBe("inconclusive");
    expect(check.reason).toBe("Only 50 rows: min-rows asks for 100, so nothing is called drift.");
    expect(issue).toBeNull();
  });

  it("fails on cells that went missing, by the share of them", async () => {
    const room = await seattleRoom();
    const rows = (await seattle("2014", "2015")).split("\n");
    const holed = rows.map((row, index) =>
      index > 0 && index % 4 === 0 ? row.replace(/^([^,]*),[^,]*/, "$1,") : row,
    );
    await room.write("now.csv", holed.join("\n"));
    const check = await lookForDrift(someInputs({ current: "now.csv" }), room.ports);
    const change = check.judgements.find(({ metric }) => metric === "null_rate_change(*)");
    expect(change).toMatchObject({ verdict: "fail", reason: "precipitation" });
    expect(change?.measure.value).toBeCloseTo(182 / 730, 12);
  });

  it("counts a column that is gone as drifted", async () => {
    const room = await seattleRoom();
    const rows = (await seattle("2014", "2015")).split("\n").map((row) =>
      row
        .split(",")
        .filter((_, at) => at !== 4)
        .join(","),
    );
    await room.write("now.csv", rows.join("\n"));
    const check = await lookForDrift(someInputs({ current: "now.csv" }), room.ports);
    expect(check.columns.find(({ name }) => name === "wind")).toMatchObject({
      drifted: true,
      reason: "column wind is missing",
    });
    expect(check.verdict).toBe("fail");
    const ignoring = await lookForDrift(
      someInputs({ current: "now.csv", ignore: "wind" }),
      room.ports,
    );
    expect(ignoring.columns.map(({ name }) => name)).not.toContain("wind");
  });

  it("judges single columns by their own thresholds", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await newYork("2014", "2015"));
    const thresholds =
      "psi(wind) <= 0.2\npsi(precipitation) <= 0.2\nnull_rate(wind) <= 0.05\nks(*) <= 0.9\njs(winds) <= 0.1";
    const check = await lookForDrift(someInputs({ current: "now.csv", thresholds }), room.ports);
    expect(check.judgements.map(({ verdict }) => verdict)).toEqual([
      "fail",
      "pass",
      "pass",
      "pass",
      "fail",
    ]);
    expect(check.judgements[4]?.reason).toBe('there is no judged column "winds"');
  });

  it("shows text from data as text", async () => {
    const name = "wind|<img src=x>@everyone";
    const room = await openRoom();
    const rows = (shift: number): string =>
      [
        `"${name}"`,
        ...Array.from({ length: 200 }, (_, index) => String((index % 20) + shift)),
      ].join("\n");
    await room.write("past.csv", rows(0));
    await room.write("now.csv", rows(15));
    const outcome = await checkDrift(
      someInputs({ reference: "past.csv", current: "now.csv" }),
      room.ports,
    );
    const { summary } = renderOutcome(outcome);
    expect(outcome.check.verdict).toBe("fail");
    for (const text of [summary, room.desk.issues.get(1)?.body.replace(/<!--.*?-->/s, "")]) {
      expect(text).not.toContain("<img");
      expect(text).not.toContain("@everyone");
    }
  });
});

it("reads real rows of the repository", async () => {
  const room = await openRoom();
  const inputs = someInputs({
    reference: dataFile("drift/penguins_biscoe.csv"),
    current: dataFile("drift/penguins_dream_torgersen.csv"),
  });
  const check = await lookForDrift(inputs, room.ports);
  const species = check.columns.find(({ name }) => name === "species");
  expect(species?.quality).toMatchObject({ goneCategories: ["Gentoo"] });
  expect(species?.quality.newCategories.map(({ value }) => value)).toEqual(["Chinstrap"]);
});
