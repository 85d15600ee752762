import { createHash } from "node:crypto";
import { DataError, type Column, type Table } from "#core";
import { formatInstant } from "./date-text.ts";
import { requireColumn } from "./read-table.ts";
import { formatRowKey, rowKeys } from "./row-keys.ts";
import { checkFractions, partNames, type Fractions, type PartName } from "./split-spec.ts";

/** How rows are divided into train, validation and test. */
export type SplitSpec =
  /** By the row's hash alone: no row moves when others come or go. */
  | { readonly kind: "hash"; readonly fractions: Fractions }
  /** In hash order within each class of `target`, so that each part has each class's share; rows near a boundary may move when rows are added. */
  | { readonly kind: "stratified"; readonly fractions: Fractions; readonly target: string }
  /** Oldest first by `column`; rows of the same time stay together. */
  | { readonly kind: "time"; readonly fractions: Fractions; readonly column: string }
  /** As a column says: train, validation (or val, valid, dev), test. */
  | { readonly kind: "column"; readonly column: string };

/** One part of a split. */
export interface SplitPart {
  /** Row indices of the table, ascending. */
  readonly rows: Uint32Array;
  /** `sha256:` over the part's row keys in ascending order, 16 hexadecimal digits and a line feed each. */
  readonly digest: string;
}

/** A divided table. */
export interface TableSplit {
  readonly parts: Readonly<Record<PartName, SplitPart>>;
  /** For a split by time: the first instant or number of validation and of test; `null` for an empty part. */
  readonly boundaries: { readonly validation: string | null; readonly test: string | null } | null;
}

/** What a split needs besides its spec. */
export interface SplitOptions {
  readonly salt: string;
  readonly id?: readonly string[];
}

/**
 * Divides a table's rows into train, validation and test.
 *
 * By hash, a row's place is its key's first 52 bits over 2^52 (see {@link rowKeys}): below the
 * train share it trains, below train plus validation it validates, else it tests.
 *
 * @throws InputError `UNKNOWN_COLUMN`, `BAD_FRACTIONS`; DataError `EMPTY_PART`, `SMALL_CLASS`,
 * `MISSING_TIME`, `UNKNOWN_PART`
 */
export function splitTable(table: Table, spec: SplitSpec, options: SplitOptions): TableSplit {
  if (spec.kind !== "column") checkFractions(spec.fractions, spec.fractions.join("/"));
  const keys = rowKeys(table, options);
  const assigned = assignRows(table, spec, keys);
  const rows = partNames.map((_, part) => rowsOfPart(assigned.parts, part));
  partNames.forEach((name, part) => {
    const wanted = spec.kind === "column" ? name !== "validation" : spec.fractions[part] !== 0;
    if (wanted && rows[part]?.length === 0) throw emptyPart(name, table.rows, spec);
  });
  const part = (index: number): SplitPart => {
    const own = rows[index] ?? new Uint32Array(0);
    return { rows: own, digest: digestRows(keys, own) };
  };
  return {
    parts: { train: part(0), validation: part(1), test: part(2) },
    boundaries: assigned.boundaries,
  };
}

interface Assignment {
  /** 0 train, 1 validation, 2 test. */
  readonly parts: Uint8Array;
  readonly boundaries: TableSplit["boundaries"];
}

function assignRows(table: Table, spec: SplitSpec, keys: BigUint64Array): Assignment {
  switch (spec.kind) {
    case "hash":
      return { parts: assignByHash(keys, spec.fractions), boundaries: null };
    case "stratified":
      return { parts: assignStratified(table, spec, keys), boundaries: null };
    case "time":
      return assignByTime(table, spec);
    case "column":
      return { parts: assignByColumn(requireColumn(table, spec.column)), boundaries: null };
  }
}

function assignByHash(keys: BigUint64Array, [train, validation]: Fractions): Uint8Array {
  const afterTrain = train;
  // Rounded so that 0.6 + 0.1 is 0.7: the boundary must not depend on how shares add up.
  const afterValidation = Number((train + validation).toPrecision(12));
  const halves = new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  return Uint8Array.from(keys, (_, row) => {
    const place =
      ((halves[2 * row + 1] as number) * 1_048_576 + ((halves[2 * row] as number) >>> 12)) /
      2 ** 52;
    return place < afterTrain ? 0 : place < afterValidation ? 1 : 2;
  });
}

function assignStratified(
  table: Table,
  spec: Extract<SplitSpec, { kind: "stratified" }>,
  keys: BigUint64Array,
): Uint8Array {
  const classes = new Map<string, number[]>();
  const label = labeller(requireColumn(table, spec.target));
  for (let row = 0; row < table.rows; row++) {
    const name = label(row) ?? "(missing)";
    const rows = classes.get(name);
    if (rows === undefined) classes.set(name, [row]);
    else rows.push(row);
  }
  const parts = new Uint8Array(table.rows);
  for (const [name, rows] of classes) {
    if (rows.length === 1) throw smallClass(name, spec.target, (rows[0] ?? 0) + 1);
    rows.sort((left, right) => {
      const [a, b] = [keys[left] as bigint, keys[right] as bigint];
      return a < b ? -1 : a > b ? 1 : left - right;
    });
    const [afterTrain, afterValidation] = cutPoints(rows.length, spec.fractions);
    rows.forEach((row, index) => {
      parts[row] = index < afterTrain ? 0 : index < afterValidation ? 1 : 2;
    });
  }
  return parts;
}

