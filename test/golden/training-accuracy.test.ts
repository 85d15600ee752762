import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cellAt, findColumn } from "#core";
import { readTable } from "#data";
import { predictTabular, trainTabular } from "#training";

/**
 * Means over five folds (row number modulo 5), each fitted on the other four without a
 * validation part. References: scikit-learn 1.9.1 (SimpleImputer(median), StandardScaler,
 * OneHotEncoder, then LogisticRegression(C=1, tol=1e-8) or Ridge(alpha=1)) and LightGBM 4.7.0
 * (100 trees, reg_lambda=1, all else default), on the same columns and, for weather, the same
 * parts of the date. Log loss, for diabetes the root mean squared error.
 */
const references = {
  weather: { target: "weather", linear: 0.5786689342078236, lightgbm: 0.47770024594050886 },
  penguins: { target: "species", linear: 0.03650639852386716, lightgbm: 0.08075117897539821 },
  breast_cancer: { target: "diagnosis", linear: 0.07396520421234815, lightgbm: 0.0962237293319996 },
  wine: { target: "cultivar", linear: 0.05966045971843011, lightgbm: 0.08711167927076953 },
  diabetes: { target: "progression", linear: 54.223903563950046, lightgbm: 58.988543069425745 },
} as const;

const folder = fileURLToPath(new URL("../fixtures/data/", import.meta.url));

async function crossValidate(
  name: keyof typeof references,
  params: Readonly<Record<string, unknown>>,
): Promise<number> {
  const table = await readTable(`${folder}${name}.csv`);
  const { target } = references[name];
  const column = findColumn(table, target);
  if (column === undefined) throw new Error(`no column ${target}`);
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  const losses = [0, 1, 2, 3, 4].map((fold) => {
    const test = rows.filter((row) => row % 5 === fold);
    const train = rows.filter((row) => row % 5 !== fold);
    const { trained, classes } = trainTabular({ table, train, validation: [], target, params });
    const predicted = predictTabular(trained, table, test);
    const lossOf = (row: number, index: number): number => {
      const truth = cellAt(column, row);
      if (predicted.kind === "values") return ((predicted.values[index] ?? 0) - Number(truth)) ** 2;
      const place = index * classes.length + classes.indexOf(String(truth));
      return -Math.log(predicted.probabilities[place] ?? 0);
    };
    const mean = test.reduce((sum, row, index) => sum + lossOf(row, index), 0) / test.length;
    return predicted.kind === "values" ? Math.sqrt(mean) : mean;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe("the built-in trainer beside the reference libraries", () => {
  it.each(["weather", "breast_cancer", "wine"] as const)(
    "its softmax on %s is scikit-learn's to five digits",
    async (name) => {
      expect(await crossValidate(name, { model: "softmax" })).toBeCloseTo(
        references[name].linear,
        5,
      );
    },
  );

  it("its softmax on penguins, with missing values marked, is within 0.005 of scikit-learn's", async () => {
    const loss = await crossValidate("penguins", { model: "softmax" });
    expect(Math.abs(loss - references.penguins.linear)).toBeLessThan(0.005);
  });

  it("its ridge on diabetes is scikit-learn's to three digits of a hundred", async () => {
    const error = await crossValidate("diabetes", { model: "linear" });
    expect(error).toBeCloseTo(references.diabetes.linear, 3);
  });

  it.each(["weather", "penguins", "breast_cancer", "wine", "diabetes"] as const)(
    "its trees on %s lose at most 1.06 times what LightGBM's lose",
    async (name) => {
      const loss = await crossValidate(name, { model: "trees" });
      expect(loss).toBeLessThan(references[name].lightgbm * 1.06);
    },
  );
});
