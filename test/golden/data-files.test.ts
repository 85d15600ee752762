import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readTable, requireNumber } from "#data";

const directory = fileURLToPath(new URL("../fixtures/data", import.meta.url));

describe("the data sets", () => {
  it("breast_cancer.csv and breast_cancer.parquet hold the same", async () => {
    const csv = await readTable("breast_cancer.csv", { directory });
    const parquet = await readTable("breast_cancer.parquet", { directory });
    expect(parquet.rows).toBe(569);
    expect(parquet.columns).toEqual(csv.columns);
  });

  it.each([
    ["weather.csv", 2922, ["text", "date", "number", "number", "number", "number", "text"]],
    ["penguins.csv", 344, ["text", "text", "number", "number", "number", "number", "text"]],
    ["wine.csv", 178, Array.from({ length: 14 }, () => "number")],
    ["diabetes.csv", 442, Array.from({ length: 11 }, () => "number")],
  ])("%s has %d rows of these kinds", async (file, rows, kinds) => {
    const table = await readTable(file, { directory });
    expect(table.rows).toBe(rows);
    expect(table.columns.map((column) => column.kind)).toEqual(kinds);
    expect(table.notes).toEqual([]);
  });

  it("penguins.csv lacks the measures of 2 rows", async () => {
    const mass = requireNumber(await readTable("penguins.csv", { directory }), "body_mass_g");
    expect(mass.missing?.reduce((sum, flag) => sum + flag, 0)).toBe(2);
  });
});
