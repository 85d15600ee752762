import { describe, expect, it } from "vitest";
import type { Profile } from "#core";
import { someRun } from "#core/testing";
import { profileTable } from "#data";
import { lookForDrift } from "./run.ts";
import { openRoom, someInputs } from "./testing/drift-room.ts";
import { textColumns } from "./text-columns.ts";

const count = 400;

/** A file of zip codes and sizes, two columns and a header. */
function csv(zip: (row: number) => string, size: (row: number) => string): string {
  const rows = Array.from({ length: count }, (_, row) => `${zip(row)},${size(row)}`);
  return `zip,size\n${rows.join("\n")}\n`;
}

/** What was found about the columns of `now` when held against those of `past`. */
async function compare(
  files: Readonly<Record<string, string>>,
  current: string,
  more: Readonly<Record<string, string>> = {},
) {
  const room = await openRoom();
  for (const [name, content] of Object.entries(files)) await room.write(name, content);
  const values = { reference: "past.csv", current, ...more };
  const check = await lookForDrift(someInputs(values), room.ports);
  return { check, of: (name: string) => check.columns.find((column) => column.name === name) };
}

const sizes = (row: number): string => String(row % 50);
// The reference has one code with a letter, so that the column is text.
const past = csv((row) => (row === 0 ? "2A1" : row % 2 === 0 ? "007" : "010"), sizes);

describe("columns that are text in the reference", () => {
  it("keeps the zip code 007 where all current ones look like numbers", async () => {
    const now = csv((row) => (row % 2 === 0 ? "007" : "010"), sizes);
    const { of } = await compare({ "past.csv": past, "now.csv": now }, "now.csv");
    expect(of("zip")).toMatchObject({
      drifted: false,
      quality: { newCategories: [], goneCategories: [] },
    });
    expect(of("zip")?.score).toBeLessThan(0.05);
  });

  it("tells 007 from 7 where both look like numbers", async () => {
    const codes = csv((row) => (row === 0 ? "2A1" : row % 2 === 0 ? "7" : "10"), sizes);
    const now = csv((row) => (row % 2 === 0 ? "007" : "010"), sizes);
    const { of } = await compare({ "past.csv": codes, "now.csv": now }, "now.csv");
    expect(of("zip")?.drifted).toBe(true);
    expect(of("zip")?.quality.newCategories.map(({ value }) => value)).toEqual(["007", "010"]);
  });

  it("keeps them in the batches before the first that is none", async () => {
    const now = csv((row) => (row === count - 1 ? "2A1" : row % 2 === 0 ? "007" : "010"), sizes);
    const { of } = await compare({ "past.csv": past, "now.csv": now }, "now.csv");
    expect(of("zip")).toMatchObject({ drifted: false, quality: { newCategories: [] } });
  });

  it("keeps texts of JSON Lines and of a prediction log that look like instants", async () => {
    const at = (row: number): string => `2024-01-0${(row % 2) + 1}T00:00:00+02:00`;
    const batch = csv((row) => (row === 0 ? "no batch" : at(row)), sizes);
    const rows = Array.from({ length: count }, (_, row) => ({ zip: at(row), size: row % 50 }));
    const log = rows.map((inputs, row) => ({
      time: "2026-01-08T00:00:00Z",
      id: `${row}`,
      model: "weather",
      version: "v1.0.0",
      inputs,
      prediction: "x",
    }));
    const lines = (objects: readonly object[]): string =>
      objects.map((object) => JSON.stringify(object)).join("\n");
    const files = { "past.csv": batch, "now.jsonl": lines(rows), "log.jsonl": lines(log) };
    for (const current of ["now.jsonl", "log.jsonl"]) {
      const { of } = await compare(files, current);
      expect(of("zip")).toMatchObject({ drifted: false, quality: { newCategories: [] } });
    }
  });

  it("holds the same under Evidently's method", async () => {
    const now = csv((row) => (row % 2 === 0 ? "007" : "010"), sizes);
    const { of } = await compare({ "past.csv": past, "now.csv": now }, "now.csv", {
      method: "evidently",
    });
    expect(of("zip")).toMatchObject({ drifted: false });
  });

  it("says of a text column that is gone that it is missing", async () => {
    const now = `size\n${Array.from({ length: count }, (_, row) => sizes(row)).join("\n")}\n`;
    const { of } = await compare({ "past.csv": past, "now.csv": now }, "now.csv");
    expect(of("zip")).toMatchObject({ drifted: true, reason: "column zip is missing" });
  });
});

