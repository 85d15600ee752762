import {
  DataError,
  findColumn,
  InputError,
  type Column,
  type Table,
  type Task,
  type TextColumn,
} from "#core";
import {
  areWithinUnit,
  readTable,
  requireColumn,
  requireNumber,
  rowKeys,
  toText,
  type ClassScores,
  type LoadedTable,
} from "#data";
import { showablePart } from "#report";
import { checkAnswers, type Answers } from "./answers.ts";
import { codesOfAnswers } from "./class-codes.ts";
import type { KeyedRows } from "./join-rows.ts";

/** How a file of predictions is read. */
export interface AnswerFile {
  readonly path: string;
  /** Where relative paths start. */
  readonly directory: string;
  /** As messages name it. */
  readonly name: string;
  readonly prediction: string;
  /** As the input `scores` gives them; `null` for `score_<class>`. */
  readonly scores: readonly string[] | null;
  readonly id: readonly string[];
  readonly salt: string;
  readonly task: Task;
  readonly classes: readonly string[];
  readonly positiveClass: string | null;
  /** Columns that are neither answers nor measures. */
  readonly others: readonly string[];
}

/** Answers of a file with the keys by which its rows are joined. */
export interface KeyedAnswers extends KeyedRows {
  readonly answers: Answers;
  readonly table: Table;
}

/** The column by which predict-command's rows are known again. */
export const ROW_KEY = "row_key";

/**
 * Reads predictions that belong to rows known from elsewhere.
 *
 * @throws InputError `NO_PREDICTION`, `NO_ROW_KEY`, `UNKNOWN_COLUMN`; DataError for values that are no answers
 */
export async function readAnswerFile(file: AnswerFile): Promise<KeyedAnswers> {
  const table = await readTable([file.path], { directory: file.directory });
  const scores = readScores(table, file);
  const prediction = findColumn(table, file.prediction) ?? null;
  const answers: Answers =
    file.task === "regression"
      ? {
          kind: "values",
          values: requireNumber(table, file.prediction).values,
          measures: readMeasures(table, file),
          notes: [],
        }
      : {
          kind: "classes",
          classes: file.classes,
          labels: readLabels(prediction, scores, file),
          scores,
          measures: readMeasures(table, file),
          notes: scores.length === 0 ? noteOfOtherScores(table, file) : [],
        };
  checkAnswers(answers, file.name);
  const identity = readIdentity(table, file);
  return {
    ids: identity.ids,
    get keys() {
      return identity.keys;
    },
    answers,
    table,
  };
}

/** Keys as the file holds them, or its id columns with the keys that are made of them. */
function readIdentity(table: LoadedTable, file: AnswerFile): KeyedRows {
  const held = readHeldKeys(table);
  if (held !== null) return { ids: [], keys: held };
  const ids = file.id.flatMap((name) => findColumn(table, name) ?? []);
  if (ids.length > 0 && ids.length === file.id.length)
    return {
      ids,
      get keys() {
        return rowKeys(table, { id: file.id, salt: file.salt });
      },
    };
  const needed = file.id.length > 0 ? file.id.join(", ") : ROW_KEY;
  throw new InputError({
    code: "NO_ROW_KEY",
    message: `${file.name} has no column by which its rows can be joined: ${needed} is expected, it has ${table.columns.map(({ name }) => name).join(", ")}.`,
    hint:
      file.id.length > 0
        ? `Copy the id columns, or ${ROW_KEY}, from the rows that were scored.`
        : `Name the columns that identify a row with id:, in both files alike, or copy ${ROW_KEY} from the rows that were scored.`,
  });
}

/** The keys that a file in Slipway's own form holds (`row_key` or `id`); `null` where it holds none. */
export function readHeldKeys(table: Table): BigUint64Array | null {
  return heldKeys(findColumn(table, ROW_KEY)) ?? heldKeys(findColumn(table, "id"));
}

function heldKeys(column: Column | undefined): BigUint64Array | null {
  if (column?.kind !== "text") return null;
  if (!column.levels.every((level) => /^[0-9a-f]{16}$/.test(level))) return null;
  const keys = column.levels.map((level) => BigInt(`0x${level}`));
  return BigUint64Array.from(column.codes, (code) => keys[code] ?? 0n);
}

function readScores(table: LoadedTable, file: AnswerFile): readonly ClassScores[] {
  if (file.task === "regression") return [];
  const { classes, positiveClass } = file;
  const written = file.scores;
  if (written === null) {
    const own = classes.map((name) => findColumn(table, `score_${name}`));
    if (own.every((column) => column?.kind === "number"))
      return classes.map((name) => ({
        name,
        values: requireNumber(table, `score_${name}`).values,
      }));
    const positive = classes.length === 2 ? positiveClass : null;
    const single = positive === null ? undefined : findColumn(table, `score_${positive}`);
    if (positive === null || single?.kind !== "number") return [];
    return [{ name: positive, values: single.values }];
  }
  const [only = ""] = written;
  const named = written.map((score) => score.slice(score.indexOf("=") + 1).trim());
  for (const column of named) requireColumn(table, column, `scores: ${file.name}`);
  if (written.length === 1 && !only.includes("="))
    return [{ name: positiveClass ?? classes[1] ?? "", values: requireNumber(table, only).values }];
  const byClass = new Map(
    written.map((score, at) => {
      const cut = score.indexOf("=");
      return cut < 0
        ? ([classes[at] ?? "", score] as const)
        : ([score.slice(0, cut).trim(), score.slice(cut + 1).trim()] as const);
    }),
  );
  return classes.map((name) => ({
    name,
    values: requireNumber(table, byClass.get(name) ?? `score_${name}`).values,
  }));
}

