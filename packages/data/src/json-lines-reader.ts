import { DataError, type Table } from "#core";
import { checkText, type TextOrigin } from "./csv-faults.ts";
import { shorten } from "./column-state.ts";
import { parseExactJson } from "./exact-json.ts";
import type { LocatedFile } from "./file-source.ts";
import { openText } from "./open-bytes.ts";
import type { ReadPlan } from "./read-plan.ts";
import { feedBlocks } from "./text-blocks.ts";
import {
  createValueColumn,
  finishValueColumn,
  storeValue,
  type CellValue,
  type ValueColumn,
} from "./value-columns.ts";

/** A line of a text file. */
export interface TextLine {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** The lines of a UTF-8 text that are not blank. */
export async function* readLines(file: LocatedFile): AsyncGenerator<TextLine> {
  const text = await openText(file);
  const origin: TextOrigin = { file: file.uri, ...text };
  const feed = feedBlocks(text.chunks, file.uri);
  let line = 1;
  let byte = 0;
  for (let block = await feed.next(); block !== undefined; block = await feed.next()) {
    const { bytes } = block;
    checkText(origin, bytes, { byte, line });
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const content = bytes.toString("utf8", start, end);
      if (content.trim() !== "") yield { text: content, line };
      line++;
      start = end + 1;
    }
    byte += bytes.length;
  }
}

/** Reads one JSON Lines file in batches: an object a line; a key that a line lacks is a missing cell. */
export async function* readJsonLines(file: LocatedFile, plan: ReadPlan): AsyncGenerator<Table> {
  const batchRows = plan.options.batchRows ?? 65_536;
  const missing = new Set(plan.options.missing ?? []);
  const wanted = plan.options.columns && new Set(plan.options.columns);
  let columns = new Map<string, ValueColumn>();
  let row = 0;
  let read = 0;
  for await (const { text, line } of readLines(file)) {
    for (const [name, value] of Object.entries(parseObject(text, line, file.uri))) {
      if (wanted !== undefined && !wanted.has(name)) continue;
      let column = columns.get(name);
      if (column === undefined) {
        column = createValueColumn(plan.state(name), batchRows, true);
        columns.set(name, column);
      }
      const cell = cellOf(value, { file: file.uri, line, column: name });
      if (typeof cell === "string" && missing.has(cell)) continue;
      storeValue(column, row, cell, (shown) => ({ file: file.uri, line, value: shown }));
    }
    read++;
    if (++row < batchRows) continue;
    yield finishBatch(columns, row);
    columns = new Map();
    row = 0;
  }
  if (read === 0) throw emptyJsonLines(file.uri);
  if (row > 0) yield finishBatch(columns, row);
}

function finishBatch(columns: ReadonlyMap<string, ValueColumn>, rows: number): Table {
  return { rows, columns: [...columns.values()].map((column) => finishValueColumn(column, rows)) };
}

/** @throws DataError `BAD_JSON_LINE` */
export function parseObject(text: string, line: number, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (cause) {
    throw new DataError({
      code: "BAD_JSON_LINE",
      message: `${file}, line ${line}: ${cause instanceof RangeError ? cause.message : "not JSON"}: ${shorten(text.trim())}`,
      hint: "JSON Lines holds one whole JSON object a line, without commas between lines.",
      place: { file, line },
      cause,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new DataError({
    code: "BAD_JSON_LINE",
    message: `${file}, line ${line}: an object is expected, found ${Array.isArray(value) ? "an array" : shorten(text.trim())}.`,
    hint: 'Each line is one row as an object, e.g. {"age": 41, "plan": "pro"}.',
    place: { file, line },
  });
}

const scalarTypes: ReadonlySet<string> = new Set(["string", "number", "bigint", "boolean"]);

function cellOf(
  value: unknown,
  place: { readonly file: string; readonly line: number; readonly column: string },
): CellValue {
  if (value === null || value === undefined) return null;
  if (scalarTypes.has(typeof value)) return value as CellValue;
  throw new DataError({
    code: "NESTED_COLUMN",
    message: `${place.file}, line ${place.line}: column ${place.column} holds ${Array.isArray(value) ? "an array" : "an object"}; a number, text, boolean or null is expected.`,
    hint: "Flatten it into columns of its own, or leave it out by naming the columns to read.",
    place,
  });
}

function emptyJsonLines(file: string): DataError {
  return new DataError({
    code: "EMPTY_FILE",
    message: `${file} holds no line.`,
    hint: "JSON Lines holds one object a line. Did the step that writes it fail?",
    place: { file },
  });
}
