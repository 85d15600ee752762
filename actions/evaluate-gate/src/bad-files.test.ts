import { readFileSync, readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeRows, type Table } from "#core";
import { describeError } from "#toolkit";
import { fixture, openWorkspace, writeWeatherRun, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const alone = {
  target: "label",
  baseline: "none",
  thresholds: "accuracy >= 0.5",
  resamples: "100",
};

/** What a user reads when the gate cannot judge; nothing may have been written or said by then. */
async function readError(inputs: Readonly<Record<string, string>>): Promise<string> {
  const fault = await workspace
    .gate({ ...alone, ...inputs })
    .then(({ document }) => `${document.verdict}: ${document.reason}`, describeError);
  await expect(workspace.read("slipway-run/evaluation.json")).rejects.toThrow("ENOENT");
  expect(workspace.comments).toEqual([]);
  return fault;
}

const QUOTES =
  'Put a field that holds a quote, a separator or a line end in double quotes, and write each quote inside it twice (""). [BAD_QUOTES]';
const MORE_ROWS = "Evaluate on more rows. [TOO_FEW_ROWS]";

const RAGGED: readonly string[] = [
  "ragged.csv is not a sound CSV file: line 3 (byte 24) has 2 fields, the header has 3; line 4 (byte 30) has 4 fields, the header has 3.",
  "Give every line 3 fields separated by a comma; a field that holds the separator stands in double quotes. [RAGGED_CSV]",
];

/** Every bad file, as predictions: further inputs, and the whole message. */
const BAD_FILES: Readonly<
  Record<string, readonly [Readonly<Record<string, string>>, ...(readonly string[])]>
> = {
  "bad_quote.csv": [
    {},
    "bad_quote.csv is not a sound CSV file: line 3 (byte 26) opens a quoted field that never closes.",
    QUOTES,
  ],
  "bom.csv": [
    { target: "id", prediction: "score" },
    "bom.csv holds 2 rows; at least 10 are needed to judge a model.",
    MORE_ROWS,
  ],
  "crlf_quoted_newline.csv": [
    { target: "comment", prediction: "score" },
    "crlf_quoted_newline.csv holds 4 rows; at least 10 are needed to judge a model.",
    MORE_ROWS,
  ],
  "duplicate_header.csv": [
    {},
    'duplicate_header.csv, line 1: "score" names columns 2 and 3; column 4 has no name.',
    "Give every column a name of its own in the header. [BAD_HEADER]",
  ],
  "empty.csv": [
    {},
    "empty.csv is empty (0 bytes of text).",
    "A CSV starts with a header line. Did the step that writes it fail? [EMPTY_FILE]",
  ],
  "header_only.csv": [
    {},
    "header_only.csv holds a header (id, name, score) and no row.",
    "Did the query or the step that writes the data come out empty? [NO_ROWS]",
  ],
  "huge_field.csv": [
    { target: "text", prediction: "score" },
    "huge_field.csv holds 3 rows; at least 10 are needed to judge a model.",
    MORE_ROWS,
  ],
  "latin1.csv": [
    {},
    "latin1.csv is not UTF-8: byte 17 (line 2) is 0xFC, byte 30 (line 3) is 0xE1, byte 45 (line 4) is 0xE9.",
    "It looks like Latin-1 or Windows-1252. Convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv [NOT_UTF8]",
  ],
  "mixed_types.csv": [
    { target: "age", prediction: "score", task: "regression" },
    "mixed_types.csv, row 45: age is missing; every row needs one.",
    "Drop the rows that have none, or score them first. [MISSING_TARGET]",
  ],
  "nan_scores.csv": [
    { scores: "score", "positive-class": "1" },
    "nan_scores.csv, row 8: score score is NaN; a finite number is expected.",
    "A model that yields NaN is broken for that row (missing inputs, overflow): correct it or drop the row. [BAD_SCORE]",
  ],
  "not_parquet.parquet": [
    {},
    'not_parquet.parquet is not a Parquet file: it starts with "id,name·1,ann·", "PAR1" is expected.',
    "It looks like text: give it the ending .csv or .jsonl, or name its format. [NOT_PARQUET]",
  ],
  "nul_bytes.csv": [
    {},
    "nul_bytes.csv holds NUL bytes (4 in what was read so far), the first at byte 18 (line 2).",
    "Text holds no NUL: the file is damaged or binary. Remove them: tr -d '\\000' < old.csv > new.csv [NUL_BYTE]",
  ],
  "probabilities_do_not_sum.csv": [
    { scores: "a=p_a,b=p_b,c=p_c" },
    "probabilities_do_not_sum.csv, row 5: the scores of a, b, c sum to 1.7, not to 1.",
    "Give one probability a class (softmax), in the right columns. [PROBABILITIES_DO_NOT_SUM]",
  ],
  "quote_inside.csv": [
    {},
    "quote_inside.csv is not a sound CSV file: line 3 (byte 28) has a quote inside an unquoted field; line 4 (byte 41) has text after a closing quote.",
    QUOTES,
  ],
  "ragged.csv": [{}, ...RAGGED],
  "tiny.csv": [
    { scores: "score", "positive-class": "1" },
    "tiny.csv holds 3 rows; at least 10 are needed to judge a model.",
    MORE_ROWS,
  ],
  "truncated.parquet": [
    {},
    'truncated.parquet starts as a Parquet file but its 86,824 bytes do not end with the footer\'s "PAR1": it is cut off.',
    "Download or write it again and compare its size and digest. [TRUNCATED_PARQUET]",
  ],
  "utf16.csv": [
    { target: "city", prediction: "score" },
    "utf16.csv holds 2 rows; at least 10 are needed to judge a model.",
    MORE_ROWS,
  ],
};

describe("a bad file tells its user", () => {
  it.each(Object.entries(BAD_FILES))("%s", async (file, [inputs, ...message]) => {
    await workspace.write(file, readFileSync(fixture(`data/bad/${file}`)));
    expect(await readError({ predictions: file, ...inputs })).toBe(message.join("\n"));
  });

  it("each of them", () => {
    const files = readdirSync(fixture("data/bad")).filter((name) => name !== "README.md");
    expect([...Object.keys(BAD_FILES), "one_class.csv"].toSorted()).toEqual(files.toSorted());
  });

  it("one_class.csv, in its verdict: what it leaves undefined fails with the reason", async () => {
    await workspace.write("one_class.csv", readFileSync(fixture("data/bad/one_class.csv")));
    const { document } = await workspace.gate({
      ...alone,
      predictions: "one_class.csv",
      prediction: "label",
      scores: "score",
      thresholds: "roc_auc >= 0.5",
      checks: "error",
    });
    expect(document.verdict).toBe("fail");
    expect(document.judgements[0]?.reason).toBe('every row is of class "1": roc_auc needs two');
    expect(document.checks?.find(({ name }) => name === "baseline-gain")).toMatchObject({
      verdict: "skipped",
      message: "The target never varies: a constant answer is always right.",
    });
  });

  it.each(["data", "training-data", "baseline-predictions"])("the same as %s", async (input) => {
    const good = Array.from({ length: 20 }, (_, row) => `${row},${row % 2},${row % 2}`);
    await workspace.write("good.csv", `id,label,prediction\n${good.join("\n")}\n`);
    await workspace.write("ragged.csv", readFileSync(fixture("data/bad/ragged.csv")));
    const candidate =
      input === "data" ? { "model-file": "m.onnx" } : { predictions: "good.csv", id: "id" };
    const message = await readError({ ...candidate, "positive-class": "1", [input]: "ragged.csv" });
    expect(message).toBe(RAGGED.join("\n"));
  });
});

const editTarget =
  (levels: (level: string) => string) =>
  (table: Table): Table => ({
    rows: table.rows,
    columns: table.columns.map((column) =>
      column.kind === "text" && column.name === "weather"
        ? { ...column, levels: column.levels.map(levels) }
        : column,
    ),
  });

const NO_MODEL =
  "Compare its size with the file that was exported; a truncated copy, a Git LFS pointer or another format looks like this. [MODEL_NOT_ONNX]";

/** Every bad model file, with the whole message. */
const BAD_MODELS: Readonly<Record<string, readonly string[]>> = {
  "truncated.onnx": [
    "truncated.onnx (19477 bytes) is not a whole ONNX model: its protobuf message ends or breaks.",
    NO_MODEL,
  ],
  "not_onnx.onnx": [
    "not_onnx.onnx (540 bytes) is not a whole ONNX model: its protobuf message ends or breaks.",
    NO_MODEL,
  ],
  "empty.onnx": [
    "empty.onnx is empty (0 bytes); an ONNX model was expected.",
    "The export or the upload did not finish: write the model again and check its size. [MODEL_EMPTY]",
  ],
  "unknown_operator.onnx": [
    "Loading unknown_operator.onnx failed: it uses the operator com.example:Mystery, which this runtime does not have.",
    "Export without custom operators, or score the model with predict-command. [MODEL_UNKNOWN_OPERATOR]",
  ],
  "future_opset.onnx": [
    "Loading future_opset.onnx failed: it asks for opset 99 of ai.onnx, and this runtime knows opsets up to 26.",
    "Export the model again with target_opset (opset_version) at most 26. [MODEL_OPSET_TOO_NEW]",
  ],
};

/** What the page of the action lists, with what stands in the way and the whole message. */
const SITUATIONS: readonly {
  readonly what: string;
  readonly prepare?: () => Promise<unknown>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly reads: readonly string[];
}[] = [
  {
    what: "a target that is absent",
    inputs: { target: "wether" },
    reads: ['splits/test.csv has no column "wether".', "Did you mean weather? [UNKNOWN_COLUMN]"],
  },
  {
    what: "a class in the data that the model does not know",
    prepare: () =>
      writeWeatherRun(workspace, { edit: editTarget((name) => (name === "fog" ? "haze" : name)) }),
    reads: [
      'splits/test.csv, row 85: weather holds "haze", which the model does not know: its classes are drizzle, fog, rain, snow, sun.',
      "Train on every class that the data holds, or correct the value. [UNKNOWN_CLASS]",
    ],
  },
  {
    what: "fewer rows than ten",
    prepare: () => writeWeatherRun(workspace, { edit: (table) => takeRows(table, [0, 1, 2]) }),
    reads: [
      "splits/test.csv holds 3 rows; at least 10 are needed to judge a model.",
      "Evaluate on more rows. [TOO_FEW_ROWS]",
    ],
  },
  {
    what: "model and data that disagree on columns",
    prepare: async () => {
      await writeWeatherRun(workspace);
      const line = "Seattle,2015-01-01,0.1,9.5,3.1,2.0,rain";
      const header = "location,date,precipitation,temp_maximum,temp_min,wind,weather";
      await workspace.write(
        "d.csv",
        [header, ...Array.from({ length: 20 }, () => line)].join("\n"),
      );
    },
    inputs: { data: "d.csv" },
    reads: [
      "model.onnx takes columns that the data does not have: temp_max. The model takes precipitation, temp_max, temp_min, wind, location; the data has location, date, precipitation, temp_maximum, temp_min, wind, weather.",
      "temp_max: Did you mean temp_maximum? [COLUMNS_DISAGREE]",
    ],
  },
  ...Object.entries(BAD_MODELS).map(([name, reads]) => ({
    what: `a model file that is none: ${name}`,
    prepare: async () => {
      await writeWeatherRun(workspace);
      await workspace.write(name, readFileSync(fixture(`golden/models/bad/${name}`)));
    },
    inputs: { "model-file": name },
    reads,
  })),
  {
    what: "words among the numbers of a regression's target",
    prepare: () =>
      workspace.write(
        "p.csv",
        `label,prediction\n${Array.from({ length: 20 }, (_, row) => `${row === 11 ? "unknown" : row + 0.5},${row}`).join("\n")}\n`,
      ),
    inputs: { predictions: "p.csv", target: "label", task: "regression" },
    reads: [
      'p.csv, line 13: column label must hold numbers and holds "unknown".',
      "Name a column of numbers, or correct the value; an empty cell is a missing number. [NOT_NUMERIC]",
    ],
  },
  {
    what: "a column of text as weight",
    prepare: () =>
      workspace.write(
        "p.csv",
        `label,prediction,w\n${Array.from({ length: 20 }, (_, row) => `${row % 2},${row % 2},${row === 3 ? "heavy" : 1}`).join("\n")}\n`,
      ),
    inputs: { predictions: "p.csv", target: "label", weight: "w" },
    reads: [
      'p.csv, line 5: column w must hold numbers and holds "heavy".',
      "Name a column of numbers, or correct the value; an empty cell is a missing number. [NOT_NUMERIC]",
    ],
  },
  {
    what: "a positive class that is none",
    prepare: () =>
      workspace.write(
        "p.csv",
        `label,prediction\n${Array.from({ length: 20 }, (_, row) => (row % 2 ? "yes,no" : "no,no")).join("\n")}\n`,
      ),
    inputs: { predictions: "p.csv", target: "label", "positive-class": "yess" },
    reads: [
      'positive-class: "yess" is none of the classes no, yes.',
      "Use no or yes. [UNKNOWN_CLASS]",
    ],
  },
  {
    what: "a check that is misspelt",
    inputs: { checks: "{ leakge: off, size: much }" },
    reads: [
      'Input checks is "{ leakge: off, size: much }": There is no check "leakge". Did you mean leakage? size is "much": expected off, on, warn, error, or a bound such as 50 or 50 warn. [INVALID_INPUT]',
    ],
  },
];

describe("a situation tells its user:", () => {
  it.each(SITUATIONS.map((one) => [one.what, one] as const))("%s", async (_, one) => {
    await (one.prepare ?? (() => writeWeatherRun(workspace)))();
    const { target: _target, ...inputs } = alone;
    const judge = async () => workspace.gate({ ...inputs, engine: "wasm", ...one.inputs });
    const fault = await judge().then(({ document }) => document.reason, describeError);
    expect(fault).toBe(one.reads.join("\n"));
  });
});
