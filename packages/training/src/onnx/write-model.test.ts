import { fileURLToPath } from "node:url";
import type { Table } from "#core";
import { takeRows } from "#core";
import { readTable } from "#data";
import { decodeOnnx, loadModel, scoreTable, type EngineKind } from "#models";
import { describe, expect, it } from "vitest";
import { countUp, makeTable } from "../sample-tables.ts";
import { predictTabular } from "../trained-model.ts";
import type { TabularResult } from "../train-tabular.ts";
import { trainTabular } from "../train-tabular.ts";

const dataFolder = fileURLToPath(new URL("../../../../test/fixtures/data/", import.meta.url));

/** Dates as the model's inputs take them: days since 1970 UTC. */
function countDays(table: Table): Table {
  const columns = table.columns.map((column) => {
    if (column.kind !== "date") return column;
    const values = column.values.map((value) => value / 86_400_000);
    return { kind: "number", name: column.name, values, missing: null, integer: false } as const;
  });
  return { rows: table.rows, columns };
}

/** The largest difference between the file's outputs and the trainer's own: absolute for probabilities, relative for values above 1. */
async function compareWithFile(
  result: TabularResult,
  table: Table,
  engine: EngineKind,
): Promise<{ readonly worst: number; readonly otherLabels: number }> {
  const model = await loadModel({ bytes: result.bytes, fileName: "model.onnx", engine });
  expect(model.engine).toBe(engine);
  const scored = await scoreTable(model, countDays(table), { signature: result.signature });
  await model.close();
  const own = predictTabular(result.trained, table);
  let worst = 0;
  let otherLabels = 0;
  if (own.kind === "values") {
    if (scored.kind !== "regression") throw new Error("values were expected");
    own.values.forEach((value, row) => {
      const distance = Math.abs(value - (scored.values[row] ?? Number.NaN));
      worst = Math.max(worst, distance / Math.max(1, Math.abs(value)));
    });
    return { worst, otherLabels };
  }
  if (scored.kind !== "classification") throw new Error("classes were expected");
  expect(scored.classes).toEqual(result.classes);
  own.labels.forEach((label, row) => {
    if (scored.classes[scored.labels[row] ?? -1] !== label) otherLabels += 1;
    result.classes.forEach((_, k) => {
      const theirs = scored.scores[k]?.[row] ?? Number.NaN;
      const ours = own.probabilities[row * result.classes.length + k] ?? Number.NaN;
      worst = Math.max(worst, Math.abs(theirs - ours));
    });
  });
  return { worst, otherLabels };
}

function everyFifth(table: Table): { readonly train: number[]; readonly validation: number[] } {
  const rows = countUp(table.rows);
  return {
    train: rows.filter((row) => row % 5 > 0),
    validation: rows.filter((row) => row % 5 === 0),
  };
}

const sets = [
  ["weather", "weather"],
  ["penguins", "species"],
  ["breast_cancer", "diagnosis"],
  ["wine", "cultivar"],
  ["diabetes", "progression"],
] as const;

describe.each(sets)("the model file of %s", (name, target) => {
  const linear = name === "diabetes" ? "linear" : "softmax";
  it.each([linear, "trees", "mlp"])(
    "predicts with %s what the trainer predicts, on both engines",
    async (model) => {
      const table = await readTable(`${dataFolder}${name}.csv`);
      const result = trainTabular({
        table,
        ...everyFifth(table),
        target,
        params: { model, epochs: 30 },
      });
      for (const engine of ["wasm", "native"] as const) {
        const { worst, otherLabels } = await compareWithFile(result, table, engine);
        expect(worst).toBeLessThan(1e-5);
        expect(worst).toBeGreaterThan(0);
        expect(otherLabels).toBe(0);
      }
    },
  );
});

/** Rows with all that real columns do: holes, infinities, rare and unseen levels, times of day, odd names. */
function makeHardTable(): Table {
  const rows = countUp(240);
  const letters = "abcdefghijklmnopqr";
  return makeTable({
    label: rows.map((row) =>
      row % 11 === 0 ? null : row % 17 === 5 ? Infinity : Math.sin(row) * 1e6,
    ),
    probabilities: rows.map((row) => (row % 13 === 3 ? null : 1e-7 * (row % 5))),
    "slipway/x": rows.map((row) => (row % 7 === 0 ? null : (letters[(row * row) % 18] ?? "a"))),
    "größe, in |cm|": rows.map((row) => (row < 200 ? ["S", "M", "L"][row % 3] : "unseen") ?? null),
    at: rows.map((row) => (row % 19 === 0 ? null : new Date(Date.UTC(1968, 1, 27, row * 31, row)))),
    y: rows.map((row) => (Math.sin(row) + (row % 3) > 0.8 ? "yes, | really" : "no")),
  });
}

