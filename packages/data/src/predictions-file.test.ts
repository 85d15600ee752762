import { describe, expect, it } from "vitest";
import { readPredictions } from "./predictions-file.ts";
import { readTable, requireColumn, requireNumber } from "./read-table.ts";
import { formatRowKey, rowKeys } from "./row-keys.ts";
import { fixtures, temporaryDirectory } from "./test-files.ts";
import { predictionsTable, writeTable } from "./write-table.ts";

const data = { directory: fixtures };
const bad = { directory: `${fixtures}/bad` };

describe("readPredictions", () => {
  it("reads a binary classifier's scores of the positive class", async () => {
    const predictions = await readPredictions(
      "predictions/breast_cancer.csv",
      { target: "label", prediction: "pred_a", scores: ["score_a"], id: ["id"] },
      data,
    );
    expect(predictions).toMatchObject({
      task: "binary",
      classes: ["0", "1"],
      positiveClass: "1",
      probabilities: true,
    });
    expect(predictions.table.rows).toBe(228);
    expect(predictions.scores.map(({ name, values }) => [name, values[0]])).toEqual([
      ["1", 0.999999986856208],
    ]);
    expect(predictions.measures.map((measure) => measure.name)).toEqual(["score_b", "pred_b"]);
  });

  it("reads a score a class by name", async () => {
    const classes = ["drizzle", "fog", "rain", "snow", "sun"];
    const predictions = await readPredictions(
      "predictions/weather.csv",
      {
        target: "label",
        prediction: "pred_a",
        scores: classes.map((name) => `${name}=p_a_${name}`),
      },
      data,
    );
    expect(predictions).toMatchObject({
      task: "multiclass",
      classes,
      positiveClass: null,
      probabilities: true,
    });
    expect(predictions.scores.map(({ name }) => name)).toEqual(classes);
  });

  it("reads a regression", async () => {
    const predictions = await readPredictions(
      "predictions/diabetes.csv",
      { target: "label", prediction: "pred_a" },
      data,
    );
    expect(predictions).toMatchObject({ task: "regression", classes: [], scores: [] });
  });

  it.each([
    [
      "nan_scores.csv",
      { target: "label", scores: ["score"] },
      {
        code: "BAD_SCORE",
        message: "nan_scores.csv, row 8: score score is NaN; a finite number is expected.",
      },
    ],
    [
      "probabilities_do_not_sum.csv",
      { target: "label", scores: ["p_a", "p_b", "p_c"] },
      {
        code: "PROBABILITIES_DO_NOT_SUM",
        message: "probabilities_do_not_sum.csv, row 5: the scores of a, b, c sum to 1.7, not to 1.",
      },
    ],
    [
      "tiny.csv",
      { target: "label", scores: ["score"] },
      {
        code: "TOO_FEW_ROWS",
        message: "tiny.csv holds 3 rows; at least 10 are needed to judge a model.",
      },
    ],
    [
      "probabilities_do_not_sum.csv",
      { target: "lable", scores: ["p_a"] },
      {
        code: "UNKNOWN_COLUMN",
        message: 'probabilities_do_not_sum.csv has no column "lable".',
        hint: "Did you mean label?",
      },
    ],
    [
      "probabilities_do_not_sum.csv",
      { target: "label", scores: ["a=p_a", "b=p_b"] },
      {
        code: "UNKNOWN_CLASS",
        message:
          'probabilities_do_not_sum.csv, row 3: label holds "c", which is none of the classes a, b.',
      },
    ],
    [
      "probabilities_do_not_sum.csv",
      { target: "label", scores: ["0=p_a", "1=p_b", "2=p_c"] },
      {
        code: "UNKNOWN_CLASS",
        hint: "label seems to hold the same classes under other names (a, b, c): name them alike in the target, the predictions, scores: and classes:.",
      },
    ],
    [
      "nan_scores.csv",
      { target: "label" },
      {
        code: "NO_PREDICTION",
        message: "No column of nan_scores.csv is named as prediction or scores.",
      },
    ],
  ])("%s with %j is refused", async (file, columns, fault) => {
    await expect(readPredictions(file, columns, bad)).rejects.toMatchObject(fault);
  });

  it("reads one_class.csv: what one class leaves undefined is for the metrics to say", async () => {
    const predictions = await readPredictions(
      "one_class.csv",
      { target: "label", scores: ["score"], classes: ["0", "1"] },
      bad,
    );
    expect(predictions).toMatchObject({ task: "binary", positiveClass: "1" });
  });

  describe("with predictions that share no value with the truths", () => {
    const lines = (line: (row: number) => string): string =>
      `t,prediction,s\n${Array.from({ length: 12 }, (_, row) => line(row)).join("\n")}\n`;
    const apart = lines((row) => `${row % 2},${row % 2 === 0 ? "False" : "True"},0.${row % 10}`);
    const columns = { target: "t", prediction: "prediction" };
    const read = async (text: string, more: object = {}) => {
      const directory = await temporaryDirectory();
      await directory.write("p.csv", text);
      return readPredictions("p.csv", { ...columns, ...more }, { directory: directory.path });
    };

    it("says of numbers with separators that they were read as text", async () => {
      const prices = lines((row) => `"${row + 1},500.25",${row}1.5,0.5`);
      await expect(read(prices)).rejects.toMatchObject({
        code: "NO_COMMON_CLASS",
        hint: expect.stringContaining("t was read as text: for a regression write plain numbers"),
      });
    });

    it.each([
      ["alone", {}],
      ["and a score", { scores: ["s"] }],
    ])("%s says what both hold", async (_, more) => {
      await expect(read(apart, more)).rejects.toMatchObject({
        name: "DataError",
        code: "NO_COMMON_CLASS",
        message: "p.csv: prediction holds False, True; target t holds 0, 1: no value is in both.",
        hint: "Write the classes alike in both columns; if they are alike and every row is wrong, name them with classes:.",
      });
    });

    it("names but some of many values", async () => {
      await expect(read(lines((row) => `c${row + 10},d${row + 10},1`))).rejects.toThrow(
        "p.csv: prediction holds d10, d11, d12, d13, d14, …; target t holds c10, c11, c12, c13, c14, …: no value is in both.",
      );
    });

    it("takes them as they are where the classes are named, or one is in both", async () => {
      const wrong = lines(() => "no,yes,0.9");
      expect(await read(wrong, { classes: ["no", "yes"] })).toMatchObject({ task: "binary" });
      const some = lines((row) => `${row % 2 === 0 ? "no" : "yes"},yes,0.9`);
      expect(await read(some)).toMatchObject({ classes: ["no", "yes"] });
    });
  });

  it("asks which class is positive when their names do not tell", async () => {
    const penguins = { target: "sex", scores: ["body_mass_g"], classes: ["FEMALE", "MALE"] };
    const directory = await temporaryDirectory();
    await directory.write("p.csv", `sex,body_mass_g\n${"MALE,0.5\nFEMALE,0.1\n".repeat(6)}`);
    await expect(
      readPredictions("p.csv", penguins, { directory: directory.path }),
    ).rejects.toMatchObject({
      code: "NO_POSITIVE_CLASS",
      hint: "Set positive-class to FEMALE or MALE.",
    });
  });
});

describe("predictionsTable", () => {
  it.each(["parquet", "csv", "jsonl"])("is written as %s and read back", async (ending) => {
    const table = await readTable("predictions/breast_cancer.csv", data);
    const keys = rowKeys(table, { id: ["id"], salt: "cancer" });
    const written = predictionsTable({
      keys,
      target: requireColumn(table, "label"),
      prediction: requireColumn(table, "pred_a"),
      scores: [{ name: "1", values: requireNumber(table, "score_a").values }],
    });
    const directory = await temporaryDirectory();
    await writeTable(`${directory.path}/predictions.${ending}`, written);
    const back = await readPredictions(
      `predictions.${ending}`,
      { target: "label", prediction: "prediction", scores: ["score_1"], id: ["id"] },
      { directory: directory.path, types: { id: "text" } },
    );
    expect(back.scores[0]?.values).toEqual(requireNumber(table, "score_a").values);
    const [id] = back.id;
    expect(id?.kind === "text" && id.levels[0]).toBe(formatRowKey(keys[0] ?? 0n));
  });

  it("refuses other endings", async () => {
    await expect(writeTable("predictions.xlsx", { rows: 0, columns: [] })).rejects.toMatchObject({
      code: "UNKNOWN_FORMAT",
    });
  });
});
