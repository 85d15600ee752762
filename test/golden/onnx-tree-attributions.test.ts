import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Column, Table } from "#core";
import {
  decodeOnnx,
  encodeOnnx,
  explainRows,
  loadModel,
  makeNode,
  makeValueInfo,
  scoreTable,
} from "#models";
import { createRandom } from "#stats";

const folder = new URL("../fixtures/golden/models/", import.meta.url);

/** Rows that spread over what the golden cases of the model hold. */
function someRows(file: string, rows: number): Table {
  const golden = JSON.parse(
    readFileSync(new URL(file.replace(".onnx", ".json"), folder), "utf8"),
  ) as {
    readonly cases: readonly {
      readonly input: Readonly<
        Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>
      >;
    }[];
  };
  const [tensor] = Object.values(golden.cases[0]?.input ?? {});
  const width = tensor?.shape[1] ?? 0;
  const held = (tensor?.data.length ?? 0) / width;
  const random = createRandom(3);
  const columns = Array.from({ length: width }, (_, at): Column => {
    const values = Float64Array.from({ length: rows }, () =>
      Math.fround(
        Number(tensor?.data[random.integer(held) * width + at]) * (0.9 + 0.2 * random.uniform()),
      ),
    );
    return { kind: "number", name: `c${at}`, values, missing: null, integer: false };
  });
  return { rows, columns };
}

describe("explaining ONNX tree ensembles exactly", () => {
  it.each([
    ["breast_cancer_forest.onnx", "probability"],
    ["breast_cancer_xgboost.onnx", "margin"],
    ["diabetes_gradient_boosting.onnx", "value"],
    ["wine_lightgbm_zipmap.onnx", "margin"],
    ["wine_lightgbm_no_zipmap.onnx", "margin"],
  ])("adds up to what %s says, on the scale %s", async (file, scale) => {
    const table = someRows(file, 40);
    const model = await loadModel({
      bytes: readFileSync(new URL(file, folder)),
      fileName: file,
      engine: "wasm",
    });
    const rows = Array.from({ length: table.rows }, (_, row) => row);
    const explained = await explainRows(model, table, {
      rows: rows.slice(0, 10),
      background: rows,
    });
    expect(explained).toMatchObject({ method: "tree-shap", scale, error: null });
    const scored = await scoreTable(model, table);
    await model.close();
    for (const at of rows.slice(0, 10)) {
      const sums = explained.values.map((columns, output) =>
        columns.reduce((sum, column) => sum + column[at]!, explained.base[output]!),
      );
      const said =
        scored.kind === "regression"
          ? [scored.values[at]!]
          : scored.scores.map((score) => score[at]!);
      const expected = scale === "margin" ? said.map((p) => Math.log(p)) : said;
      // Margins are known up to a constant that all classes share.
      const [shift = 0] = scale === "margin" ? expected.map((value, k) => value - sums[k]!) : [0];
      const factor = sums.length === 2 && scale === "margin" ? 2 : 1;
      if (factor === 2) expect(sums[1]!).toBeCloseTo(expected[1]! - expected[0]!, 3);
      else
        sums.forEach((sum, k) =>
          expect(Math.abs(sum + shift - expected[k]!)).toBeLessThan(
            1e-4 * Math.max(1, Math.abs(sum)),
          ),
        );
    }
  });

  it("leaves a graph that does more behind its trees to sampling", async () => {
    const file = "diabetes_gradient_boosting.onnx";
    const table = someRows(file, 20);
    const proto = decodeOnnx(readFileSync(new URL(file, folder)));
    proto.graph?.node.push(makeNode({ op: "Neg", inputs: ["variable"], outputs: ["negated"] }));
    proto.graph?.output.splice(
      0,
      1,
      makeValueInfo({ name: "negated", type: "float", shape: [null, 1] }),
    );
    const model = await loadModel({ bytes: encodeOnnx(proto), fileName: file, engine: "wasm" });
    const options = { rows: [0], background: [1, 2, 3], samples: 4 };
    const { method, base, values, error } = await explainRows(model, table, options);
    expect({ method, error: typeof error }).toEqual({ method: "sampled-shapley", error: "number" });
    const scored = await scoreTable(model, table);
    await model.close();
    const sum = values[0]?.reduce((total, column) => total + column[0]!, base[0]!);
    expect(scored.kind === "regression" && scored.values[0]).toBeCloseTo(sum ?? 0, 6);
  });

  it("gives the background's mean as the average, for trees whose cover it counts", async () => {
    const file = "diabetes_gradient_boosting.onnx";
    const table = someRows(file, 60);
    const model = await loadModel({
      bytes: readFileSync(new URL(file, folder)),
      fileName: file,
      engine: "wasm",
    });
    const rows = Array.from({ length: table.rows }, (_, row) => row);
    const { base } = await explainRows(model, table, { rows: [0], background: rows });
    const scored = await scoreTable(model, table);
    await model.close();
    const values = scored.kind === "regression" ? [...scored.values] : [];
    expect(base[0]).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 3);
  });
});