/** Scores that are written down and of no class are not read: better said than missed. */
function noteOfOtherScores(table: Table, { classes, scores, name }: AnswerFile): readonly string[] {
  const own = table.columns.map((column) => column.name).filter((one) => one.startsWith("score_"));
  if (scores !== null || own.length === 0) return [];
  const wanted = classes.map((one) => `score_${one}`);
  return [
    `No scores were read from ${name}: it has ${showableList(own)}, expected are ${showableList(wanted)}.`,
  ];
}

/** How many names a note shows. */
const MOST_SHOWN = 5;

function showableList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_SHOWN).map((name) => showablePart(name, 60));
  return [...shown, ...(names.length > MOST_SHOWN ? ["…"] : [])].join(", ");
}

function readLabels(
  prediction: Column | null,
  scores: readonly ClassScores[],
  file: AnswerFile,
): Int32Array {
  if (prediction !== null) return codesOfAnswers(prediction, file.classes, file.name);
  if (scores.length === 0) {
    throw new InputError({
      code: "NO_PREDICTION",
      message: `${file.name} has no column ${file.prediction}, and no scores.`,
      hint: "Name the columns with prediction: and scores:.",
    });
  }
  return labelsOfScores(scores, file.classes);
}

/** The class of the highest score; with one score the positive class from 0.5 up. */
export function labelsOfScores(
  scores: readonly ClassScores[],
  classes: readonly string[],
): Int32Array {
  const [first] = scores;
  const rows = first?.values.length ?? 0;
  const labels = new Int32Array(rows);
  if (scores.length === 1 && first !== undefined) {
    const positive = classes.indexOf(first.name);
    const isProbability = areWithinUnit(first.values);
    const cut = isProbability ? 0.5 : 0;
    for (let row = 0; row < rows; row++)
      labels[row] = (first.values[row] ?? 0) >= cut ? positive : 1 - positive;
    return labels;
  }
  const places = scores.map(({ name }) => classes.indexOf(name));
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let at = 1; at < scores.length; at++)
      if ((scores[at]?.values[row] ?? 0) > (scores[best]?.values[row] ?? 0)) best = at;
    labels[row] = places[best] ?? 0;
  }
  return labels;
}

function readMeasures(table: LoadedTable, file: AnswerFile): ReadonlyMap<string, Float64Array> {
  const taken = new Set([
    ...file.others,
    ...file.id,
    ...file.classes.map((name) => `score_${name}`),
    ...(file.scores ?? []).map((score) => score.slice(score.indexOf("=") + 1).trim()),
    file.prediction,
    ROW_KEY,
    "id",
  ]);
  return new Map(
    table.columns.flatMap((column) =>
      column.kind === "number" && !taken.has(column.name)
        ? [[column.name, column.values] as const]
        : [],
    ),
  );
}

/** Checks that two files tell the same truth of the same rows. @throws DataError `TRUTH_DIFFERS` */
export function refuseOtherTruth(
  here: { readonly target: Column; readonly rows: Uint32Array; readonly file: string },
  there: { readonly table: Table; readonly rows: Uint32Array; readonly file: string },
): void {
  const other = findColumn(there.table, here.target.name);
  if (other === undefined) return;
  const [left, right] = [toText(here.target), toText(requireColumn(there.table, other.name))];
  // Each level of the one as the code that the other has for it; -2 where it has none.
  const places = new Map(right.levels.map((level, code) => [level, code]));
  const missing = places.get("") ?? -1;
  const sameAs = Int32Array.from(left.levels, (level) => places.get(level) ?? -2);
  for (let at = 0; at < here.rows.length; at++) {
    const [row, otherRow] = [here.rows[at] ?? 0, there.rows[at] ?? 0];
    const theirs = right.codes[otherRow] ?? -1;
    if ((sameAs[left.codes[row] ?? -1] ?? missing) === theirs) continue;
    const show = ({ levels }: TextColumn, code: number): string =>
      JSON.stringify(levels[code] ?? "");
    throw new DataError({
      code: "TRUTH_DIFFERS",
      message: `${there.file}, row ${otherRow + 1}: ${other.name} is ${show(right, theirs)}, but ${show(left, left.codes[row] ?? -1)} in row ${row + 1} of ${here.file}.`,
      hint: "Both files must be of the same rows: check the id columns and how the files were made.",
      place: { file: there.file, row: otherRow + 1, column: other.name },
    });
  }
}
