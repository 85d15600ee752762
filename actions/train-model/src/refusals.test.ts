import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeError, openRunDirectory } from "#toolkit";
import { renderOutcome } from "./report.ts";
import { asTrained, createTestRun, type TestRun } from "./testing/test-run.ts";

let test: TestRun;
beforeEach(async () => {
  test = await createTestRun();
  // What an earlier run left must not make a refused one look finished.
  await test.write("slipway-run/run.json", "{}");
});
afterEach(async () => {
  const directory = openRunDirectory(join(test.folder, "slipway-run"));
  if (await directory.has("run.json")) throw new Error("A refused run looks finished.");
  await test.remove();
});

const weather = { data: "data/weather.csv", target: "weather", id: "location, date" };
async function refusal(inputs: Record<string, string>): Promise<string> {
  const error: unknown = await test.train(inputs).catch((thrown: unknown) => thrown);
  return describeError(error);
}

describe("bad input", () => {
  it("of no file is refused", async () => {
    expect(await refusal({ ...weather, data: "data/wether.csv\ndata/*.parquet" })).toBe(
      `No file matches data/wether.csv, data/*.parquet in ${test.folder}.\nCheck the spelling and the working directory; was the file checked out, downloaded or pulled (dvc pull, git lfs pull) in an earlier step? [NO_FILE_MATCHES]`,
    );
  });

  it("of unknown columns is refused, all at once and with the nearest names", async () => {
    test.copyData("weather.csv");
    const inputs = { ...weather, target: "wether", features: "temp_mx, wind", time: "day" };
    expect(await refusal(inputs)).toBe(
      [
        '- target: the data has no column "wether". Did you mean weather?',
        '- features: the data has no column "temp_mx". Did you mean temp_max?',
        '- time: the data has no column "day". Did you mean date?',
        "Correct every line above; all of them were found in one pass. [INVALID_INPUTS]",
      ].join("\n"),
    );
  });

  it("of a target that is a feature is refused", async () => {
    test.copyData("weather.csv");
    expect(await refusal({ ...weather, features: "wind, weather" })).toBe(
      'features: names the target "weather".\nA model that is told the answer learns nothing: leave it out. [TARGET_IS_FEATURE]',
    );
  });

  it("of a ragged CSV is refused with line and byte", async () => {
    test.copyData("bad/ragged.csv");
    expect(await refusal({ data: "data/ragged.csv", target: "name" })).toBe(
      "data/ragged.csv is not a sound CSV file: line 3 (byte 24) has 2 fields, the header has 3; line 4 (byte 30) has 4 fields, the header has 3.\nGive every line 3 fields separated by a comma; a field that holds the separator stands in double quotes. [RAGGED_CSV]",
    );
  });

  it("of a badly quoted CSV is refused with line and byte", async () => {
    test.copyData("bad/bad_quote.csv");
    expect(await refusal({ data: "data/bad_quote.csv", target: "name" })).toBe(
      'data/bad_quote.csv is not a sound CSV file: line 3 (byte 26) opens a quoted field that never closes.\nPut a field that holds a quote, a separator or a line end in double quotes, and write each quote inside it twice (""). [BAD_QUOTES]',
    );
  });

  it("of numbers with words among them is refused, with what to do", async () => {
    test.copyData("bad/mixed_types.csv");
    const mixed = { data: "data/mixed_types.csv", command: "true", features: "age" };
    expect(await refusal(mixed)).toBe(
      'data/mixed_types.csv: column age holds numbers until line 42, which holds "unknown"; the whole column is read as text.\nCorrect the value; or name it in missing: when "unknown" stands for none; or say column-types: "age: text" when the column is text. [MIXED_TYPES]',
    );
    // Told that it is text, the command is run, which leaves no model.
    expect(await refusal({ ...mixed, "column-types": "age: text" })).toContain("[NO_MODEL]");
  });

  it("of an empty part is refused", async () => {
    test.copyData("bad/tiny.csv");
    expect(await refusal({ data: "data/tiny.csv", target: "score" })).toBe(
      "split by hash 0.8/0.1/0.1 leaves the test part of 3 rows empty.\nUse more rows, or give the part a larger share; a part that is not wanted has the share 0. [EMPTY_PART]",
    );
  });

  it("of a class with one row is refused with its row", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${i},${i === 41 ? "hail" : "ab"[i % 2]}`);
    await test.write("rows.csv", `x,y\n${rows.join("\n")}\n`);
    const expected =
      'target: class "hail" of y has one row (row 42); at least two are needed.\nAdd rows of that class, join it with another, or set task: regression when the target is a quantity. [SMALL_CLASS]';
    expect(await refusal({ data: "rows.csv", target: "y" })).toBe(expected);
    expect(await refusal({ data: "rows.csv", target: "y", command: "true" })).toBe(expected);
  });

  it("of one class, of text for a regression and of three classes for a binary task is refused", async () => {
    test.copyData("bad/one_class.csv", "weather.csv");
    expect(await refusal({ data: "data/one_class.csv", target: "label", task: "binary" })).toBe(
      'target: label holds "1" in every row; two or more classes are needed.\nCheck the target and what the data was filtered by. [ONE_CLASS]',
    );
    expect(await refusal({ ...weather, task: "regression" })).toBe(
      'target: weather holds text ("drizzle"); a regression needs numbers.\nSet task: multiclass or binary, or name a column of numbers. [TASK_DISAGREES]',
    );
    expect(await refusal({ ...weather, task: "binary" })).toBe(
      "target: weather holds 5 classes; task: binary needs two.\nSet task: multiclass, or merge classes first. [TASK_DISAGREES]",
    );
  });

  it("of params that are no map is refused", async () => {
    test.copyData("weather.csv");
    await expect(async () => test.train({ ...weather, params: "- trees" })).rejects.toMatchObject({
      message:
        'Input params is "- trees": expected a YAML map of names and values, such as `depth: 6`.',
    });
    expect(await refusal({ ...weather, params: "tres: 5" })).toBe(
      "params.tres is not a param of the built-in trainer.\nDid you mean trees? [UNKNOWN_PARAM]",
    );
  });

  it("of inputs that contradict each other is refused", async () => {
    test.copyData("weather.csv");
    const both = { ...weather, command: "true", trainer: "tabular" };
    expect(await refusal(both)).toBe(
      "Both command (true) and trainer: tabular are given.\nLeave one of them out. [TWO_TRAINERS]",
    );
    const { target: _, ...noTarget } = weather;
    expect(await refusal(noTarget)).toBe(
      "Input target is not given; the built-in trainer needs to know what to predict.\nGive target: the column's name, here or in slipway.yml; or a command of your own. [NO_TARGET]",
    );
    expect(await refusal({ ...weather, "hand-over-test": "true" })).toContain(
      "hand-over-test: true is for a command",
    );
    expect(await refusal({ ...weather, split: "time 0.8/0.1/0.1" })).toBe(
      "split: time needs a time column, and none is given.\nGive time: the column that says when a row happened. [SPLIT_NEEDS_TIME]",
    );
    expect(
      await refusal({ ...weather, split: "0.8/0.1/0.1", "test-data": "data/weather.csv" }),
    ).toBe(
      "split: 0.8/0.1/0.1 keeps a test part of 0.1, and test-data names a holdout: there can be one test part only.\nWith test-data write the shares of train and validation, e.g. split: 0.9/0.1. [TWO_TEST_PARTS]",
    );
  });

  it("of a holdout that lacks columns is refused", async () => {
    test.copyData("weather.csv");
    await test.write("holdout.csv", "location,date,weather\nOslo,2016-01-01,sun\n");
    expect(await refusal({ ...weather, features: "wind", "test-data": "holdout.csv" })).toBe(
      "test-data has no column wind; it holds location, date, weather.\nThe holdout needs the target and every feature under the same names. [TEST_DATA_LACKS_COLUMNS]",
    );
  });

  it("of a working directory that is none, and of a run directory around the repository is refused", async () => {
    test.copyData("weather.csv");
    expect(await refusal({ ...weather, command: "true", "working-directory": "nowhere" })).toBe(
      `working-directory: ${join(test.folder, "nowhere")} is no directory.\nGive a path relative to the repository's root; was the repository checked out before? [NO_WORKING_DIRECTORY]`,
    );
    expect(await refusal({ ...weather, "run-directory": ".." })).toContain(
      "is the repository itself or a folder around it.",
    );
    expect(await refusal({ ...weather, "run-directory": "." })).toContain("RUN_DIRECTORY_TOO_WIDE");
  });

  it("of code globs that match nothing is refused", async () => {
    test.copyData("weather.csv");
    test.git("init", "-q");
    expect(await refusal({ ...weather, code: "train.py\nfeatures/**" })).toBe(
      "code: no tracked file matches train.py, features/**.\nGlobs start at the repository's root; files must be committed to count as code. [CODE_MATCHES_NOTHING]",
    );
  });
});

