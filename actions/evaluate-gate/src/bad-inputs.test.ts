import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeRows, type Table } from "#core";
import { fixture, openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

/** The fault that the gate ends with; nothing may have been written or said by then. */
async function faultOf(inputs: Readonly<Record<string, string>>): Promise<unknown> {
  const fault = await workspace.gate({ thresholds: "accuracy >= 0.5", ...inputs }).then(
    () => null,
    (error: unknown) => error,
  );
  await expect(workspace.read("slipway-run/evaluation.json")).rejects.toThrow("ENOENT");
  expect(workspace.comments).toEqual([]);
  return fault;
}

const rows = (count: number, line: (row: number) => string, header: string): string =>
  [header, ...Array.from({ length: count }, (_, row) => line(row))].join("\n");

function withoutColumn(name: string) {
  return (table: Table): Table => ({
    rows: table.rows,
    columns: table.columns.filter((column) => column.name !== name),
  });
}

describe("evaluate-gate with bad input", () => {
  it("says that there is no run", async () => {
    expect(await faultOf({})).toMatchObject({
      code: "RUN_NOT_FOUND",
      message: `There is no run.json in ${workspace.path}/slipway-run, and no artifact slipway-weather-* of this workflow run holds one.`,
      hint: expect.stringContaining("Without a run, give predictions:, or model-file: and data:."),
    });
  });

  it("names the nearest column when the target is absent", async () => {
    await workspace.write(
      "p.csv",
      rows(20, (row) => `${row % 2},${row % 2}`, "label,prediction"),
    );
    expect(
      await faultOf({ predictions: "p.csv", target: "lable", "positive-class": "1" }),
    ).toMatchObject({
      code: "UNKNOWN_COLUMN",
      message: 'p.csv has no column "lable".',
      hint: "Did you mean label?",
    });
  });

  it("names file and input when a column of scores is absent", async () => {
    await workspace.write(
      "p.csv",
      rows(20, (row) => `${row % 2},${row % 2},0.${row % 10}`, "label,prediction,probability"),
    );
    const inputs = { predictions: "p.csv", target: "label", "positive-class": "1" };
    const fault = {
      code: "UNKNOWN_COLUMN",
      message: 'scores: p.csv has no column "probabilty".',
      hint: "Did you mean probability?",
    };
    expect(await faultOf({ ...inputs, scores: "probabilty" })).toMatchObject(fault);
    expect(await faultOf({ ...inputs, scores: "0=probability, 1=probabilty" })).toMatchObject(
      fault,
    );
  });

  it("names the nearest column when a feature is absent", async () => {
    await workspace.write(
      "p.csv",
      rows(40, (row) => `${row},${row % 2},${row % 2}`, "wind,label,prediction"),
    );
    expect(
      await faultOf({ predictions: "p.csv", target: "label", features: "wind, wimd" }),
    ).toMatchObject({
      code: "UNKNOWN_COLUMN",
      message: 'features: the data has no column "wimd".',
      hint: "Did you mean wind?",
    });
  });

  it("asks for a target when neither run nor input names one", async () => {
    await workspace.write(
      "p.csv",
      rows(20, (row) => `${row % 2},${row % 2}`, "label,prediction"),
    );
    expect(await faultOf({ predictions: "p.csv" })).toMatchObject({
      code: "NO_TARGET",
      message: "Input target is not given, and no run says which column holds the truth.",
    });
  });

  it("names row and classes when the data holds a class that the model does not know", async () => {
    await writeWeatherRun(workspace, {
      edit: (table) => ({
        rows: table.rows,
        columns: table.columns.map((column) =>
          column.kind === "text" && column.name === "weather"
            ? {
                ...column,
                levels: column.levels.map((level) => (level === "fog" ? "haze" : level)),
              }
            : column,
        ),
      }),
    });
    await expect(workspace.gate({ thresholds: "accuracy >= 0.5" })).rejects.toMatchObject({
      code: "UNKNOWN_CLASS",
      message: expect.stringMatching(
        /^splits\/test\.csv, row \d+: weather holds "haze", which the model does not know: its classes are drizzle, fog, rain, snow, sun\.$/,
      ) as string,
      hint: "Train on every class that the data holds, or correct the value.",
    });
  });

  it("names the row of a NaN score", async () => {
    await workspace.write("p.csv", readFileSync(fixture("data/bad/nan_scores.csv")));
    const header = readFileSync(fixture("data/bad/nan_scores.csv"), "utf8").split("\n")[0] ?? "";
    const [score = ""] = header.split(",").filter((name) => name.includes("score"));
    expect(
      await faultOf({
        predictions: "p.csv",
        target: "label",
        scores: score,
        "positive-class": "1",
        prediction: "none",
      }),
    ).toMatchObject({
      code: "BAD_SCORE",
      message: `p.csv, row 8: score ${score} is NaN; a finite number is expected.`,
    });
  });

  it("names the first row whose probabilities do not sum to 1", async () => {
    const text = readFileSync(fixture("data/bad/probabilities_do_not_sum.csv"), "utf8");
    await workspace.write("p.csv", text);
    const columns = (text.split("\n")[0] ?? "").split(",");
    const scores = columns.filter((name) => /^(p|score|prob)_/.test(name));
    expect(
      await faultOf({
        predictions: "p.csv",
        target: "label",
        scores: scores.map((name) => `${name.replace(/^[a-z]+_/, "")}=${name}`).join(","),
        prediction: "none",
      }),
    ).toMatchObject({
      code: "PROBABILITIES_DO_NOT_SUM",
      message: `p.csv, row 5: the scores of ${scores.map((name) => name.replace(/^[a-z]+_/, "")).join(", ")} sum to 1.7, not to 1.`,
    });
  });

  it("wants at least ten rows", async () => {
    await writeWeatherRun(workspace, { edit: (table) => takeRows(table, [0, 1, 2]) });
    expect(await faultOf({})).toMatchObject({
      code: "TOO_FEW_ROWS",
      message: "splits/test.csv holds 3 rows; at least 10 are needed to judge a model.",
      hint: "Evaluate on more rows.",
    });
  });

  it("shows both lists and the nearest names when model and data disagree on columns", async () => {
    await writeWeatherRun(workspace);
    await workspace.write(
      "holdout.csv",
      rows(
        20,
        () => "Seattle,2015-01-01,0.1,9.5,3.1,2.0,rain",
        "location,date,precipitation,temp_maximum,temp_min,wind,weather",
      ),
    );
    expect(await faultOf({ data: "holdout.csv" })).toMatchObject({
      code: "COLUMNS_DISAGREE",
      message:
        "model.onnx takes columns that the data does not have: temp_max. The model takes precipitation, temp_max, temp_min, wind, location; the data has location, date, precipitation, temp_maximum, temp_min, wind, weather.",
      hint: "temp_max: Did you mean temp_maximum?",
    });
  });

  it("refuses a truncated model", async () => {
    await writeWeatherRun(workspace);
    await workspace.write("bad.onnx", readFileSync(fixture("golden/models/bad/truncated.onnx")));
    await expect(
      workspace.gate({ thresholds: "accuracy >= 0.5", "model-file": "bad.onnx" }),
    ).rejects.toMatchObject({
      name: "DataError",
      message: expect.stringContaining("bad.onnx") as string,
    });
  });

  it("refuses a file that is no ONNX model", async () => {
    await writeWeatherRun(workspace);
    await workspace.write("bad.onnx", readFileSync(fixture("golden/models/bad/not_onnx.onnx")));
    await expect(
      workspace.gate({ thresholds: "accuracy >= 0.5", "model-file": "bad.onnx" }),
    ).rejects.toMatchObject({
      name: "DataError",
      message: expect.stringContaining("bad.onnx") as string,
    });
  });

  it("names the row whose target is missing", async () => {
    await writeWeatherRun(workspace, {
      edit: (table) => ({
        rows: table.rows,
        columns: table.columns.map((column) =>
          column.kind === "text" && column.name === "weather"
            ? { ...column, codes: column.codes.map((code, row) => (row === 4 ? -1 : code)) }
            : column,
        ),
      }),
    });
    expect(await faultOf({})).toMatchObject({
      code: "MISSING_TARGET",
      message: "splits/test.csv, row 5: weather is missing; every row needs one.",
    });
  });

  it("names the row whose prediction or target is infinite, which no error can be measured against", async () => {
    const lines = Array.from({ length: 20 }, (_, row) => [row, row + 0.5]);
    for (const [name, at] of [
      ["prediction", 1],
      ["y", 0],
    ] as const) {
      const rows = lines.map((line, row) =>
        line.map((v, k) => (row === 3 && k === at ? "inf" : v)),
      );
      await workspace.write("p.csv", `y,prediction\n${rows.map(String).join("\n")}\n`);
      const inputs = { predictions: "p.csv", target: "y", baseline: "none", task: "regression" };
      expect(await faultOf({ ...inputs, thresholds: "rmse <= 1" })).toMatchObject({
        code: "NOT_FINITE",
        message: `p.csv, row 4: ${name} is Infinity; a finite number is expected.`,
      });
    }
  });

  it("names the id column that the data lacks", async () => {
    await writeWeatherRun(workspace, { edit: withoutColumn("date") });
    expect(await faultOf({})).toMatchObject({
      code: "UNKNOWN_COLUMN",
      message: 'splits/test.csv has no column "date".',
    });
  });

  it("asks which class is the positive one", async () => {
    await workspace.write(
      "p.csv",
      rows(20, (row) => (row % 2 === 0 ? "a,a" : "b,b"), "label,prediction"),
    );
    expect(await faultOf({ predictions: "p.csv", target: "label" })).toMatchObject({
      code: "NO_POSITIVE_CLASS",
      message: "The classes are a and b: which is the positive one cannot be told.",
      hint: "Set positive-class to a or b.",
    });
  });

  it("says what a run without model, command and predictions lacks", async () => {
    await writeWeatherRun(workspace, { record: { files: [] } });
    expect(await faultOf({})).toMatchObject({
      code: "NOTHING_TO_SCORE",
      message:
        "The run has no ONNX or TensorFlow.js model, no predict-command and no predictions; its files are none.",
    });
  });

  it("names the slices column that is not there", async () => {
    await writeWeatherRun(workspace);
    expect(await faultOf({ slices: "town, location" })).toMatchObject({
      code: "UNKNOWN_COLUMN",
      message: 'slices: the data has no column "town".',
    });
  });

  it("refuses a run of another model", async () => {
    await writeWeatherRun(workspace, { record: { model: "churn" } });
    expect(await faultOf({})).toMatchObject({
      code: "OTHER_MODEL",
      message: "The run in slipway-run is of model churn, not weather.",
    });
  });
});
