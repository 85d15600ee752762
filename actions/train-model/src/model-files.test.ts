import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeOnnx, makeModel, makeNode, makeValueInfo } from "#models";
import { asTrained, createTestRun, type TestRun } from "./testing/test-run.ts";

const trees = join(import.meta.dirname, "../../../test/fixtures/trees");

let test: TestRun;
beforeEach(async () => {
  test = await createTestRun();
});
afterEach(() => test.remove());

/** Rows of some columns and a target of two classes. */
async function writeRows(columns: readonly string[]): Promise<void> {
  const rows = Array.from({ length: 200 }, (_, row) => [
    ...columns.map((_name, at) => (at === 0 ? row : (row * (at + 3)) % 17)),
    row % 2,
  ]);
  await test.write("rows.csv", [[...columns, "y"], ...rows].map((row) => row.join()).join("\n"));
}

async function train(file: string, inputs: Readonly<Record<string, string>> = {}) {
  const outcome = await test.train({
    data: "rows.csv",
    target: "y",
    command: `cp ${file} "$SLIPWAY_RUN_DIR/${file}"`,
    ...inputs,
  });
  const { record, notes } = asTrained(outcome);
  const columns = record.signature?.columns.map(({ name, kind, input }) => [name, kind, input]);
  return { record, notes, columns };
}

const columns = ["age in years", "income", "tenths", "sparse"];

describe("the signature of a booster that a command left", () => {
  it("has the data's names where the library spells them otherwise", async () => {
    await writeRows(columns);
    await copyFile(join(trees, "lgb-binary-missing.txt"), join(test.folder, "model.txt"));
    const { columns: found, notes, record } = await train("model.txt");
    expect(found?.[0]).toEqual(["age in years", "number", "age_in_years"]);
    expect(record.signature?.outputs.map(({ name }) => name)).toEqual(["label", "probabilities"]);
    expect(notes).toEqual([]);
  });

  it("has the columns of the file, also where the data has more, and text for categories", async () => {
    await writeRows([...columns, "colour", "level", "another"]);
    await copyFile(join(trees, "xgb-categories.ubj"), join(test.folder, "model.ubj"));
    const { columns: found } = await train("model.ubj");
    expect(found?.map(([name]) => name)).toEqual([...columns, "colour", "level"]);
    expect(found?.[4]).toEqual(["colour", "text", "colour"]);
  });

  it("has the data's columns in their order where the file names none", async () => {
    await writeRows(columns);
    await copyFile(join(trees, "xgb-nameless.ubj"), join(test.folder, "model.ubj"));
    expect((await train("model.ubj")).columns?.map(([name]) => name)).toEqual(columns);
    await writeRows([...columns, "another"]);
    const { notes } = await train("model.ubj");
    expect(notes.join()).toContain("The model takes 4 columns and does not name them");
    const named = await train("model.ubj", { features: columns.toReversed().join() });
    expect(named.columns?.map(([name]) => name)).toEqual(columns.toReversed());
  });

  it("has them too where LightGBM numbered the columns of an array", async () => {
    await writeRows(columns);
    const text = await readFile(join(trees, "lgb-binary-missing.txt"), "utf8");
    const numbered = text.replace(
      /^feature_names=.*$/m,
      "feature_names=Column_0 Column_1 Column_2 Column_3",
    );
    await test.write("model.txt", numbered);
    const { columns: found } = await train("model.txt");
    expect(found?.map(([name]) => name)).toEqual(columns);
  });

  it("is left out, with the reason, where the file cannot be read: a predict-command may", async () => {
    await writeRows(columns);
    await test.write("model.json", '{"learner": {"gradient_booster": {"name": "gblinear"}}}');
    const { record, notes } = await train("model.json", { "predict-command": "python predict.py" });
    expect(record.signature).toBeNull();
    expect(notes.join()).toMatch(
      /^The run has no signature, since its model is not scored in process: model\.json /,
    );
  });
});

it("warns of paths of the author's machine in an ONNX file before it is published", async () => {
  await writeRows(["a", "b"]);
  const node = makeNode({ op: "Identity", inputs: ["x"], outputs: ["y"] });
  node.metadataProps.push({
    $typeName: "onnx.StringStringEntryProto",
    key: "pkg.torch.onnx.stack_trace",
    value: 'File "/home/ann/secret-project/train.py", line 7, in forward\n    return x',
  });
  const model = makeModel({
    name: "exported",
    nodes: [node],
    inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 2] })],
    outputs: [makeValueInfo({ name: "y", type: "float", shape: [null, 2] })],
    opsets: { "": 17 },
  });
  await writeFile(join(test.folder, "model.onnx"), encodeOnnx(model));
  const { notes } = await train("model.onnx");
  expect(notes.join()).toContain("/home/ann/secret-project/train.py");
  expect(notes.join()).toContain("Clear doc_string and metadata_props before it is published.");
});
