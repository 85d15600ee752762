import { DataError, parseIsoDate, type Column } from "#core";
import {
  createDictionary,
  hashBytes,
  internBytes,
  levelsOf,
  type ByteDictionary,
} from "./byte-dictionary.ts";
import { becomeText, shorten, type ColumnState, type Evidence } from "./column-state.ts";
import { formatInstant, parseDayBytes } from "./date-text.ts";
import {
  notNumber,
  parsed,
  parseNumberBytes,
  unsafeWholeNumber,
  wholeNumber,
} from "./number-bytes.ts";

/** Small integers instead of words: they are compared once a field. */
export const unknownKind = 0;
export const numberKind = 1;
export const dateKind = 2;
export const textKind = 3;
export const skippedKind = 4;

/** One column of a batch while it is filled. */
export interface CsvColumn {
  readonly state: ColumnState;
  kind: number;
  values: Float64Array;
  missing: Uint8Array;
  anyMissing: boolean;
  /** Whether all numbers of the batch are whole, or all dates without a time. */
  plain: boolean;
  codes: Int32Array;
  dictionary: ByteDictionary;
}

/** What storing a field needs to know besides the field. */
export interface FieldRules {
  readonly missingTexts: ReadonlySet<string>;
  readonly quotedMissing: boolean;
  readonly batchRows: number;
  readonly file: string;
}

/** A column that is to be read with that state. */
export function createCsvColumn(
  state: ColumnState,
  batchRows: number,
  dictionary: ByteDictionary,
): CsvColumn {
  return {
    state,
    kind: kindCode(state.kind),
    values: new Float64Array(batchRows),
    missing: new Uint8Array(batchRows),
    anyMissing: false,
    plain: true,
    codes: new Int32Array(state.kind === "text" ? batchRows : 0),
    dictionary,
  };
}

/** A column that is not wanted: its fields are only passed over. */
export function createSkippedColumn(name: string): CsvColumn {
  const state: ColumnState = { name, kind: "unknown", forced: false, evidence: null, note: null };
  return { ...createCsvColumn(state, 0, createDictionary()), kind: skippedKind };
}

function kindCode(kind: ColumnState["kind"]): number {
  switch (kind) {
    case "unknown":
      return unknownKind;
    case "number":
      return numberKind;
    case "date":
      return dateKind;
    case "text":
      return textKind;
  }
}

/** Stores the field in bytes `from` to `to` as row `row` of the batch, changing the column's type where it must. */
export function storeField(
  column: CsvColumn,
  row: number,
  field: { bytes: Uint8Array; from: number; to: number; quoted: boolean; line: number },
  rules: FieldRules,
): void {
  const { bytes, from, to } = field;
  if (isMissing(field, rules)) {
    storeMissing(column, row);
    return;
  }
  if (column.kind === textKind) {
    column.codes[row] = internBytes(column.dictionary, bytes, from, to, hashBytes(bytes, from, to));
    return;
  }
  const evidence = (): Evidence => ({
    file: rules.file,
    line: field.line,
    value: shorten(Buffer.from(bytes.subarray(from, to)).toString("utf8")),
  });
  if (column.kind !== dateKind && storeNumber(column, row, field, evidence)) return;
  if (column.kind !== numberKind && storeDate(column, row, field)) return;
  if (column.state.forced) throw wrongType(column.state, evidence());
  turnIntoText(column, row, evidence(), rules);
  column.codes[row] = internBytes(column.dictionary, bytes, from, to, hashBytes(bytes, from, to));
}

function isMissing(
  field: { bytes: Uint8Array; from: number; to: number; quoted: boolean },
  rules: FieldRules,
): boolean {
  if (field.quoted && !rules.quotedMissing) return false;
  if (field.from === field.to) return true;
  if (rules.missingTexts.size === 0) return false;
  const text = Buffer.from(field.bytes.subarray(field.from, field.to)).toString("utf8");
  return rules.missingTexts.has(text);
}

/** Stores a missing cell. */
export function storeMissing(column: CsvColumn, row: number): void {
  if (column.kind === textKind) {
    column.codes[row] = -1;
    return;
  }
  column.values[row] = Number.NaN;
  column.missing[row] = 1;
  column.anyMissing = true;
}