describe("data checks", () => {
  beforeEach(() => test.copyData("weather.csv"));
  const quick = { ...weather, params: "{ model: softmax, max_iterations: 5 }" };

  it("stop the training where one of them fails, with every failed check and five rows", async () => {
    const expectations = [
      "- { check: range, column: wind, max: 9 }",
      "- { check: not-null, column: wind }",
      "- { check: rows, min: 5000 }",
      "- { check: range, column: temp_max, max: 35, severity: warn }",
    ].join("\n");
    const outcome = await test.train({ ...quick, expectations });
    expect(outcome.kind).toBe("refused");
    const { failure, summary, annotations, outputs } = renderOutcome(outcome);
    expect(failure).toMatch(
      /^Nothing was trained: 2 of 4 data checks failed\.\n- every wind should be at most 9; \d+ of 2922 rows \([\d.]+%\) do not \(row \d+: [\d.]+, /,
    );
    expect(failure?.match(/row \d+: /g)).toHaveLength(5);
    expect(failure).toContain("- the number of rows should be at least 5000; it is 2922.");
    expect(summary).toContain("weather was not trained");
    expect(annotations).toHaveLength(1);
    expect(outputs).toEqual({});
  });

  it("let a warning pass, and are shown", async () => {
    await test.write("checks.yml", "- { check: range, column: wind, max: 9, severity: warn }\n");
    const outcome = await test.train({ ...quick, expectations: "checks.yml" });
    const { summary, annotations, failure } = renderOutcome(outcome);
    expect(asTrained(outcome).checks.results).toHaveLength(1);
    expect(failure).toBeUndefined();
    expect(annotations).toMatchObject([{ level: "warning" }]);
    expect(summary).toContain("### Data checks");
  });

  it("can be inferred, and then hold for the very data", async () => {
    const { record, checks } = asTrained(await test.train({ ...quick, expectations: "infer" }));
    expect(checks.results.every(({ passed }) => passed)).toBe(true);
    expect(record.files.map(({ path }) => path)).toContain("expectations.yml");
    const again = await test.train({
      ...quick,
      expectations: await openRunDirectory(join(test.folder, "slipway-run")).readText(
        "expectations.yml",
      ),
    });
    expect(again.kind).toBe("trained");
  });

  it("compare the rows with the last version's, and ask for it only then", async () => {
    const expectations = "- { check: row-count-change, max: 0.1 }";
    let asked = 0;
    const previousRows = () => Promise.resolve((asked += 1) * 2900);
    expect((await test.train({ ...quick, expectations }, { previousRows })).kind).toBe("trained");
    expect((await test.train({ ...quick, expectations }, { previousRows })).kind).toBe("refused");
    await test.train({ ...quick, expectations: "- { check: rows, min: 1 }" }, { previousRows });
    expect(asked).toBe(2);
  });

  it("that cannot be read are refused", async () => {
    expect(await refusal({ ...quick, expectations: "checks.yml" })).toBe(
      "expectations: the file checks.yml cannot be read.\nGive its path relative to the repository's root, or write the checks themselves. [EXPECTATIONS_NOT_FOUND]",
    );
    expect(await refusal({ ...quick, expectations: "- { check: rang, column: wind }" })).toContain(
      'there is no check "rang". Did you mean range?',
    );
  });

  afterEach(async () => {
    await rm(join(test.folder, "slipway-run/run.json"), { force: true });
  });
});
