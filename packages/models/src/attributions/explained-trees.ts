import type { Table } from "#core";
import { takeRows } from "#core";
import { settleClasses } from "../class-codes.ts";
import type { InputBinding } from "../bind-inputs.ts";
import type { Model } from "../load-model.ts";
import { createTableSource } from "../table-source.ts";
import type { Predictions } from "../predictions.ts";
import { scoreTable } from "../score.ts";
import { applyHead, computeMargins, type TreeEnsemble } from "../trees/tree-ensemble.ts";
import type { TreeView } from "../trees/tree-view.ts";
import type { Attributions, ExplainOptions } from "./attributions.ts";
import { coverByRows } from "./cover.ts";
import { explainTrees, type TreeContributions } from "./tree-shap.ts";

/**
 * Explains a tree ensemble exactly. Where the file keeps no cover (ONNX) the background rows
 * give it.
 *
 * @returns `null` where its features are not the table's columns one for one
 */
export async function explainByTrees(
  facts: { readonly model: Model; readonly view: TreeView; readonly binding: InputBinding },
  table: Table,
  options: ExplainOptions,
): Promise<Attributions | null> {
  const { model, view, binding } = facts;
  const columns = binding.inputs.flatMap((input) => input.columns);
  const columnOf = placeFeatures(view, binding, columns);
  if (columnOf === null) return null;
  const { ensemble, sources } = view;
  const read = (rows: ArrayLike<number>) => readFeatures(sources, binding, takeRows(table, rows));
  const isWhole = ensemble.trees.every(({ cover }) => cover !== null);
  if (!isWhole && !(await agrees(model, ensemble, { table, options, read }))) return null;
  const covered = isWhole ? ensemble : coverByRows(ensemble, read(options.background));
  const found = await explainTrees(covered, read(options.rows), options.signal);
  const signed = nameOutputs(ensemble, found, { model, options });
  return {
    method: "tree-shap",
    columns,
    ...signed,
    values: signed.values.map((ofFeatures) => spread(ofFeatures, columnOf, columns.length)),
    error: null,
  };
}

const COMPARED_ROWS = 8;

/**
 * Whether the trees alone say what the whole ONNX model says of some rows: what stands before and
 * behind them in the graph may do more than is known here.
 */
async function agrees(
  model: Model,
  ensemble: TreeEnsemble,
  facts: {
    readonly table: Table;
    readonly options: ExplainOptions;
    readonly read: (rows: ArrayLike<number>) => readonly Float64Array[];
  },
): Promise<boolean> {
  const { table, options, read } = facts;
  const rows = Array.from(options.background).slice(0, COMPARED_ROWS);
  const scored = await scoreTable(model, takeRows(table, rows), options);
  return read(rows).every((row, at) => {
    const own = applyHead(ensemble.head, computeMargins(ensemble, row));
    const said = saidOf(scored, at, own.length);
    return said.every((value, k) => {
      const distance = Math.abs(value - (own[k] ?? Number.NaN));
      return distance <= 1e-4 * Math.max(1, Math.abs(value));
    });
  });
}

/** A row's answer in the ensemble's form: of two classes with one margin, the second's score. */
function saidOf(scored: Predictions, at: number, outputs: number): readonly number[] {
  if (scored.kind === "regression") return [scored.values[at] ?? Number.NaN];
  const scores = outputs === 1 ? scored.scores.slice(1) : scored.scores;
  return scores.length === 0 ? [Number.NaN] : scores.map((score) => score[at] ?? Number.NaN);
}

/** The place of each feature's column; `null` where two features read one column. */
function placeFeatures(
  { sources }: TreeView,
  { inputs }: InputBinding,
  columns: readonly string[],
): readonly number[] | null {
  const places = sources.map(({ input, index }) =>
    columns.indexOf(inputs.find(({ name }) => name === input)?.columns[index] ?? ""),
  );
  const isOneForOne =
    new Set(places).size === places.length && new Set(columns).size === columns.length;
  return isOneForOne && !places.includes(-1) ? places : null;
}

/** The features' values of every row, from the tensors that the model itself would be fed. */
function readFeatures(
  sources: TreeView["sources"],
  binding: InputBinding,
  table: Table,
): readonly Float64Array[] {
  if (table.rows === 0) return [];
  const tensors = createTableSource(binding, table).feed({
    start: 0,
    count: table.rows,
    paddedTo: table.rows,
  });
  const rows = Array.from({ length: table.rows }, () => new Float64Array(sources.length));
  sources.forEach(({ input, index, codes }, feature) => {
    const data = tensors[input]?.data ?? [];
    const width = data.length / table.rows;
    rows.forEach((row, at) => {
      const value = data[at * width + index] ?? Number.NaN;
      row[feature] = codes === null ? Number(value) : (codes.get(String(value)) ?? Number.NaN);
    });
  });
  return rows;
}

/** Margins by the names of what they stand for; a binary model's one margin is the second class's. */
function nameOutputs(
  { head }: TreeEnsemble,
  { base, values }: TreeContributions,
  { model, options }: { readonly model: Model; readonly options: ExplainOptions },
): Pick<Attributions, "outputs" | "scale" | "base" | "values"> {
  if (head.kind === "value") {
    const outputs = base.length === 1 ? ["value"] : Array.from(base, (_, at) => `value ${at}`);
    return {
      outputs,
      scale: head.link === "identity" ? "value" : "margin",
      base: [...base],
      values,
    };
  }
  const known = settleClasses(
    {
      own: model.classNames,
      given: options.classes,
      count: head.kind === "binary" ? 2 : base.length,
    },
    model.fileName,
  );
  const outputs = known?.classes ?? [];
  const scale = head.link === "probability" ? ("probability" as const) : ("margin" as const);
  if (head.kind === "multiclass") return { outputs, scale, base: [...base], values };
  const [ofSecond = []] = values;
  const second = base[0] ?? 0;
  const first = scale === "probability" ? 1 - second : -second;
  return {
    outputs,
    scale,
    base: [first, second],
    values: [ofSecond.map((column) => column.map((value) => -value)), ofSecond],
  };
}

function spread(
  ofFeatures: readonly Float64Array[],
  columnOf: readonly number[],
  columns: number,
): readonly Float64Array[] {
  const rows = ofFeatures[0]?.length ?? 0;
  const spreadOut = Array.from({ length: columns }, () => new Float64Array(rows));
  ofFeatures.forEach((values, feature) => spreadOut[columnOf[feature] ?? -1]?.set(values));
  return spreadOut;
}