function storeNumber(
  column: CsvColumn,
  row: number,
  { bytes, from, to }: { bytes: Uint8Array; from: number; to: number },
  evidence: () => Evidence,
): boolean {
  const found = parseNumberBytes(bytes, from, to);
  if (found === notNumber) return false;
  if (found === unsafeWholeNumber && !column.state.forced) {
    column.state.evidence = evidence();
    return false;
  }
  column.values[row] = parsed[0] as number;
  if (found !== wholeNumber) column.plain = false;
  if (column.kind === unknownKind) {
    column.kind = numberKind;
    column.state.kind = "number";
  }
  return true;
}

function storeDate(
  column: CsvColumn,
  row: number,
  { bytes, from, to }: { bytes: Uint8Array; from: number; to: number },
): boolean {
  const length = to - from;
  if (length < 10 || length > 40) return false;
  const day = length === 10 ? parseDayBytes(bytes, from) : Number.NaN;
  if (day === day) {
    column.values[row] = day;
  } else {
    const date = parseIsoDate(Buffer.from(bytes.subarray(from, to)).toString("latin1"));
    if (date === undefined) return false;
    column.values[row] = date.ms;
    if (!date.dateOnly) column.plain = false;
  }
  if (column.kind === unknownKind) {
    column.kind = dateKind;
    column.state.kind = "date";
  }
  return true;
}

function turnIntoText(column: CsvColumn, row: number, evidence: Evidence, rules: FieldRules): void {
  const wasDate = column.kind === dateKind;
  const unsafe = column.state.evidence !== null && column.state.kind === "number";
  becomeText(
    column.state,
    evidence,
    unsafe
      ? `the whole number ${evidence.value}, beyond ±(2^53 - 1), which a number would round`
      : undefined,
  );
  column.codes = new Int32Array(rules.batchRows);
  column.kind = textKind;
  for (let earlier = 0; earlier < row; earlier++) {
    const value = column.values[earlier] as number;
    if (column.missing[earlier] === 1) column.codes[earlier] = -1;
    else {
      const text = Buffer.from(wasDate ? formatInstant(value) : String(value));
      column.codes[earlier] = internBytes(
        column.dictionary,
        text,
        0,
        text.length,
        hashBytes(text, 0, text.length),
      );
    }
  }
}

/** The error for a value that is not of the type that was asked for. */
export function wrongType(state: ColumnState, evidence: Evidence): DataError {
  const place = evidence.line === undefined ? { row: evidence.row ?? 0 } : { line: evidence.line };
  const wanted = state.kind === "date" ? "an ISO 8601 date" : "a number";
  const where = evidence.line === undefined ? `row ${evidence.row}` : `line ${evidence.line}`;
  return new DataError({
    code: "WRONG_TYPE",
    message: `${evidence.file}, ${where}: column ${state.name} holds ${JSON.stringify(evidence.value)} where ${wanted} is expected.`,
    hint: "Correct the value, or leave the cell empty where there is none. train-model can also be told so: with missing: of other signs for that, with column-types: that the column holds text.",
    place: { file: evidence.file, column: state.name, ...place },
  });
}

/** The first `rows` cells of a filled column. Unless levels are kept, its texts start anew. */
export function finishColumn(column: CsvColumn, rows: number, keepLevels: boolean): Column {
  const { name } = column.state;
  if (column.kind === textKind) {
    const levels = levelsOf(column.dictionary);
    if (!keepLevels) column.dictionary = createDictionary();
    return { kind: "text", name, codes: exactLength(column.codes, rows), levels };
  }
  const values = exactLength(column.values, rows);
  if (column.kind === dateKind) return { kind: "date", name, values, dateOnly: column.plain };
  const missing = column.anyMissing ? exactLength(column.missing, rows) : null;
  return {
    kind: "number",
    name,
    values,
    missing,
    integer: column.kind === numberKind && column.plain,
  };
}

/** Gives a column fresh arrays for the next batch. */
export function startBatch(column: CsvColumn, batchRows: number): void {
  if (column.kind === skippedKind) return;
  column.plain = true;
  if (column.kind === textKind) {
    column.codes = new Int32Array(batchRows);
    return;
  }
  column.values = new Float64Array(batchRows);
  if (column.anyMissing) column.missing = new Uint8Array(batchRows);
  column.anyMissing = false;
}

function exactLength<T extends Float64Array | Uint8Array | Int32Array>(
  array: T,
  length: number,
): T {
  return array.length === length ? array : (array.slice(0, length) as T);
}
