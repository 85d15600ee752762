import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import type { Column, Table } from "#core";
import { cellAt, DataError } from "#core";
import type { EngineKind, Model, NamedTensors, Predictions, TensorValue } from "#models";
import { loadModel, scoreRows, scoreTable, signatureOf } from "#models";

const folder = new URL("../fixtures/golden/models/", import.meta.url);

interface GoldenTensor {
  readonly kind?: "tensor";
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

interface GoldenMaps {
  readonly kind: "sequence of maps";
  readonly data: readonly Readonly<Record<string, number>>[];
}

interface GoldenCase {
  readonly name: string;
  readonly rows: number;
  readonly input: Readonly<Record<string, GoldenTensor>>;
  readonly expected: {
    readonly onnxruntime: Readonly<Record<string, GoldenTensor | GoldenMaps>>;
    readonly library: Readonly<Record<string, GoldenTensor>>;
  };
}

interface GoldenModel {
  readonly file: string;
  readonly bytes: number;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly unknown[] }[];
  readonly rows_per_run: "any" | number;
  readonly tolerance_against_onnxruntime: number;
  readonly cases: readonly [GoldenCase, GoldenCase?];
}

const goldenModels = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as GoldenModel);

const engines: readonly EngineKind[] = ["wasm", "native"];

const opened: Model[] = [];
async function openGolden(file: string, engine: EngineKind): Promise<Model> {
  const bytes = readFileSync(new URL(file, folder));
  const model = await loadModel({ bytes, fileName: file, engine });
  opened.push(model);
  return model;
}
afterAll(async () => {
  await Promise.all(opened.map((model) => model.close()));
});

const elementTypes: Readonly<Record<string, TensorValue["type"]>> = {
  float32: "float",
  string: "string",
};

function feedsOf(input: GoldenCase["input"]): NamedTensors {
  return Object.fromEntries(
    Object.entries(input).map(([name, { dtype, shape, data }]) => {
      const type = elementTypes[dtype] ?? "float";
      const values = type === "string" ? data.map(String) : Float32Array.from(data.map(Number));
      return [name, { type, dims: shape, data: values } satisfies TensorValue];
    }),
  );
}

/** The case's rows as a table, its columns named after the inputs. */
function tableOf({ input, rows }: GoldenCase): Table {
  const columns = Object.entries(input).flatMap(([name, { dtype, shape, data }]): Column[] => {
    const width = shape[1] ?? 1;
    return Array.from({ length: width }, (_, at) => {
      const cells = Array.from({ length: rows }, (__, row) => data[row * width + at] ?? "");
      const columnName = width === 1 ? name : `${name}[${at}]`;
      if (dtype !== "string") {
        const values = Float64Array.from(cells, Number);
        return { kind: "number", name: columnName, values, missing: null, integer: false };
      }
      const levels = [...new Set(cells.map(String))];
      const codes = Int32Array.from(cells, (cell) => levels.indexOf(String(cell)));
      return { kind: "text", name: columnName, codes, levels };
    });
  });
  return { rows, columns };
}

function flatten(
  expected: GoldenTensor | GoldenMaps,
  classNames: readonly string[],
): readonly (number | string)[] {
  return expected.kind === "sequence of maps"
    ? expected.data.flatMap((row) => classNames.map((name) => row[name] ?? Number.NaN))
    : expected.data;
}

function largestDifference(
  found: ArrayLike<unknown>,
  expected: readonly (number | string)[],
): number {
  expect(found.length).toBe(expected.length);
  return expected.reduce<number>((largest, value, at) => {
    const difference =
      typeof value === "string"
        ? Number(String(found[at]) !== value)
        : Math.abs(Number(found[at]) - value);
    return Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }, 0);
}

/** The output that the two-output network is asked for. */
const chosenOutput = (file: string): { output?: string; task?: "regression" } =>
  file.includes("two_outputs") ? { output: "progression", task: "regression" } : {};

/** Of two cases of a model the second is the one that was scored row by row, as Slipway does it. */
function caseByRow({ cases: [first, second] }: GoldenModel): GoldenCase {
  return second === undefined
    ? first
    : { ...first, expected: { ...first.expected, ...second.expected } };
}

function expectedScores(
  expected: GoldenCase["expected"]["onnxruntime"],
  predictions: Predictions,
): readonly (number | string)[] {
  const [first, ...others] = Object.values(expected);
  if (predictions.kind === "regression") return flatten(first as GoldenTensor, []);
  const wide = others.map((one) => flatten(one, predictions.classes));
  if (wide.length === 1) return wide[0] ?? [];
  return Array.from({ length: predictions.rows }, (_, row) =>
    wide.map((one) => one[row] ?? Number.NaN),
  ).flat();
}