describe("the model file of hard columns", () => {
  it.each(["softmax", "trees", "mlp"])(
    "predicts with %s what the trainer predicts",
    async (model) => {
      const table = makeHardTable();
      const [train, validation] = [countUp(160), countUp(200).slice(160)];
      const result = trainTabular({ table, train, validation, target: "y", params: { model } });
      const finite = table.columns.map((column) =>
        column.kind === "number"
          ? {
              ...column,
              values: column.values.map((value) => (Number.isFinite(value) ? value : Number.NaN)),
            }
          : column,
      );
      for (const engine of ["wasm", "native"] as const) {
        const { worst, otherLabels } = await compareWithFile(
          result,
          { ...table, columns: finite },
          engine,
        );
        expect(worst).toBeLessThan(1e-5);
        expect(otherLabels).toBe(0);
      }
    },
  );

  it("takes an infinite number for a missing one, as the trainer does", async () => {
    const rows = countUp(60);
    const table = makeTable({
      x: rows.map((row) => (row % 6 === 0 ? null : row)),
      y: rows.map((row) => (row % 6 === 0 ? 5 : row / 10)),
    });
    const result = trainTabular({
      table,
      train: rows,
      validation: [],
      target: "y",
      params: { model: "linear" },
    });
    const model = await loadModel({ bytes: result.bytes, fileName: "model.onnx", engine: "wasm" });
    const data = Float32Array.of(Infinity, -Infinity, Number.NaN);
    const outputs = await model.run({ x: { type: "float", dims: [3, 1], data } });
    await model.close();
    const values = Array.from(outputs["prediction"]?.data ?? [], Number);
    expect(values[0]).toBeCloseTo(values[2] ?? 0, 6);
    expect(values[1]).toBeCloseTo(values[2] ?? 0, 6);
    expect(values[2]).toBeGreaterThan(4);
  });
});

describe("writeModel", () => {
  it("gives the same bytes for the same request, and others for another seed", () => {
    const table = makeHardTable();
    const train = (seed: number) =>
      trainTabular({
        table,
        train: countUp(160),
        validation: countUp(200).slice(160),
        target: "y",
        seed,
        params: { model: "mlp", epochs: 3 },
      }).bytes;
    expect(train(1)).toEqual(train(1));
    expect(train(1)).not.toEqual(train(2));
  });

  it("says in its metadata what it is, and nothing of the machine", () => {
    const table = makeHardTable();
    const rows = countUp(200);
    const { bytes } = trainTabular({
      table,
      train: rows,
      validation: [],
      target: "y",
      name: "churn",
      seed: 7,
      params: { model: "trees", trees: 2 },
    });
    const model = decodeOnnx(bytes);
    expect(Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]))).toEqual({
      model: "churn",
      task: "binary",
      classes: JSON.stringify(["no", "yes, | really"]),
      trainer: "slipway tabular",
      kind: "trees",
      date_inputs: '["at"]',
      seed: "7",
      params_digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([
      ["", 17],
      ["ai.onnx.ml", 3],
    ]);
    expect(Buffer.from(bytes).includes(process.cwd())).toBe(false);
  });

  it("declares an input a column, by the column's name where it is free", () => {
    const table = makeHardTable();
    const { signature } = trainTabular({
      table,
      train: countUp(200),
      validation: [],
      target: "y",
      params: { model: "softmax" },
    });
    expect(signature.columns).toEqual([
      { name: "label", kind: "number", input: "column label", index: 0 },
      { name: "probabilities", kind: "number", input: "column probabilities", index: 0 },
      { name: "at", kind: "date", input: "at", index: 0 },
      { name: "slipway/x", kind: "text", input: "column slipway/x", index: 0 },
      { name: "größe, in |cm|", kind: "text", input: "größe, in |cm|", index: 0 },
    ]);
    expect(signature.outputs).toEqual([
      { name: "label", type: "string", shape: [null] },
      { name: "probabilities", type: "float32", shape: [null, 2] },
    ]);
  });

  it("gives whole-number classes as whole numbers and booleans their kind", () => {
    const rows = countUp(40);
    const table = makeTable({
      flag: rows.map((row) => (row % 3 === 0 ? "true" : "false")),
      y: rows.map((row) => [-1, 0, 12][row % 3] ?? 0),
    });
    const { signature, classes } = trainTabular({
      table,
      train: rows,
      validation: [],
      target: "y",
      params: { model: "softmax" },
    });
    expect(classes).toEqual(["-1", "0", "12"]);
    expect(signature.columns[0]?.kind).toBe("boolean");
    expect(signature.outputs[0]).toEqual({ name: "label", type: "int64", shape: [null] });
  });

  it("scores one row and no missing column alike", async () => {
    const table = makeHardTable();
    const result = trainTabular({
      table,
      train: countUp(200),
      validation: [],
      target: "y",
      params: { model: "trees" },
    });
    const { worst } = await compareWithFile(result, takeRows(table, [1]), "wasm");
    expect(worst).toBeLessThan(1e-5);
  });
});
