import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DateColumn } from "#core";
import { bindInputs } from "./bind-inputs.ts";
import { countDays } from "./count-days.ts";
import type { Model } from "./load-model.ts";
import { makeModel, makeNode, makeValueInfo } from "./onnx-builder.ts";
import { createRowScorer, scoreRows, scoreTable } from "./score.ts";
import { signatureOf } from "./signature.ts";
import { numberColumn, openModel, tableOf, textColumn } from "./testing/sample-models.ts";

/** A regressor that answers the days since 1970 it was given, as a double. */
function dayCounter(metadata: Readonly<Record<string, string>>): Promise<Model> {
  const shape = [null, 1];
  return openModel(
    makeModel({
      name: "days",
      nodes: [makeNode({ op: "Identity", inputs: ["at"], outputs: ["y"] })],
      inputs: [makeValueInfo({ name: "at", type: "double", shape })],
      outputs: [makeValueInfo({ name: "y", type: "double", shape })],
      opsets: { "": 17 },
      metadata,
    }),
  );
}

let model: Model;
let plain: Model;
beforeAll(async () => {
  model = await dayCounter({ date_inputs: '["at"]' });
  plain = await dayCounter({});
});
afterAll(() => Promise.all([model.close(), plain.close()]));

const dateColumn = (cells: readonly (string | null)[], dateOnly = false): DateColumn => ({
  kind: "date",
  name: "at",
  values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Date.parse(cell))),
  dateOnly,
});
const asked = { task: "regression" } as const;
async function daysIn(table: Parameters<typeof scoreTable>[1]): Promise<readonly number[]> {
  const scored = await scoreTable(model, table, asked);
  return scored.kind === "regression" ? [...scored.values] : [];
}

describe("counting days of ISO 8601 text", () => {
  it.each([
    ["1970-01-01", 0],
    ["1970-01-02T12:00:00Z", 1.5],
    ["1969-12-31", -1],
    ["2000-03-01", 11_017],
    ["2024-02-29 06:00", 19_782.25],
    ["2024-02-29T08:00:00+02:00", 19_782.25],
    ["2024-02-29T06:00:00.000-00", 19_782.25],
  ])("reads %s as %d", (text, days) => {
    expect(countDays(text)).toBe(days);
  });

  it.each([
    "2023-02-29",
    "2024-13-01",
    "29.02.2024",
    "2024-02-29T24:00",
    "",
    "yesterday",
    "0050-01-01",
  ])("gives NaN for %j", (text) => {
    expect(countDays(text)).toBeNaN();
  });
});

describe("a model whose file says that an input counts days", () => {
  it("has a date in its signature, and the same input without that word a number", () => {
    expect(signatureOf(model).columns).toEqual([
      { name: "at", kind: "date", input: "at", index: 0 },
    ]);
    expect(signatureOf(plain).columns[0]?.kind).toBe("number");
  });

  it("is fed days and their fractions from a column of dates, NaN where one is missing", async () => {
    const days = await daysIn(tableOf(dateColumn(["1970-01-11", null, "1970-01-01T06:00:00Z"])));
    expect(days).toEqual([10, Number.NaN, 0.25]);
  });

  it("is fed the same from text, from named rows and from a prepared scorer", async () => {
    const cells = ["1970-01-11", null, "2024-02-29T18:00:00Z"];
    const expected = [10, Number.NaN, 19_782.75];
    expect(await daysIn(tableOf(textColumn("at", cells)))).toEqual(expected);
    const rows = cells.map((at) => ({ at }));
    expect(await scoreRows(model, rows, asked)).toMatchObject({
      values: Float64Array.from(expected),
    });
    expect(await createRowScorer(model, asked)(rows)).toMatchObject({
      values: Float64Array.from(expected),
    });
  });

  it("takes numbers of a table as days, and says so", async () => {
    const scored = await scoreTable(model, tableOf(numberColumn("at", [10.5])), asked);
    expect(scored).toMatchObject({ values: Float64Array.of(10.5) });
    expect(scored.notes).toContain(
      "Column at holds numbers; the model takes them as days since 1970-01-01.",
    );
  });

  it("refuses text that is no date, with its row", async () => {
    const table = tableOf(textColumn("at", ["2024-01-01", "soon", "never"]));
    await expect(scoreTable(model, table, asked)).rejects.toMatchObject({
      code: "VALUES_DO_NOT_FIT",
      message: expect.stringContaining(
        'Column at, row 2 is "soon", but an ISO 8601 date such as 2024-02-29 is expected (input at).',
      ),
    });
  });

  it("refuses named rows that hold no date, with the path of each", async () => {
    const rows = [{ at: "2024-01-01" }, { at: "2023-02-29" }, { at: 19_782 }, {}];
    await expect(scoreRows(model, rows, asked)).rejects.toMatchObject({
      code: "VALUES_DO_NOT_FIT",
      message: [
        "The rows do not fit sample.onnx:",
        '- [1].at is "2023-02-29", but an ISO 8601 date such as 2024-02-29 is expected (input at).',
        "- [2].at is 19782, but an ISO 8601 date such as 2024-02-29 is expected (input at).",
        "- [3].at is not given.",
      ].join("\n"),
    });
  });
});

describe("a model whose signature alone says so", () => {
  const signature = {
    columns: [{ name: "when", kind: "date" as const, input: "at", index: 0 }],
    outputs: [],
  };

  it("is fed days under the column's own name", async () => {
    const scored = await scoreRows(plain, [{ when: "1970-01-03" }], { ...asked, signature });
    expect(scored).toMatchObject({ values: Float64Array.of(2) });
    const column = { ...dateColumn(["1970-01-03"]), name: "when" };
    expect(await scoreTable(plain, tableOf(column), { ...asked, signature })).toMatchObject({
      values: Float64Array.of(2),
    });
  });

  it("is still refused dates where nothing says that it counts days", async () => {
    await expect(
      scoreTable(plain, tableOf(dateColumn(["1970-01-03"])), asked),
    ).rejects.toMatchObject({
      message: expect.stringContaining("Column at holds dates, but input at takes double."),
    });
  });

  it("counts days in inputs of floating point only", () => {
    const { inputs } = bindInputs(
      {
        fileName: "m.onnx",
        inputs: [{ name: "at", type: "int64", typeName: "", shape: [null, 1] }],
      },
      { signature },
    );
    expect(inputs[0]?.dates).toBeUndefined();
  });
});

describe("a file whose metadata is no list of names", () => {
  it.each(["not json", "{}", "[1]"])("has no date inputs: %s", async (text) => {
    const odd = await dayCounter({ date_inputs: text });
    expect(signatureOf(odd).columns[0]?.kind).toBe("number");
    await odd.close();
  });
});