function scoresOf(predictions: Predictions): number[] {
  if (predictions.kind === "regression") return [...predictions.values];
  return Array.from({ length: predictions.rows }, (_, row) =>
    predictions.scores.map((column) => column[row] ?? Number.NaN),
  ).flat();
}

function labelsOf(predictions: Predictions): string[] {
  if (predictions.kind === "regression") return [];
  return Array.from(predictions.labels, (code) => predictions.classes[code] ?? "?");
}

describe.each(engines)("a real model on the %s engine", (engine) => {
  it.each(goldenModels)("$file gives the tensors that onnxruntime gives", async (golden) => {
    const model = await openGolden(golden.file, engine);
    expect(model.sizeBytes).toBe(golden.bytes);
    const [one] = golden.cases;
    const isRowByRow = typeof golden.rows_per_run === "number";
    const outputs = isRowByRow
      ? await runByRow(model, feedsOf(one.input))
      : await model.run(feedsOf(one.input));
    const differences = Object.entries(one.expected.onnxruntime).map(([name, expected]) =>
      largestDifference(outputs[name]?.data ?? [], flatten(expected, model.classNames ?? [])),
    );
    expect(Math.max(...differences)).toBeLessThanOrEqual(golden.tolerance_against_onnxruntime);
  });

  it.each(goldenModels)("$file scores a table as onnxruntime scores its rows", async (golden) => {
    const model = await openGolden(golden.file, engine);
    const one = caseByRow(golden);
    const predictions = await scoreTable(model, tableOf(one), chosenOutput(golden.file));
    const { onnxruntime } = one.expected;
    const [first] = Object.values(onnxruntime);
    const labels = predictions.kind === "classification" ? first?.data.map(String) : [];
    expect(labelsOf(predictions)).toEqual(labels);
    const expected = expectedScores(onnxruntime, predictions);
    expect(largestDifference(scoresOf(predictions), expected)).toBeLessThanOrEqual(
      golden.tolerance_against_onnxruntime,
    );
  });

  it.each(goldenModels)("$file scores a table as the library that trained it", async (golden) => {
    const model = await openGolden(golden.file, engine);
    const one = caseByRow(golden);
    const predictions = await scoreTable(model, tableOf(one), chosenOutput(golden.file));
    const { onnxruntime, library } = one.expected;
    const labels = predictions.kind === "classification" ? library["label"]?.data.map(String) : [];
    expect(labelsOf(predictions)).toEqual(labels);
    const key = predictions.kind === "classification" ? "probabilities" : "prediction";
    const expected = (library[key] ?? library["progression"])?.data ?? [];
    // What exporting cost in the reference itself is not to be held against Slipway.
    const exporting = largestDifference(expectedScores(onnxruntime, predictions), expected);
    expect(largestDifference(scoresOf(predictions), expected)).toBeLessThanOrEqual(
      golden.tolerance_against_onnxruntime + exporting,
    );
  });

  it.each(goldenModels)("$file says the same in small batches", async (golden) => {
    const model = await openGolden(golden.file, engine);
    const table = tableOf(caseByRow(golden));
    const options = chosenOutput(golden.file);
    const whole = await scoreTable(model, table, options);
    const chunked = await scoreTable(model, table, { ...options, batchRows: 7 });
    expect(labelsOf(chunked)).toEqual(labelsOf(whole));
    // Another batch size may add up in another order: the last bits of a 32-bit float.
    expect(largestDifference(scoresOf(chunked), scoresOf(whole))).toBeLessThanOrEqual(
      1e-6 * scale(whole),
    );
  });

  it.each(goldenModels)("$file says bit for bit the same of rows named as JSON", async (golden) => {
    const model = await openGolden(golden.file, engine);
    const table = tableOf(caseByRow(golden));
    const options = chosenOutput(golden.file);
    const rows = Array.from({ length: table.rows }, (_, row) =>
      Object.fromEntries(table.columns.map((column) => [column.name, cellAt(column, row)])),
    );
    const named = await scoreRows(model, rows, { ...options, signature: signatureOf(model) });
    expect(named).toEqual(await scoreTable(model, table, options));
  });
});

