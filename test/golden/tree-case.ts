import assert from "node:assert/strict";
import { join } from "node:path";
import type { Column, Table } from "#core";
import { explainRows, loadModel, scoreTable, type EngineKind, type Predictions } from "#models";

/** A model that XGBoost or LightGBM trained and saved, and what the library predicts of some rows. */
export interface TreeCase {
  readonly name: string;
  /** The same model in each of its formats. */
  readonly files: readonly string[];
  readonly columns: Readonly<Record<string, readonly (number | string | null)[]>>;
  /** A number a row, or one a class. */
  readonly prediction: readonly (number | readonly number[])[];
  /** What each feature adds to a row's margin, the average last; for several classes one such list each. */
  readonly contributions?: readonly (readonly number[] | readonly (readonly number[])[])[];
}

/** All cases, with the libraries' versions. */
export interface TreeCases {
  readonly xgboost: string;
  readonly lightgbm: string;
  readonly cases: readonly TreeCase[];
}

/** The rows of a case as a table. */
export function tableOfCase({ columns }: TreeCase): Table {
  const made = Object.entries(columns).map(([name, cells]) => columnOf(name, cells));
  return { rows: Object.values(columns)[0]?.length ?? 0, columns: made };
}

function columnOf(name: string, cells: readonly (number | string | null)[]): Column {
  if (!cells.some((cell) => typeof cell === "string")) {
    const values = Float64Array.from(cells, (cell) => Number(cell ?? Number.NaN));
    return { kind: "number", name, values, missing: null, integer: false };
  }
  const levels = [...new Set(cells.filter((cell) => typeof cell === "string"))];
  const codes = Int32Array.from(cells, (cell) =>
    typeof cell === "string" ? levels.indexOf(cell) : -1,
  );
  return { kind: "text", name, codes, levels };
}

/** The largest difference of any file's predictions from the library's own, relative above 1. */
export async function comparePredictions(
  one: TreeCase,
  { folder, engine }: { readonly folder: string; readonly engine: EngineKind },
): Promise<number> {
  const table = tableOfCase(one);
  let worst = 0;
  for (const file of one.files) {
    const model = await loadModel({ path: join(folder, file), engine });
    try {
      const scored = await scoreTable(model, table);
      const difference = largestDifference(answersOf(scored, one), one.prediction.flat(), file);
      worst = Math.max(worst, difference);
    } finally {
      await model.close();
    }
  }
  return worst;
}

/** The library's form: a class's code, the second class's score, one score a class, or a value. */
function answersOf(scored: Predictions, { name, prediction }: TreeCase): readonly number[] {
  if (scored.kind === "regression") return [...scored.values];
  if (/hinge|multi-softmax/.test(name))
    return Array.from(scored.labels, (label) => Number(scored.classes[label]));
  const wanted = Array.isArray(prediction[0]) ? scored.scores : scored.scores.slice(1);
  return Array.from({ length: scored.rows }, (_, row) =>
    wanted.map((score) => score[row] ?? 0),
  ).flat();
}

/** The largest difference of any file's exact contributions from the library's own, relative above 1. */
export async function compareContributions(one: TreeCase, folder: string): Promise<number> {
  const { contributions = [] } = one;
  let worst = 0;
  const table = tableOfCase(one);
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  for (const file of one.files) {
    const model = await loadModel({ path: join(folder, file), engine: "wasm" });
    try {
      const explained = await explainRows(model, table, { rows, background: rows });
      assert.equal(explained.method, "tree-shap");
      const perClass = Array.isArray(contributions[0]?.[0]);
      const outputs =
        perClass || explained.outputs.length === 1 ? explained.values : explained.values.slice(1);
      const bases =
        perClass || explained.outputs.length === 1 ? explained.base : explained.base.slice(1);
      const own = rows.flatMap((row) =>
        outputs.flatMap((ofOutput, output) => [
          ...ofOutput.map((ofColumn) => ofColumn[row] ?? Number.NaN),
          bases[output] ?? Number.NaN,
        ]),
      );
      worst = Math.max(worst, largestDifference(own, contributions.flat(2), file));
    } finally {
      await model.close();
    }
  }
  return worst;
}

function largestDifference(
  own: readonly number[],
  library: readonly number[],
  file: string,
): number {
  assert.equal(own.length, library.length, `${file}: as many numbers as the library gives`);
  return own.reduce((worst, value, at) => {
    const expected = library[at] ?? Number.NaN;
    const difference = Math.abs(value - expected) / Math.max(1, Math.abs(expected));
    return Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }, 0);
}
