import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Column } from "#core";
import type { Model } from "./load-model.ts";
import { makeNode, makeTensor, makeModel, makeValueInfo } from "./onnx-builder.ts";
import type { ModelProto } from "./onnx-proto.ts";
import type { ClassPredictions, Predictions } from "./predictions.ts";
import { createRowScorer, scoreRows, scoreTable } from "./score.ts";
import {
  linearModel,
  numberColumn,
  openModel,
  passThrough,
  regressor,
  tableOf,
  textColumn,
  zipMapClassifier,
} from "./testing/sample-models.ts";

const opened: Model[] = [];
async function open(proto: ModelProto): Promise<Model> {
  const model = await openModel(proto);
  opened.push(model);
  return model;
}
afterAll(async () => {
  await Promise.all(opened.map((model) => model.close()));
});

function asClasses(predictions: Predictions): ClassPredictions {
  if (predictions.kind !== "classification") throw new Error("A classification was expected.");
  return predictions;
}

const floatOut = (name: string, width: number) =>
  makeValueInfo({ name, type: "float", shape: [null, width] });
const rowsOf = (...rows: (readonly [number, number])[]) =>
  tableOf(
    numberColumn(
      "a",
      rows.map(([a]) => a),
    ),
    numberColumn(
      "b",
      rows.map(([, b]) => b),
    ),
  );

