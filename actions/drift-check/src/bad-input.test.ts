import { chmod } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { profileSchema, type SlipwayError } from "#core";
import { lookForDrift } from "./run.ts";
import { newYork, openRoom, seattle, someInputs, weatherVersion } from "./testing/drift-room.ts";
import { someManifest } from "#core/testing";
import { renderOutcome } from "./report.ts";
import { checkDrift } from "./run.ts";

async function seattleRoom() {
  return openRoom([await weatherVersion("v1.0.0", await seattle("2012", "2013"))]);
}

/** What a call is refused with. */
async function refusal(work: Promise<unknown>): Promise<SlipwayError> {
  return work.then(
    () => {
      throw new Error("nothing was refused");
    },
    (error: unknown) => error as SlipwayError,
  );
}

function thrownBy(work: () => unknown): SlipwayError {
  try {
    work();
  } catch (error) {
    return error as SlipwayError;
  }
  throw new Error("nothing was refused");
}

describe("bad data", () => {
  it("refuses current data without a row of the model", async () => {
    const room = await seattleRoom();
    const line = {
      time: "2026-01-08T00:00:00Z",
      request_id: "1",
      id: "1",
      model: "churn",
      version: "v1.0.0",
      inputs: { wind: 1 },
      prediction: "x",
      scores: null,
      latency_ms: 1,
      trace: null,
    };
    await room.write("log.jsonl", `${JSON.stringify(line)}\n`);
    const error = await refusal(lookForDrift(someInputs({ current: "log.jsonl" }), room.ports));
    expect(error).toMatchObject({
      code: "NO_ROWS",
      message: "The current data has no row: log.jsonl.",
    });
  });

  it("refuses a window that no row lies in, and says how many lie before it", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await seattle("2014"));
    const error = await refusal(
      lookForDrift(someInputs({ current: "now.csv", window: "7d" }), room.ports),
    );
    expect(error.message).toBe(
      "The current data has no row from 2026-01-01T06:00:00.000Z on (365 before it): now.csv.",
    );
  });

  it("refuses a schema that shares no column", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", "age,plan\n1,a\n2,b\n");
    const error = await refusal(lookForDrift(someInputs({ current: "now.csv" }), room.ports));
    expect(error).toMatchObject({
      code: "NO_SHARED_COLUMN",
      message:
        "The current data shares no column with the reference: it has age, plan; the reference has precipitation, temp_max, temp_min, wind, weather.",
    });
  });

  it("calls a column that changed type drifted, and says what it holds now", async () => {
    const room = await seattleRoom();
    const rows = (await seattle("2014", "2015"))
      .split("\n")
      .map((row, index) => (index === 0 ? row : row.replace(/,([^,]*),([^,]*)$/, ",breezy,$2")));
    await room.write("now.csv", rows.join("\n"));
    const outcome = await checkDrift(someInputs({ current: "now.csv" }), room.ports);
    const wind = outcome.check.columns.find(({ name }) => name === "wind");
    expect(wind).toMatchObject({
      drifted: true,
      reason: "column wind changed type: 730 of 730 values are no number any more",
    });
    expect(outcome.check.verdict).toBe("fail");
    expect(renderOutcome(outcome).summary).toContain(
      "Column <code>wind</code> changed type: 730 of 730 values are no number any more.",
    );
  });

  it("refuses a version without a profile", async () => {
    const room = await openRoom([{ manifest: someManifest(), profile: null }]);
    await room.write("now.csv", await seattle("2014"));
    expect(
      await refusal(lookForDrift(someInputs({ current: "now.csv" }), room.ports)),
    ).toMatchObject({
      code: "REFERENCE_WITHOUT_PROFILE",
      message:
        "weather@v1.0.0 has no profile.json: there is nothing to compare the current data with.",
    });
  });

  it("refuses a profile of a later release", async () => {
    const version = await weatherVersion("v1.0.0", await seattle("2012"));
    const profile = JSON.stringify({ ...version.profile, schema: "slipway/profile@2" });
    const room = await openRoom([{ manifest: version.manifest, profile }]);
    await room.write("now.csv", await seattle("2014"));
    expect(
      await refusal(lookForDrift(someInputs({ current: "now.csv" }), room.ports)),
    ).toMatchObject({
      code: "FUTURE_PROFILE",
      message:
        "profile.json of weather@v1.0.0 is slipway/profile@2; this release of Slipway reads slipway/profile@1.",
    });
    expect(profileSchema.safeParse(version.profile).success).toBe(true);
  });

  it("names a file that cannot be read, judges the others, and says so in the verdict", async () => {
    const room = await seattleRoom();
    await room.write("days/a.csv", await newYork("2014"));
    await room.write(
      "days/b.csv",
      `${(await newYork("2015")).split("\n").slice(0, 50).join("\n")}\n2015-03-01,"cut off`,
    );
    await room.write("days/c.parquet", "PAR1 and then nothing");
    const outcome = await checkDrift(someInputs({ current: "days/*" }), room.ports);
    const { check } = outcome;
    expect(check.data.rows).toBeGreaterThanOrEqual(365);
    expect(check.data.notes.shards.map(({ fault }) => fault === null)).toEqual([
      true,
      false,
      false,
    ]);
    expect(check.verdict).toBe("fail");
    expect(check.reason).toMatch(
      /^1 of 2 thresholds failed: drifted_share <= 0\.3; 1 threshold warns: js\(\*\) <= 0\.1\. 2 of 3 files could not be read to the end and what is left of them is not judged: days\/b\.csv, days\/c\.parquet \(days\/b\.csv/,
    );
    expect(renderOutcome(outcome).summary).toContain("could not be read");
  });

  it("passes the first fault on when no file at all can be read", async () => {
    const room = await seattleRoom();
    await room.write("a.parquet", "PAR1 and then nothing");
    const error = await refusal(lookForDrift(someInputs({ current: "a.parquet" }), room.ports));
    expect(error.message).toMatch(/^a\.parquet/);
  });

  it.skipIf(process.getuid?.() === 0)("leaves a file out that it may not open", async () => {
    const room = await seattleRoom();
    await room.write("days/a.csv", await newYork("2014"));
    await chmod(await room.write("days/b.csv", "x"), 0o000);
    const { data } = await lookForDrift(someInputs({ current: "days/*" }), room.ports);
    expect(data.notes.shards[1]?.fault).toMatch(/EACCES/);
  });

  it("counts bad lines of a log and reads the others", async () => {
    const room = await seattleRoom();
    const line = (id: number): string =>
      JSON.stringify({
        time: "2026-01-08T00:00:00Z",
        request_id: `${id}`,
        id: `${id}`,
        model: "weather",
        version: "v1.0.0",
        inputs: { wind: 3 },
        prediction: "sun",
        scores: null,
        latency_ms: 1,
        trace: null,
      });
    await room.write(
      "log.jsonl",
      [...Array.from({ length: 120 }, (_, id) => line(id)), '{"time":'].join("\n"),
    );
    const { data } = await lookForDrift(someInputs({ current: "log.jsonl" }), room.ports);
    expect(data.rows).toBe(120);
    expect(data.notes).toMatchObject({ badLines: 1 });
  });

  it("says which pattern matches no file", async () => {
    const room = await seattleRoom();
    expect(
      await refusal(
        lookForDrift(someInputs({ current: "logs/{date}/*.jsonl", window: "2d" }), room.ports),
      ),
    ).toMatchObject({
      code: "NO_FILE_MATCHES",
      message: "current: no file matches logs/{date}/*.jsonl on any day of the window.",
    });
  });

  it("asks for the time column of a window", async () => {
    const room = await openRoom();
    await room.write("past.csv", "wind\n1\n2\n");
    await room.write("now.csv", "wind\n1\n2\n");
    const error = await refusal(
      lookForDrift(
        someInputs({ reference: "past.csv", current: "now.csv", window: "1d" }),
        room.ports,
      ),
    );
    expect(error).toMatchObject({
      code: "WINDOW_WITHOUT_TIME",
      message: "window is given, but now.csv has no known time column.",
    });
  });

  it("needs rows to judge as Evidently does", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await seattle("2014"));
    const error = await refusal(
      lookForDrift(someInputs({ current: "now.csv", method: "evidently" }), room.ports),
    );
    expect(error).toMatchObject({
      code: "EVIDENTLY_NEEDS_ROWS",
      message:
        "method: evidently needs the reference's rows, and weather v1.0.0 is a profile, which holds counts only.",
    });
  });

  it("names the nearest column where columns names none", async () => {
    const room = await seattleRoom();
    await room.write("now.csv", await seattle("2014"));
    const error = await refusal(
      lookForDrift(someInputs({ current: "now.csv", columns: "winds" }), room.ports),
    );
    expect(error).toMatchObject({
      message: 'columns: the reference has no column "winds".',
      hint: "Did you mean wind?",
    });
  });
});

