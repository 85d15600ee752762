import type { Signature } from "#core";
import { DataError, InputError, suggestNearest } from "#core";
import { canCountDays, dateColumnsOf, dateInputsOf } from "./date-inputs.ts";
import type { Model } from "./load-model.ts";
import type { TensorDeclaration } from "./onnx-graph.ts";
import type { ElementType } from "./onnx-proto.ts";

/** One input of a model with the columns that fill it, in order. */
export interface BoundInput {
  readonly name: string;
  readonly type: ElementType;
  /** 1 for a shape of [rows], 2 for [rows, columns]. */
  readonly rank: 1 | 2;
  readonly columns: readonly string[];
  /** Those of the columns that are fed as days since 1970-01-01 UTC. */
  readonly dates?: ReadonlySet<string>;
}

/** Which columns go where. */
export interface InputBinding {
  readonly fileName: string;
  readonly inputs: readonly BoundInput[];
}

/** How a caller says which columns a model takes. */
export interface ColumnChoice {
  /** Rules over `features`. */
  readonly signature?: Signature | undefined;
  /** The input columns in the model's order. */
  readonly features?: readonly string[] | undefined;
  /** Columns that are there; what a model takes must be among them. Left out: not checked. */
  readonly available?: readonly string[] | undefined;
}

type BindableModel = Pick<Model, "inputs" | "fileName"> & Partial<Pick<Model, "metadata">>;

/** The declared number of columns of an input: 1 for [rows], `null` where it is free. */
export function widthOf({ shape }: TensorDeclaration): number | null {
  if (shape === null) return null;
  if (shape.length === 1) return 1;
  const width = shape[1];
  return typeof width === "number" ? width : null;
}

/**
 * Says which columns fill which input: from the signature; else from `features` in order;
 * else by the inputs' names, or, for one wide input, every available column in order.
 * Throws a {@link DataError} that lists both sides when they disagree, and an
 * {@link InputError} when more has to be said.
 */
export function bindInputs(model: BindableModel, choice: ColumnChoice): InputBinding {
  for (const input of model.inputs) checkFeedable(input, model.fileName);
  const columns = assignColumns(model, choice);
  const dateInputs = dateInputsOf(model.metadata);
  const dateColumns = dateColumnsOf(choice.signature);
  const inputs = model.inputs.map((input): BoundInput => {
    const own = columns.get(input.name) ?? [];
    checkWidth(input, own, model.fileName);
    const dates = canCountDays(input)
      ? own.filter((column) => dateInputs.has(input.name) || dateColumns.has(column))
      : [];
    return {
      name: input.name,
      type: input.type ?? "float",
      rank: input.shape?.length === 1 ? 1 : 2,
      columns: own,
      ...(dates.length > 0 && { dates: new Set(dates) }),
    };
  });
  checkAvailable(inputs, choice.available, model.fileName);
  return { fileName: model.fileName, inputs };
}

type Assignment = ReadonlyMap<string, readonly string[]>;

function assignColumns(model: BindableModel, choice: ColumnChoice): Assignment {
  const { signature, features, available } = choice;
  if (signature !== undefined) return assignBySignature(model, signature);
  const [only, ...others] = model.inputs;
  if (only === undefined) return new Map();
  if (others.length === 0) {
    const named = features ?? nameOfSingle(only, available) ?? available;
    if (named !== undefined) return new Map([[only.name, named]]);
    throw needsFeatures(model);
  }
  if (features !== undefined) return assignByFeatures(model, features);
  if (model.inputs.some((input) => widthOf(input) !== 1)) throw needsFeatures(model);
  return new Map(model.inputs.map(({ name }) => [name, [matchName(name, available)]]));
}

/** A model with one input of one column takes the column of that name. */
function nameOfSingle(
  input: TensorDeclaration,
  available: readonly string[] | undefined,
): readonly string[] | undefined {
  const name = matchName(input.name, available);
  const isThere = available === undefined || available.includes(name);
  return widthOf(input) === 1 && isThere ? [name] : undefined;
}

/** Exporters write `mean radius` as `mean_radius`: the exact name first, then the one that reads so. */
function matchName(name: string, available: readonly string[] | undefined): string {
  if (available === undefined || available.includes(name)) return name;
  const alike = available.filter((column) => plainName(column) === plainName(name));
  return alike.length === 1 ? (alike[0] ?? name) : name;
}

function plainName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, "_");
}

