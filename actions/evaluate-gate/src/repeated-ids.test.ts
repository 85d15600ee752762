import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Column } from "#core";
import { findRepeatedIds } from "./repeated-ids.ts";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

const numbers = (values: readonly number[]): Column => ({
  kind: "number",
  name: "id",
  values: Float64Array.from(values),
  missing: null,
  integer: true,
});
const texts = (values: readonly string[]): Column => {
  const levels = [...new Set(values)];
  return {
    kind: "text",
    name: "part",
    levels,
    codes: Int32Array.from(values, (value) => levels.indexOf(value)),
  };
};

describe("findRepeatedIds", () => {
  it("finds what comparing every row with every other finds", () => {
    const row = fc.tuple(fc.nat({ max: 6 }), fc.constantFrom("a", "b", "c"), fc.nat({ max: 3 }));
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 25 }),
        fc.integer({ min: 1, max: 3 }),
        (rows, width) => {
          const columns = [
            numbers(rows.map(([id]) => id)),
            texts(rows.map(([, part]) => part)),
            numbers(rows.map(([, , more]) => more)),
          ].slice(0, width);
          const ids = rows.map((cells) => cells.slice(0, width).join("/"));
          const repeated = new Set(ids.filter((id, at) => ids.indexOf(id) < at));
          const second = ids.findIndex((id, at) => ids.indexOf(id) < at);
          expect(findRepeatedIds(columns)).toEqual(
            second < 0
              ? null
              : { count: repeated.size, rows: [ids.indexOf(ids[second] ?? ""), second] },
          );
        },
      ),
    );
  });

  it("has nothing to say where no id is named", () => {
    expect(findRepeatedIds([])).toBeNull();
  });
});

describe("a gate on ids that repeat", () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = openWorkspace();
  });
  afterEach(() => workspace.remove());

  const inputs = {
    predictions: "p.csv",
    target: "label",
    id: "id",
    resamples: "100",
    thresholds: "accuracy >= 0.1",
  };
  /** 60 rows; `idOf` gives each its id. */
  const file = (idOf: (row: number) => string): string =>
    [
      "id,visit,label,prediction",
      ...Array.from({ length: 60 }, (_, row) => `${idOf(row)},${row},${row % 2},${row % 2}`),
    ].join("\n");
  const unique = file((row) => `secret-${row}`);
  const twice = file((row) => `secret-${row === 8 ? 3 : row === 50 ? 20 : row}`);

  it.each([
    ["the candidate's", twice, unique, "p.csv"],
    ["the baseline's", unique, twice, "b.csv"],
  ])("stops before it pairs %s file wrongly", async (_, candidate, baseline, name) => {
    await workspace.write("p.csv", candidate);
    await workspace.write("b.csv", baseline);
    await expect(
      workspace.gate({
        ...inputs,
        "baseline-predictions": "b.csv",
        thresholds: "accuracy >= baseline - 0.01",
      }),
    ).rejects.toMatchObject({
      name: "DataError",
      code: "DUPLICATE_ID",
      message: `${name}: 2 ids occur more than once, first in rows 4 and 9 (by id): which rows belong together cannot be told.`,
      hint: "Make the id unique, or name more columns with id: so that they name one row; an entity that has several rows is named with cluster:.",
    });
  });

  it("pairs by more columns that name one row together", async () => {
    await workspace.write("p.csv", twice);
    await workspace.write("b.csv", twice);
    const { document } = await workspace.gate({
      ...inputs,
      id: "id, visit",
      "baseline-predictions": "b.csv",
      thresholds: "accuracy >= baseline - 0.1",
    });
    expect(document).toMatchObject({ verdict: "pass", baseline: { rows: 60 } });
  });

  it("says so where nothing is paired, unless the entity is named", async () => {
    await workspace.write("p.csv", twice);
    const note = "2 ids occur more than once";
    await workspace.gate({ ...inputs, baseline: "none" });
    expect(await workspace.read("slipway-run/report.md")).toContain(note);
    await workspace.gate({ ...inputs, baseline: "none", cluster: "id" });
    expect(await workspace.read("slipway-run/report.md")).not.toContain("ids occur");
  });
});