describe("bad inputs", () => {
  it("reports every fault at once", () => {
    const error = thrownBy(() =>
      someInputs({
        reference: "a b",
        method: "jss",
        "on-drift": "isue",
        thresholds: "psy(*) <= 1",
      }),
    );
    expect(error.code).toBe("INVALID_INPUTS");
    for (const part of [
      'Input reference is "a b"',
      "Input current is required",
      'there is no method "jss". Did you mean js?',
      "Did you mean issue?",
      'there is no metric "psy". Did you mean psi?',
    ])
      expect(error.message).toContain(part);
  });

  it("reports faults between inputs beside those of inputs, but none of what it could not read", () => {
    const error = thrownBy(() =>
      someInputs({
        method: "jss",
        "on-drift": "dispatch",
        "retrain-workflow": "no workflow",
        consecutive: "many",
        thresholds: "accuracy >= 0.8",
      }),
    );
    for (const part of [
      "Input current is required",
      'there is no method "jss"',
      'Input retrain-workflow is "no workflow"',
      'Input consecutive is "many"',
      "on-drift has dispatch without issue",
      "accuracy needs labels, and ground-truth names none.",
    ])
      expect(error.message).toContain(part);
    expect(error.message.split("\n")).toHaveLength(6);
  });

  it.each([
    [{ "on-drift": "issue, dispatch" }, "NO_RETRAIN_WORKFLOW"],
    [{ "on-drift": "dispatch", "retrain-workflow": "retrain.yml" }, "DISPATCH_WITHOUT_ISSUE"],
    [{ "on-drift": "fail", consecutive: "2" }, "CONSECUTIVE_WITHOUT_ISSUE"],
    [{ thresholds: "accuracy >= 0.8" }, "METRIC_NEEDS_TRUTH"],
  ])("refuses what cannot work together: %o", (values, code) => {
    expect(
      thrownBy(() => someInputs({ current: "a.csv", ...(values as Record<string, string>) })).code,
    ).toBe(code);
  });

  it.each([
    ["psi <= 0.1", "psi needs a column, or * for every one, e.g. psi(*)."],
    ["js(*) <= production", "js is held against a number."],
    ["js(wind)[city=Rome] <= 0.1", "slices are not supported by drift-check."],
  ])("refuses the threshold %s", (thresholds, message) => {
    expect(thrownBy(() => someInputs({ current: "a.csv", thresholds })).message).toContain(message);
  });

  it.each([
    ["production", { kind: "version", selector: "production" }],
    ["1.2.0", { kind: "version", selector: "v1.2.0" }],
    ["data/past.csv.gz", { kind: "file", path: "data/past.csv.gz" }],
    ["gs://acme/past/*.parquet", { kind: "file", path: "gs://acme/past/*.parquet" }],
  ])("reads the reference %s", (reference, expected) => {
    expect(someInputs({ current: "a.csv", reference }).reference).toEqual(expected);
  });

  it("has Evidently's own bound where its method is asked for", () => {
    const { thresholds } = someInputs({ current: "a.csv", method: "evidently" });
    expect(thresholds.map(({ text }) => text)).toEqual(["drifted_share < 0.5"]);
  });
});
