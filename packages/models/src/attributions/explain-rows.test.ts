import { afterAll, describe, expect, it } from "vitest";
import type { Model } from "../load-model.ts";
import type { ModelProto } from "../onnx-proto.ts";
import {
  numberColumn,
  openModel,
  passThrough,
  regressor,
  tableOf,
  textColumn,
  zipMapClassifier,
} from "../testing/sample-models.ts";
import { explainRows } from "./explain-rows.ts";

const opened: Model[] = [];
async function open(proto: ModelProto): Promise<Model> {
  const model = await openModel(proto);
  opened.push(model);
  return model;
}
afterAll(async () => {
  await Promise.all(opened.map((model) => model.close()));
});

const table = tableOf(
  numberColumn("a", [0, 2, 4, 10]),
  numberColumn("b", [1, 1, 4, 3]),
  textColumn("note", ["x", "y", "x", null]),
);

describe("explaining rows of any model", () => {
  it("gives a linear model's own terms, against the background's mean", async () => {
    const model = await open(regressor());
    const explained = await explainRows(model, table, {
      rows: [3, 0],
      background: [0, 1, 2],
      features: ["a", "b"],
    });
    expect(explained).toMatchObject({
      method: "sampled-shapley",
      columns: ["a", "b"],
      outputs: ["value"],
      scale: "value",
    });
    expect(explained.base[0]).toBeCloseTo(2 * 2 - 2 + 0.5, 5);
    expect(explained.values[0]?.[0]?.[0]).toBeCloseTo(2 * (10 - 2), 5);
    expect(explained.values[0]?.[1]?.[0]).toBeCloseTo(-(3 - 2), 5);
    expect(explained.values[0]?.[0]?.[1]).toBeCloseTo(2 * (0 - 2), 5);
    expect(explained.error).toBeGreaterThan(0);
  });

  it("gives a classifier's probabilities one set of values a class, which cancel out over the classes", async () => {
    const model = await open(zipMapClassifier(["no", "yes"]));
    const explained = await explainRows(model, table, {
      rows: [2],
      background: [0, 1],
      features: ["a", "b"],
    });
    expect(explained).toMatchObject({ outputs: ["no", "yes"], scale: "probability" });
    const [no = [], yes = []] = explained.values;
    no.forEach((column, at) => expect(column[0]).toBeCloseTo(-(yes[at]?.[0] ?? 0), 5));
    const sum = yes.reduce((total, column) => total + (column[0] ?? 0), explained.base[1] ?? 0);
    // Scores −2a + b − 0.5 and 2a − b + 0.5 of row [4, 4] are −4.5 and 4.5.
    expect(sum).toBeCloseTo(1 / (1 + Math.exp(-9)), 5);
  });

  it("explains a label without scores as 1 for the class that is given", async () => {
    const model = await open(passThrough([["note", "string"]]));
    const explained = await explainRows(model, table, { rows: [0, 1], background: [1] });
    expect(explained.outputs).toEqual(["x", "y"]);
    expect(explained.base).toEqual([0, 1]);
    expect(explained.values.map(([note]) => [...(note ?? [])])).toEqual([
      [1, 0],
      [-1, 0],
    ]);
  });

  it("names what is wrong with the rows that it is given", async () => {
    const model = await open(regressor());
    const features = ["a", "b"];
    await expect(
      explainRows(model, table, { rows: [0], background: [], features }),
    ).rejects.toMatchObject({ code: "NO_BACKGROUND_ROWS" });
    await expect(
      explainRows(model, table, { rows: [4], background: [0], features }),
    ).rejects.toMatchObject({
      code: "ROW_OUT_OF_RANGE",
      message: expect.stringContaining("Row 4"),
    });
  });
});
