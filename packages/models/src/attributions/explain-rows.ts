import type { Column, Table } from "#core";
import { findColumn, takeRows } from "#core";
import { bindInputs } from "../bind-inputs.ts";
import type { Model } from "../load-model.ts";
import type { Predictions } from "../predictions.ts";
import { scoreTable } from "../score.ts";
import type { Attributions, AttributionScale, ExplainOptions } from "./attributions.ts";
import { checkExplainedRows } from "./attributions.ts";
import { explainByTrees } from "./explained-trees.ts";
import type { CellFunction } from "./sampled-shapley.ts";
import { sampleShapley } from "./sampled-shapley.ts";

const DEFAULT_SAMPLES = 64;
const DEFAULT_SEED = 42;

/**
 * Explains predictions row by row: how much each input column moved the output away from the
 * average. A tree ensemble is explained exactly, by its cover (`tree-shap`); any other model by
 * Shapley values sampled over the background rows (a column that does not take part has their
 * cells), with a stated standard error.
 *
 * @throws InputError `NO_BACKGROUND_ROWS`, `ROW_OUT_OF_RANGE`, and what scoring throws
 */
export async function explainRows(
  model: Model,
  table: Table,
  options: ExplainOptions,
): Promise<Attributions> {
  checkExplainedRows(table, options);
  const available = table.columns.map(({ name }) => name);
  const binding = bindInputs(model, { ...options, available });
  const view = (await model.readTrees?.()) ?? null;
  const exact =
    view === null ? null : await explainByTrees({ model, view, binding }, table, options);
  if (exact !== null) return exact;
  const columns = [...new Set(binding.inputs.flatMap((input) => input.columns))];
  return explainBySampling(model, table, { options, columns });
}

async function explainBySampling(
  model: Model,
  table: Table,
  { options, columns }: { readonly options: ExplainOptions; readonly columns: readonly string[] },
): Promise<Attributions> {
  const used = columns.flatMap((name) => findColumn(table, name) ?? []);
  const { rows, background, samples = DEFAULT_SAMPLES, seed = DEFAULT_SEED, signal } = options;
  const classes = await findClasses(model, table, options);
  let seen: Seen | null = null;
  const game: CellFunction = {
    columns: used.length,
    isSame: (column, left, right) => isSameCell(used[column], left, right),
    evaluate: async (sources) => {
      const predictions = await scoreTable(model, mixRows(used, sources), options);
      const read = readOutputs(predictions, classes);
      seen = joinSeen(seen, read);
      return read.values;
    },
  };
  const sampled = await sampleShapley(game, { rows, background, samples, seed, signal });
  const { outputs, scale } = seen ?? { outputs: ["value"], scale: "value" as const };
  return { method: "sampled-shapley", columns, outputs, scale, ...sampled };
}

/** Made-up rows whose cells come from rows of their own. */
function mixRows(columns: readonly Column[], sources: readonly Int32Array[]): Table {
  const mixed = columns.flatMap((column, at) => {
    const rows = sources[at] ?? new Int32Array(0);
    return takeRows({ rows: rows.length, columns: [column] }, rows).columns;
  });
  return { rows: sources[0]?.length ?? 0, columns: mixed };
}

function isSameCell(column: Column | undefined, left: number, right: number): boolean {
  if (column === undefined || left === right) return true;
  return column.kind === "text"
    ? column.codes[left] === column.codes[right]
    : Object.is(column.values[left], column.values[right]);
}

interface Seen {
  readonly outputs: readonly string[];
  readonly scale: AttributionScale;
}

/** Where only labels tell the classes, those of all rows: one batch may not meet every class. */
async function findClasses(
  model: Model,
  table: Table,
  options: ExplainOptions,
): Promise<readonly string[] | null> {
  if (model.classNames !== null || options.classes !== undefined) return null;
  const rows = [...Array.from(options.rows), ...Array.from(options.background)];
  const predictions = await scoreTable(model, takeRows(table, rows), options);
  return predictions.kind === "classification" ? predictions.classes : null;
}

function readOutputs(
  predictions: Predictions,
  known: readonly string[] | null,
): Seen & { readonly values: readonly Float64Array[] } {
  if (predictions.kind === "regression") {
    return { outputs: ["value"], scale: "value", values: [predictions.values] };
  }
  const { classes, labels, scores } = predictions;
  const outputs = known ?? classes;
  if (scores.length === 0) {
    // A label alone is a score of 1 for its class.
    const codes = outputs.map((name) => classes.indexOf(name));
    const values = codes.map((code) =>
      Float64Array.from(labels, (label) => Number(label === code)),
    );
    return { outputs, scale: "probability", values };
  }
  const isProbability = scores.every((column) => column.every((score) => score >= 0 && score <= 1));
  return { outputs, scale: isProbability ? "probability" : "margin", values: scores };
}

/** One score outside 0..1 in any batch says that they are margins. */
function joinSeen(seen: Seen | null, read: Seen): Seen {
  return seen?.scale === "margin" ? seen : { outputs: read.outputs, scale: read.scale };
}