function assignBySignature(model: BindableModel, signature: Signature): Assignment {
  const assigned = new Map<string, string[]>(model.inputs.map(({ name }) => [name, []]));
  const inOrder = signature.columns.toSorted((left, right) => left.index - right.index);
  for (const { name, input, index } of inOrder) {
    const own = assigned.get(input);
    if (own === undefined) {
      const known = [...assigned.keys()].join(", ");
      throw signatureFault(`${model.fileName} has no input ${input}, it has ${known}`);
    }
    if (index !== own.length) {
      throw signatureFault(
        `input ${input} is given index ${index} (${name}) where ${own.length} is next`,
      );
    }
    own.push(name);
  }
  const empty = [...assigned].find(([, own]) => own.length === 0);
  if (empty !== undefined) throw signatureFault(`no column is given for input ${empty[0]}`);
  return assigned;
}

function signatureFault(found: string): DataError {
  return new DataError({
    code: "SIGNATURE_DISAGREES",
    message: `The signature does not fit the model: ${found}.`,
    hint: "The signature belongs to another model file: train again, or name the columns with features.",
  });
}

function assignByFeatures(model: BindableModel, features: readonly string[]): Assignment {
  const byName = model.inputs.map(({ name }) => [name, [matchName(name, features)]] as const);
  if (byName.every(([, columns]) => columns.every((column) => features.includes(column)))) {
    return new Map(byName);
  }
  const assigned = new Map<string, readonly string[]>();
  let place = 0;
  for (const input of model.inputs) {
    const width = widthOf(input);
    if (width === null) throw needsFeatures(model);
    assigned.set(input.name, features.slice(place, place + width));
    place += width;
  }
  if (place !== features.length) throw countFault(model.fileName, place, features);
  return assigned;
}

/** More columns than a table is read with; an image or a text embedding is no table. */
const MAX_COLUMNS = 100_000;

/** Throws a {@link DataError} when an input is not one that columns of a table can fill. */
export function checkFeedable(input: TensorDeclaration, fileName: string): void {
  const rank = input.shape?.length ?? 2;
  const width = widthOf(input) ?? 1;
  if (width > MAX_COLUMNS) {
    throw new DataError({
      code: "MODEL_INPUT_NOT_SUPPORTED",
      message: `${fileName}: input ${input.name} takes ${width} columns; at most ${MAX_COLUMNS} are fed.`,
      hint: "Score the model with predict-command.",
      place: { file: fileName },
    });
  }
  if (input.type !== null && input.type !== "float16" && (rank === 1 || rank === 2)) return;
  throw new DataError({
    code: "MODEL_INPUT_NOT_SUPPORTED",
    message: `${fileName}: input ${input.name} is a ${input.typeName} of rank ${rank}; only numbers, booleans and strings of shape [rows] or [rows, columns] are fed.`,
    hint: "Score the model with predict-command, or export it with its preprocessing so that it takes columns.",
    place: { file: fileName },
  });
}

function checkWidth(input: TensorDeclaration, columns: readonly string[], fileName: string): void {
  const width = widthOf(input);
  if (width !== null && columns.length !== width) throw countFault(fileName, width, columns);
}

function countFault(fileName: string, expected: number, columns: readonly string[]): DataError {
  return new DataError({
    code: "COLUMNS_DISAGREE",
    message: `${fileName} takes ${expected} columns, but ${columns.length} are given: ${listNames(columns)}.`,
    hint: "Name the model's input columns in its order with features; target, id and time are not among them.",
  });
}

function needsFeatures(model: BindableModel): InputError {
  const inputs = model.inputs.map(
    (input) => `${input.name} (${widthOf(input) ?? "any number of"} columns)`,
  );
  return new InputError({
    code: "FEATURES_NEEDED",
    message: `${model.fileName} does not say by its inputs' names which columns it takes: ${inputs.join(", ")}.`,
    hint: "Give features: the columns in the model's order.",
  });
}

function checkAvailable(
  inputs: readonly BoundInput[],
  available: readonly string[] | undefined,
  fileName: string,
): void {
  if (available === undefined) return;
  const known = new Set(available);
  const taken = inputs.flatMap(({ columns }) => columns);
  const missing = taken.filter((column) => !known.has(column));
  if (missing.length === 0) return;
  const free = available.filter((column) => !taken.includes(column));
  const hints = missing
    .slice(0, 10)
    .map(
      (column) =>
        `${column}: ${free.length === 0 ? "no column is left" : suggestNearest(column, free)}`,
    );
  throw new DataError({
    code: "COLUMNS_DISAGREE",
    message: `${fileName} takes columns that the data does not have: ${listNames(missing)}. The model takes ${listNames(taken)}; the data has ${listNames(available)}.`,
    hint: hints.join(" "),
  });
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 60).join(", ");
  return names.length > 60 ? `${shown}, … (${names.length})` : shown;
}
