import type { Column } from "#core";
import { DataError, InputError, joinInputFaults, suggestNearest } from "#core";
import { encodeRows } from "./encoders/encode.ts";
import type { Encoder } from "./encoders/encoder.ts";
import { fitEncoder } from "./encoders/fit-encoder.ts";
import type { RawColumn } from "./encoders/raw-columns.ts";
import { readRawColumns } from "./encoders/raw-columns.ts";
import type { TabularParams } from "./params.ts";
import type { Part } from "./part.ts";
import type { TabularRequest } from "./tabular-request.ts";
import type { CodedPart, TargetMeaning } from "./targets.ts";
import { balanceClasses, codeTarget, readTargetMeaning, requireColumn } from "./targets.ts";

/** Columns as the model will read them, and the coded target of both parts. */
export interface PreparedData {
  readonly columns: readonly RawColumn[];
  readonly meaning: TargetMeaning;
  readonly train: CodedPart;
  readonly validation: CodedPart;
  readonly notes: readonly string[];
}

/** Reads columns, target and rows of a request, and checks that something can be learned from them. */
export function prepareData(request: TabularRequest, params: TabularParams): PreparedData {
  const { table } = request;
  const target = requireColumn(table, request.target, "target");
  const weight = request.weight ? requireColumn(table, request.weight, "weight") : null;
  const features = listFeatureColumns(request);
  const trainRows = readRows(request.train, table.rows);
  if (trainRows.length === 0) {
    throw new DataError({
      code: "EMPTY_SPLIT",
      message: "The training part has no rows.",
      hint: "Check the split's fractions and the number of rows in the data.",
    });
  }
  const meaning = readTargetMeaning(target, trainRows, request.task ?? "auto");
  const coding = { ...meaning, weight };
  const coded = codeTarget(target, trainRows, coding);
  if (coded.rows.length === 0) throw noTarget(target);
  const balance = params.class_weight === "balanced" && meaning.task !== "regression";
  const train = balance ? { ...coded, target: balanceClasses(coded.target) } : coded;
  const validation = codeTarget(target, readRows(request.validation, table.rows), coding);
  const notes = [
    ...meaning.notes,
    ...noteDropped("training", coded.dropped, "no target"),
    ...noteDropped(
      "validation",
      validation.dropped,
      "no target, or a class that the training part lacks",
    ),
  ];
  return { columns: readRawColumns(table, features), meaning, train, validation, notes };
}

function noTarget(target: Column): DataError {
  return new DataError({
    code: "NO_TARGET",
    message: `The target ${target.name} is missing in every training row.`,
    hint: "Check the target column and the split.",
  });
}

function noteDropped(part: string, rows: number, reason: string): string[] {
  return rows === 0 ? [] : [`${rows} ${part} rows were left out: ${reason}.`];
}

function readRows(rows: ArrayLike<number>, count: number): Uint32Array {
  const read = Uint32Array.from(rows);
  const outside = read.find((row) => row >= count);
  if (outside === undefined) return read;
  throw new InputError({
    code: "ROW_OUT_OF_RANGE",
    message: `Row index ${outside} was given; the table has ${count} rows.`,
  });
}

function listFeatureColumns({ table, features, target, weight }: TabularRequest): string[] {
  const names = table.columns.map(({ name }) => name);
  const chosen = features ?? names.filter((name) => name !== target && name !== weight);
  const faults = chosen
    .filter((name) => !names.includes(name) || name === target)
    .map((name) =>
      name === target
        ? { code: "TARGET_IS_FEATURE", message: `features names the target ${name}.` }
        : {
            code: "UNKNOWN_COLUMN",
            message: `features names the column ${name}, which the data does not have.`,
            hint: suggestNearest(name, names),
          },
    );
  if (faults.length > 0) throw joinInputFaults(faults);
  return [...new Set(chosen)];
}

/** Both parts as features of one form. */
export interface EncodedData {
  readonly encoder: Encoder;
  readonly train: Part;
  readonly validation: Part | null;
  readonly notes: readonly string[];
}

/** Fits an encoder on the training part and encodes both. */
export function encodeParts(
  prepared: PreparedData,
  form: "raw" | "scaled",
  params: TabularParams,
): EncodedData {
  const { columns, train, validation } = prepared;
  const { encoder, notes } = fitEncoder(columns, train.rows, {
    form,
    impute: params.impute,
    missingIndicator: params.missing_indicator,
    minLevelRows: params.min_level_rows,
    maxLevels: params.max_levels,
  });
  if (encoder.numbers.length + encoder.texts.length === 0) {
    throw new DataError({
      code: "NO_FEATURES",
      message: `No feature is left to learn from. ${notes.join(" ") || "The data has no column beside the target."}`,
      hint: "Name columns that vary in features.",
    });
  }
  const encode = (part: CodedPart): Part => ({
    matrix: encodeRows(encoder, columns, part.rows),
    target: part.target,
  });
  return {
    encoder,
    notes,
    train: encode(train),
    validation: validation.rows.length === 0 ? null : encode(validation),
  };
}