/** Where validation and test begin among `count` rows in order. */
function cutPoints(count: number, [train, validation]: Fractions): readonly [number, number] {
  return [
    Math.round(count * train),
    Math.round(count * Number((train + validation).toPrecision(12))),
  ];
}

/** A function that gives each row's class as text. */
function labeller(column: Column): (row: number) => string | null {
  switch (column.kind) {
    case "text":
      return (row) => column.levels[column.codes[row] ?? -1] ?? null;
    case "number":
      return (row) => (column.missing?.[row] === 1 ? null : String(column.values[row]));
    case "date":
      return (row) => {
        const value = column.values[row] ?? Number.NaN;
        return Number.isNaN(value) ? null : formatInstant(value);
      };
  }
}

function assignByTime(table: Table, spec: Extract<SplitSpec, { kind: "time" }>): Assignment {
  const column = requireColumn(table, spec.column);
  if (column.kind === "text") {
    throw new DataError({
      code: "NOT_A_TIME",
      message: `split: column ${column.name} is text; a split by time needs ISO 8601 dates or numbers.`,
      hint: "Write it as 2024-02-29 or 2024-02-29T12:30:00Z, or as a number that grows with time.",
    });
  }
  const { values } = column;
  const absent = values.findIndex((value) => Number.isNaN(value));
  if (absent >= 0) throw missingTime(column.name, absent + 1);
  const sorted = values.toSorted();
  const cuts = cutPoints(table.rows, spec.fractions).map(
    (cut) => sorted[cut] ?? Number.POSITIVE_INFINITY,
  );
  const [validationFrom = Number.POSITIVE_INFINITY, testFrom = Number.POSITIVE_INFINITY] = cuts;
  const format = (value: number): string | null => {
    if (value === Number.POSITIVE_INFINITY) return null;
    return column.kind === "date" ? formatInstant(value) : String(value);
  };
  return {
    parts: Uint8Array.from(values, (value) =>
      value >= testFrom ? 2 : value >= validationFrom ? 1 : 0,
    ),
    boundaries: {
      validation: validationFrom === testFrom ? null : format(validationFrom),
      test: format(testFrom),
    },
  };
}

const partWords = new Map<string, number>([
  ["train", 0],
  ["training", 0],
  ["validation", 1],
  ["valid", 1],
  ["val", 1],
  ["dev", 1],
  ["test", 2],
]);

function assignByColumn(column: Column): Uint8Array {
  const label = labeller(column);
  const length = column.kind === "text" ? column.codes.length : column.values.length;
  return Uint8Array.from({ length }, (_, row) => {
    const word = label(row);
    const part = word === null ? undefined : partWords.get(word.trim().toLowerCase());
    if (part !== undefined) return part;
    throw new DataError({
      code: "UNKNOWN_PART",
      message: `split: row ${row + 1} of column ${column.name} ${word === null ? "is empty" : `holds ${JSON.stringify(word)}`}; train, validation or test is expected.`,
      hint: "Give every row one of the three words.",
    });
  });
}

function rowsOfPart(parts: Uint8Array, part: number): Uint32Array {
  const rows = new Uint32Array(parts.length);
  let count = 0;
  for (let row = 0; row < parts.length; row++) if (parts[row] === part) rows[count++] = row;
  return rows.slice(0, count);
}

function digestRows(keys: BigUint64Array, rows: Uint32Array): string {
  const own = new BigUint64Array(rows.length);
  rows.forEach((row, index) => {
    own[index] = keys[row] as bigint;
  });
  own.sort();
  const hash = createHash("sha256");
  const batch: string[] = [];
  for (const key of own) {
    batch.push(formatRowKey(key));
    if (batch.length === 4096) hash.update(`${batch.splice(0).join("\n")}\n`);
  }
  if (batch.length > 0) hash.update(`${batch.join("\n")}\n`);
  return `sha256:${hash.digest("hex")}`;
}

function emptyPart(part: PartName, rows: number, spec: SplitSpec): DataError {
  const how =
    spec.kind === "column" ? `column ${spec.column}` : `${spec.kind} ${spec.fractions.join("/")}`;
  return new DataError({
    code: "EMPTY_PART",
    message: `split by ${how} leaves the ${part} part of ${rows} ${rows === 1 ? "row" : "rows"} empty.`,
    hint:
      spec.kind === "column"
        ? `Mark some rows ${part}.`
        : "Use more rows, or give the part a larger share; a part that is not wanted has the share 0.",
  });
}

function smallClass(name: string, target: string, row: number): DataError {
  return new DataError({
    code: "SMALL_CLASS",
    message: `split: class ${JSON.stringify(name)} of ${target} has one row (row ${row}); a stratified split needs at least two.`,
    hint: "Add rows of that class, join it with another, or split by hash. For a target of continuous numbers split by hash.",
    place: { file: "the data", row, column: target },
  });
}

function missingTime(column: string, row: number): DataError {
  return new DataError({
    code: "MISSING_TIME",
    message: `split: row ${row} has no ${column}; a split by time needs one in every row.`,
    hint: "Fill or drop the row.",
    place: { file: "the data", row, column },
  });
}