/** Runs a model of one row a run on every row, and joins what it gives. */
async function runByRow(model: Model, feeds: NamedTensors): Promise<NamedTensors> {
  const [[name, { dims, data }] = ["", { dims: [], data: [] }]] = Object.entries(feeds);
  const [rows = 0, width = 0] = dims;
  const joined: Record<string, number[]> = {};
  for (let row = 0; row < rows; row += 1) {
    const values = (data as Float32Array).slice(row * width, (row + 1) * width);
    const outputs = await model.run({ [name]: { type: "float", dims: [1, width], data: values } });
    for (const [output, value] of Object.entries(outputs)) {
      (joined[output] ??= []).push(...Array.from(value.data, Number));
    }
  }
  return Object.fromEntries(
    Object.entries(joined).map(([output, values]) => [
      output,
      { type: "float", dims: [values.length], data: Float32Array.from(values) },
    ]),
  );
}

function scale(predictions: Predictions): number {
  return Math.max(1, ...scoresOf(predictions).map(Math.abs));
}

describe.each(engines)("a file that is no usable model, on the %s engine", (engine) => {
  const faults: Readonly<Record<string, { code: string; says: RegExp }>> = {
    "empty.onnx": { code: "MODEL_EMPTY", says: /0 bytes/ },
    "future_opset.onnx": { code: "MODEL_OPSET_TOO_NEW", says: /opset 99.*up to \d+/ },
    "not_onnx.onnx": { code: "MODEL_NOT_ONNX", says: /not a whole ONNX model/ },
    "truncated.onnx": { code: "MODEL_NOT_ONNX", says: /19477 bytes/ },
    "unknown_operator.onnx": { code: "MODEL_UNKNOWN_OPERATOR", says: /com\.example:Mystery/ },
  };
  const files = readdirSync(new URL("bad/", folder)).filter((name) => name.endsWith(".onnx"));

  it.each(files)("%s is refused in words that name the file and what to do", async (file) => {
    const bytes = readFileSync(new URL(`bad/${file}`, folder));
    const error: unknown = await loadModel({ bytes, fileName: file, engine }).catch(
      (one: unknown) => one,
    );
    expect(error).toBeInstanceOf(DataError);
    const { code, message, hint } = error as DataError;
    expect(code).toBe(faults[file]?.code);
    expect(message).toContain(file);
    expect(message).toMatch(faults[file]?.says ?? /^$/);
    expect(hint?.length).toBeGreaterThan(20);
  });
});

describe("what the golden models tell about themselves", () => {
  it("finds the class names of every classifier", async () => {
    const weather = ["drizzle", "fog", "rain", "snow", "sun"];
    const expected: Readonly<Record<string, readonly string[] | null>> = {
      "breast_cancer_forest.onnx": ["0", "1"],
      "breast_cancer_xgboost.onnx": ["0", "1"],
      "diabetes_gradient_boosting.onnx": null,
      "weather_logistic_no_zipmap.onnx": weather,
      "weather_logistic_zipmap.onnx": weather,
      "weather_logistic_zipmap_columns.onnx": weather,
      "wine_lightgbm_no_zipmap.onnx": ["0", "1", "2"],
      "wine_lightgbm_zipmap.onnx": ["0", "1", "2"],
    };
    const found = await Promise.all(
      Object.keys(expected).map(async (file) => {
        const { classNames } = await openGolden(file, "wasm");
        return [file, classNames] as const;
      }),
    );
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  it("says that a quantised model is scored row by row, and a fixed batch in chunks", async () => {
    const quantised = await openGolden("diabetes_mlp_quantized.onnx", "wasm");
    expect(quantised.runSize).toMatchObject({ rows: 1, paddedTo: null });
    expect(quantised.notes.join()).toMatch(/every row is scored by itself/);
    const fixed = await openGolden("diabetes_mlp_fixed_batch.onnx", "wasm");
    expect(fixed.runSize).toMatchObject({ rows: 1, paddedTo: 1 });
  });

  it("refuses to choose between two outputs, and takes the one that is named", async () => {
    const model = await openGolden("diabetes_mlp_two_outputs.onnx", "wasm");
    const golden = goldenModels.find(({ file }) => file === model.fileName);
    const one = (golden as GoldenModel).cases[0];
    await expect(scoreTable(model, tableOf(one))).rejects.toThrow(/progression.*probabilities/);
    const scored = await scoreTable(model, tableOf(one), { output: "probabilities" });
    const expected = one.expected.onnxruntime["probabilities"] as GoldenTensor;
    expect(largestDifference(scoresOf(scored), expected.data)).toBeLessThanOrEqual(1e-5);
  });
});