describe("late labels", () => {
  it("are joined by ids as they are written, and keep classes such as 007", async () => {
    const sides = Array.from({ length: 200 }, (_, row) => ({
      id: row % 2 === 0 ? String(row / 2) : String((row - 1) / 2).padStart(6, "0"),
      label: row % 4 < 2 ? "007" : "010",
    }));
    const log = sides.map(({ id, label }) => ({
      time: "2026-01-08T00:00:00Z",
      id,
      model: "weather",
      version: "v1.0.0",
      inputs: { size: 1 },
      prediction: label,
    }));
    const known = sides.filter((_, row) => row % 2 === 1);
    const files = {
      "past.csv": `size,depot\n${sides.map(({ label }, row) => `${row % 50},${label}`).join("\n")}\n1,2A1\n`,
      "log.jsonl": log.map((line) => JSON.stringify(line)).join("\n"),
      "truth.csv": `id,depot\n${known.map(({ id, label }) => `${id},${label}`).join("\n")}\n`,
    };
    const { check } = await compare(files, "log.jsonl", {
      "ground-truth": "truth.csv",
      target: "depot",
      thresholds: "accuracy >= 0.9",
    });
    expect(check.performance).toMatchObject({ rows: 100, unmatched: 0 });
    expect(check.performance?.metrics["accuracy"]?.current.value).toBe(1);
  });
});

describe("columns that are numbers in the reference", () => {
  it("counts what is no number as missing, and goes on reading numbers behind it", async () => {
    const now = csv(
      () => "007",
      (row) => (row % 10 === 9 ? "unknown" : sizes(row)),
    );
    const { of } = await compare({ "past.csv": past, "now.csv": now }, "now.csv");
    expect(of("size")?.current).toMatchObject({ n: count, mismatched: 40 });
    expect(of("size")?.quality).toMatchObject({
      current: { missing: 40, rows: count },
      changedType: null,
    });
  });

  it("calls it a change of type where most are none", async () => {
    const now = csv(
      () => "007",
      (row) => (row % 10 === 9 ? sizes(row) : "2024-01-01"),
    );
    const { of } = await compare({ "past.csv": past, "now.csv": now }, "now.csv");
    expect(of("size")).toMatchObject({
      drifted: true,
      reason: "column size changed type: 360 of 400 values are no number any more",
    });
  });
});

describe("which columns are text", () => {
  const facts = { target: "y", ids: ["customer"] };
  const texts = (name: string, levels: readonly string[]) =>
    ({ kind: "text", name, levels, codes: Int32Array.from(levels, (_, code) => code) }) as const;

  function profile(levels: readonly string[]): Profile {
    const table = { rows: levels.length, columns: [texts("y", levels), texts("zip", levels)] };
    return profileTable(table, { roles: { y: "label" }, minCategoryCount: 1 });
  }

  it("takes classes that are numbers for numbers where the run does not say", () => {
    const of = (levels: readonly string[]) =>
      Object.keys(textColumns({ profile: profile(levels), run: null, table: null }, facts));
    expect(of(["0", "1"])).toEqual(["zip", "id"]);
    expect(of(["00", "01"])).toEqual(["y", "zip", "id"]);
  });

  it("believes the run's own record of what was read", () => {
    const run = { ...someRun(), column_kinds: { y: "text", zip: "number", customer: "text" } };
    const found = textColumns({ profile: profile(["0", "1"]), run, table: null }, facts);
    expect(Object.keys(found)).toEqual(["y", "customer", "id"]);
  });
});
