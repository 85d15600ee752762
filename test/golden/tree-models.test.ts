import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadModel, scoreRows, signatureOf } from "#models";
import {
  compareContributions,
  comparePredictions,
  tableOfCase,
  type TreeCases,
} from "./tree-case.ts";

const folder = fileURLToPath(new URL("../fixtures/trees/", import.meta.url));
const { cases } = JSON.parse(readFileSync(`${folder}cases.json`, "utf8")) as TreeCases;
const named = cases.map((one) => [one.name, one] as const);

describe("XGBoost's and LightGBM's own files", () => {
  it.each(named)("predict as the library does, on either engine, to 1e-6: %s", async (_, one) => {
    expect(await comparePredictions(one, { folder, engine: "wasm" })).toBeLessThan(1e-6);
    expect(await comparePredictions(one, { folder, engine: "native" })).toBeLessThan(1e-6);
  });

  it.each(named.filter(([, { contributions }]) => contributions !== undefined))(
    "are explained as the library does, to 1e-5: %s",
    async (_, one) => {
      expect(await compareContributions(one, folder)).toBeLessThan(1e-5);
    },
  );

  it("name their inputs, texts where the categories are texts", async () => {
    const model = await loadModel({ path: `${folder}xgb-categories.ubj`, engine: "wasm" });
    const { columns } = signatureOf(model);
    expect(columns.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      "age in years: number",
      "income: number",
      "tenths: number",
      "sparse: number",
      "colour: text",
      "level: number",
    ]);
    expect(model.producer).toBe("XGBoost 3.2.0");
    await model.close();
  });

  it("answer a row of named values as they answer a table's", async () => {
    const one = cases.find(({ name }) => name === "lgb-categories");
    if (one === undefined) throw new Error("The case is not there.");
    const model = await loadModel({ path: `${folder}${one.files[0]}`, engine: "wasm" });
    const row = Object.fromEntries(
      tableOfCase(one).columns.map(({ name }) => [
        model.inputs.find((input) => input.name.replaceAll("_", " ") === name)?.name ?? name,
        one.columns[name]?.[0],
      ]),
    );
    const scored = await scoreRows(model, [row]);
    expect(scored.kind === "classification" && scored.scores[1]?.[0]).toBeCloseTo(
      Number(one.prediction[0]),
      9,
    );
    await model.close();
  });

  it("say when early stopping left trees out", async () => {
    const model = await loadModel({ path: `${folder}xgb-early-stopping.json`, engine: "wasm" });
    expect(model.notes.join()).toMatch(/Early stopping: the first \d+ of \d+ trees count/);
    await model.close();
  });
});