describe("scoring a table", () => {
  const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const someRows = fc.array(fc.tuple(finite, finite), { minLength: 1, maxLength: 40 });

  it("gives each row 2a − b + 0.5, whatever the batch and however the model's batch is fixed", async () => {
    const models = [await open(regressor()), await open(regressor(1)), await open(regressor(7))];
    await fc.assert(
      fc.asyncProperty(someRows, fc.nat({ max: 45 }), async (rows, batchRows) => {
        for (const model of models) {
          const scored = await scoreTable(model, rowsOf(...rows), { batchRows });
          const values = scored.kind === "regression" ? [...scored.values] : [];
          rows.forEach(([a, b], row) => {
            const expected = 2 * a - b + 0.5;
            // A few roundings to 32 bits of each term.
            const tolerance = 2 ** -22 * (2 * Math.abs(a) + Math.abs(b) + 1);
            expect(Math.abs((values[row] ?? 0) - expected)).toBeLessThanOrEqual(tolerance);
          });
          expect(values).toHaveLength(rows.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("gives the same answers as named rows, missing values included", async () => {
    const model = await open(regressor());
    const cell = fc.option(finite);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }),
        async (rows) => {
          const table = tableOf(
            numberColumn(
              "a",
              rows.map(([a]) => a),
            ),
            numberColumn(
              "b",
              rows.map(([, b]) => b),
            ),
          );
          const named = rows.map(([a, b]) => ({ a, b }));
          const features = ["a", "b"];
          expect(await scoreRows(model, named, { features })).toEqual(
            await scoreTable(model, table),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it("says how many rows the model answered with NaN", async () => {
    const model = await open(regressor());
    const table = tableOf(numberColumn("a", [1, null]), numberColumn("b", [1, 2]));
    const { notes } = await scoreTable(model, table);
    expect(notes).toEqual(["The model answered NaN in 1 of 2 rows."]);
  });

  it("refuses a table without rows", async () => {
    const model = await open(regressor());
    await expect(scoreTable(model, rowsOf())).rejects.toMatchObject({ code: "NO_ROWS" });
  });
});

describe("feeding columns of every type", () => {
  let model: Model;
  beforeAll(async () => {
    model = await open(
      passThrough([
        ["f", "float"],
        ["d", "double"],
        ["l", "int64"],
        ["i", "int32"],
        ["t", "bool"],
        ["s", "string"],
      ]),
    );
  });
  const columns = (changes: Readonly<Record<string, Column>> = {}) =>
    tableOf(
      ...Object.values({
        f: numberColumn("f", [0.5, null]),
        d: numberColumn("d", [0.1, 1e300]),
        l: numberColumn("l", [2 ** 40, -1]),
        i: numberColumn("i", [7, -7]),
        t: textColumn("t", ["true", "false"]),
        s: textColumn("s", ["né", null]),
        ...changes,
      }),
    );

  it("passes each value on as it is", async () => {
    const expectOf = async (output: string, task: "regression" | "classification") =>
      scoreTable(model, columns(), { output, task });
    expect(await expectOf("out_f", "regression")).toMatchObject({
      values: Float64Array.of(0.5, Number.NaN),
    });
    expect(await expectOf("out_d", "regression")).toMatchObject({
      values: Float64Array.of(0.1, 1e300),
    });
    expect(await expectOf("out_l", "regression")).toMatchObject({
      values: Float64Array.of(2 ** 40, -1),
    });
    expect(await expectOf("out_i", "regression")).toMatchObject({ values: Float64Array.of(7, -7) });
    expect(await expectOf("out_t", "regression")).toMatchObject({ values: Float64Array.of(1, 0) });
    const text = asClasses(await expectOf("out_s", "classification"));
    expect(Array.from(text.labels, (code) => text.classes[code])).toEqual(["né", ""]);
    expect(text.notes.join(" ")).toMatch(/Column s: 1 missing cells were given .* as empty text/);
  });

  it("gives whole numbers to a string input as they are written, and says so", async () => {
    const table = columns({ s: numberColumn("s", [98101, 7]) });
    const text = asClasses(await scoreTable(model, table, { output: "out_s" }));
    expect(Array.from(text.labels, (code) => text.classes[code])).toEqual(["98101", "7"]);
    expect(text.notes.join(" ")).toMatch(/Column s holds whole numbers/);
  });

  it("lists every column that does not fit, with row and reason", async () => {
    const table = columns({
      f: textColumn("f", ["high", "low"]),
      l: numberColumn("l", [1, null]),
      i: numberColumn("i", [1.5, 2]),
      t: numberColumn("t", [1, 2]),
      d: { kind: "date", name: "d", values: Float64Array.of(0, 0), dateOnly: true },
      s: numberColumn("s", [0.1, 2]),
    });
    const error: unknown = await scoreTable(model, table).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: "VALUES_DO_NOT_FIT" });
    expect(String(error).split("\n").slice(1)).toEqual([
      '- Column f holds text ("high", "low"), but input f takes float.',
      "- Column d holds dates, but input d takes double.",
      "- Column l, row 2 is missing, and the input takes int64 (input l).",
      "- Column i, row 1 is 1.5, and the input takes int32, whole numbers only (input i).",
      "- Column t, row 2 is 2, outside 0..1 of the input's bool (input t).",
      "- Column s holds numbers with fractions, but input s takes strings: how they are written is not known.",
    ]);
  });

  it("refuses a number that a 32-bit float cannot hold rather than make it infinite", async () => {
    const table = columns({ f: numberColumn("f", [1e39, 0]) });
    await expect(scoreTable(model, table)).rejects.toThrow(/row 1 is 1e\+39, too large/);
  });

  it("names the row and the column of each JSON value that does not fit", async () => {
    const good = { f: 1, d: 1, l: 1, i: 1, t: true, s: "x" };
    const rows = [
      good,
      { ...good, f: "1", i: 2.5, s: { a: 1 } },
      { f: 1, d: 1, l: 1, i: 1, s: "x" },
    ];
    const error: unknown = await scoreRows(model, rows, { output: "out_f" }).catch(
      (one: unknown) => one,
    );
    expect(String(error).split("\n").slice(1)).toEqual([
      '- [1].f is "1", but a number is expected (input f).',
      "- [1].i is 2.5, and the input takes int32, whole numbers only (input i).",
      "- [2].t is not given.",
      "- [2].t is missing, and the input takes bool (input t).",
      '- [1].s is {"a":1}, but text is expected.',
    ]);
    const named = createRowScorer(model, { output: "out_f" });
    await expect(named([Object.create({ ...good }) as object as typeof good])).rejects.toThrow(
      /not given/,
    );
  });
});

describe("classifiers", () => {
  const rows = rowsOf([3, 0], [0, 3], [0.25, 1]);

  it("with a ZipMap give labels and scores in the order of its classes", async () => {
    const model = await open(zipMapClassifier(["no", "yes"]));
    const scored = asClasses(await scoreTable(model, rows));
    expect(scored.classes).toEqual(["no", "yes"]);
    expect([...scored.labels].slice(0, 2)).toEqual([1, 0]);
    // Softmax of (−s, s) for s = 2a − b + 0.5 is the logistic function of 2s: 6.5, −2.5, 0.
    const yes = [6.5, -2.5, 0].map((margin) => 1 / (1 + Math.exp(-2 * margin)));
    scored.scores[1]?.forEach((score, row) => expect(score).toBeCloseTo(yes[row] ?? 0, 6));
    expect(scored.notes).toEqual([]);
  });

  const sigmoid = makeNode({ op: "Sigmoid", inputs: ["sum"], outputs: ["p"] });

  it("with one probability a row get the other class's from it", async () => {
    const model = await open(linearModel([sigmoid], [floatOut("p", 1)]));
    const scored = asClasses(await scoreTable(model, rows, { classes: ["no", "yes"] }));
    expect(scored.classes).toEqual(["no", "yes"]);
    expect([...scored.labels]).toEqual([1, 0, 0]);
    scored.scores[0]?.forEach((score, row) => {
      expect(score + (scored.scores[1]?.[row] ?? 0)).toBe(1);
    });
  });

  it("with one margin a row and no label are refused, not cut at a guess", async () => {
    const margin = makeNode({ op: "Identity", inputs: ["sum"], outputs: ["m"] });
    const model = await open(linearModel([margin], [floatOut("m", 1)]));
    await expect(scoreTable(model, rows, { task: "classification" })).rejects.toMatchObject({
      code: "SCORES_NOT_PROBABILITIES",
    });
  });

  it("with one margin a row and a label keep the margin, for ranking, and say so", async () => {
    const zero = makeTensor({ name: "zero", type: "float", shape: [1], data: [0] });
    const proto = linearModel(
      [
        makeNode({ op: "Greater", inputs: ["sum", "zero"], outputs: ["above"] }),
        makeNode({
          op: "Cast",
          inputs: ["above"],
          outputs: ["label"],
          attributes: { to: { kind: "int", value: 7 } },
        }),
        makeNode({ op: "Identity", inputs: ["sum"], outputs: ["margin"] }),
      ],
      [makeValueInfo({ name: "label", type: "int64", shape: [null, 1] }), floatOut("margin", 1)],
    );
    proto.graph?.initializer.push(zero);
    const model = await open(proto);
    const scored = asClasses(await scoreTable(model, rows, { classes: ["no", "yes"] }));
    expect(scored.classes).toEqual(["no", "yes"]);
    expect([...scored.labels]).toEqual([1, 0, 0]);
    expect(scored.scores.map((one) => [...one])).toEqual([
      [-6.5, 2.5, -0],
      [6.5, -2.5, 0],
    ]);
    expect(scored.notes.join()).toMatch(/margin is 6\.5 in row 1: no probability/);
  });

  it("that answer in 16-bit floats are read as numbers", async () => {
    const half = makeNode({
      op: "Cast",
      inputs: ["sum"],
      outputs: ["y"],
      attributes: { to: { kind: "int", value: 10 } },
    });
    const out = makeValueInfo({ name: "y", type: "float16", shape: [null, 1] });
    const model = await open(linearModel([half], [out]));
    const scored = await scoreTable(model, rows);
    expect(scored).toMatchObject({ values: Float64Array.of(6.5, -2.5, 0) });
  });

  it("keep their outputs' roles from one call to the next", async () => {
    const model = await open(zipMapClassifier(["no", "yes"]));
    const score = createRowScorer(model, { features: ["a", "b"] });
    const first = await score([{ a: 3, b: 0 }]);
    expect(await score([{ a: 3, b: 0 }])).toEqual(first);
    expect(asClasses(await score([{ a: 0, b: 3 }])).labels).toEqual(Int32Array.of(0));
  });

  it("with logits pass them on and say that they are no probabilities", async () => {
    const both = makeNode({
      op: "Concat",
      inputs: ["minus", "sum"],
      outputs: ["logits"],
      attributes: { axis: { kind: "int", value: 1 } },
    });
    const minus = makeNode({ op: "Neg", inputs: ["sum"], outputs: ["minus"] });
    const model = await open(linearModel([minus, both], [floatOut("logits", 2)]));
    const scored = asClasses(await scoreTable(model, rows));
    expect([...(scored.scores[1] ?? [])]).toEqual([6.5, -2.5, 0]);
    expect([...scored.labels]).toEqual([1, 0, 0]);
    expect(scored.classes).toEqual(["0", "1"]);
    expect(scored.notes.join()).toMatch(/3 of 3 rows do not sum to 1 \(row 1 sums to 0\)/);
  });

  it("that only count their classes take the names that are given", async () => {
    const model = await open(linearModel([sigmoid], [floatOut("p", 1)]));
    await expect(scoreTable(model, rows, { classes: ["a", "b", "c"] })).rejects.toMatchObject({
      code: "CLASSES_DISAGREE",
    });
    const named = await open(zipMapClassifier(["no", "yes"]));
    await expect(scoreTable(named, rows, { classes: ["cat", "dog"] })).rejects.toThrow(
      /has the classes no, yes.*the classes given are cat, dog/,
    );
    const reordered = asClasses(await scoreTable(named, rows, { classes: ["yes", "no"] }));
    expect(reordered.classes).toEqual(["no", "yes"]);
  });

  it("that give labels alone have the classes that occur, numbers by size", async () => {
    const model = await open(passThrough([["l", "int64"]]));
    const scored = asClasses(await scoreTable(model, tableOf(numberColumn("l", [10, 9, 10, -1]))));
    expect(scored.classes).toEqual(["-1", "9", "10"]);
    expect([...scored.labels]).toEqual([2, 1, 2, 0]);
    expect(scored.scores).toEqual([]);
    expect(scored.notes).toEqual(["The model gives labels without scores."]);
  });

  it("whose names stand in a table of strings keep them", async () => {
    const names = makeTensor({ name: "names", type: "string", shape: [2], data: ["no", "yes"] });
    const classifier = makeModel({
      name: "extractor",
      nodes: [
        makeNode({
          op: "ArgMax",
          inputs: ["x"],
          outputs: ["place"],
          attributes: { axis: { kind: "int", value: 1 }, keepdims: { kind: "int", value: 0 } },
        }),
        makeNode({ op: "Gather", inputs: ["names", "place"], outputs: ["label"] }),
        makeNode({ op: "Identity", inputs: ["x"], outputs: ["scores"] }),
      ],
      inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 2] })],
      outputs: [
        makeValueInfo({ name: "label", type: "string", shape: [null] }),
        floatOut("scores", 2),
      ],
      initializers: [names],
      opsets: { "": 17 },
    });
    const model = await open(classifier);
    expect(model.classNames).toEqual(["no", "yes"]);
    const scored = asClasses(await scoreTable(model, rowsOf([0.25, 0.75], [0.5, 0.5])));
    expect([...scored.labels]).toEqual([1, 0]);
  });
});

describe("a dynamically quantised model", () => {
  const quantised = makeModel({
    name: "quantised",
    nodes: [
      makeNode({ op: "DynamicQuantizeLinear", inputs: ["x"], outputs: ["q", "scale", "zero"] }),
      makeNode({ op: "DequantizeLinear", inputs: ["q", "scale", "zero"], outputs: ["y"] }),
    ],
    inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 1] })],
    outputs: [floatOut("y", 1)],
    opsets: { "": 17 },
  });

  it("gives a row the same answer beside any others", async () => {
    const model = await open(quantised);
    const score = async (...cells: number[]) => {
      const scored = await scoreTable(model, tableOf(numberColumn("x", cells)));
      return scored.kind === "regression" ? [...scored.values] : [];
    };
    const [alone] = await score(0.3);
    // In one batch with 1,000 the step would be 1000/255, and 0.3 would become 0.
    expect((await score(0.3, 1000))[0]).toBe(alone);
    expect(alone).toBeCloseTo(0.3, 5);
    const { notes } = await scoreTable(model, tableOf(numberColumn("x", [1, 2])));
    expect(notes.join()).toMatch(/every row is scored by itself/);
  });
});
