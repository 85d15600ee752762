import type * as Hyparquet from "hyparquet";
import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";
import { DataError, type Column, type Table } from "#core";
import { readRange, type LocatedFile } from "./file-source.ts";
import { readHead } from "./open-bytes.ts";
import { chooseConverter, isKnownInstant, type CellConverter } from "./parquet-cells.ts";
import { widenInt64 } from "./parquet-chunks.ts";
import { loadPageTools, nodeCompressors, readDirect, type Filling } from "./parquet-direct.ts";
import { instantOutOfRange, notText, type CellPlace } from "./parquet-faults.ts";
import type { ReadPlan } from "./read-plan.ts";
import {
  createValueColumn,
  finishValueColumn,
  storeInstant,
  storeValue,
  type CellValue,
} from "./value-columns.ts";
import type { ColumnState } from "./column-state.ts";
import { wrongType } from "./csv-columns.ts";

/** Reads one Parquet file, a table for each row group. */
export async function* readParquet(file: LocatedFile, plan: ReadPlan): AsyncGenerator<Table> {
  await checkMagic(file);
  const parquet = await import("hyparquet");
  const buffer = asyncBufferOf(file);
  const metadata = await guard(file.uri, () => parquet.parquetMetadataAsync(buffer));
  const schema = parquet.parquetSchema(metadata);
  const fields = new Map(schema.children.map((child) => [child.element.name, child]));
  const names = plan.choose([...fields.keys()], file.uri);
  const converters = new Map<string, CellConverter>();
  for (const name of names) {
    const field = fields.get(name);
    if (field !== undefined) converters.set(name, requireFlat(field, file.uri));
  }
  stripConversions(metadata, converters);
  const tools = await loadPageTools(parquet);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const filling: Filling = { converters, plan, rows, rowStart, file: file.uri };
    const direct = await guard(file.uri, () =>
      readDirect(file, { group, fields, names, filling, tools }),
    );
    const left = names.filter((name) => !direct.has(name));
    const pages = await guard(file.uri, () =>
      left.length === 0
        ? new Map<string, Page[]>()
        : readGroup(parquet, {
            file: buffer,
            metadata,
            rowStart,
            rowEnd: rowStart + rows,
            columns: left,
          }),
    );
    const columns = names.map(
      (name) => direct.get(name) ?? fillColumn(name, pages.get(name) ?? [], filling),
    );
    yield { rows, columns };
    rowStart += rows;
  }
  if (metadata.row_groups.length === 0) {
    yield {
      rows: 0,
      columns: names.map((name) =>
        finishValueColumn(createValueColumn(plan.state(name), 0, false), 0),
      ),
    };
  }
}

interface Page {
  readonly rowStart: number;
  readonly values: ArrayLike<unknown>;
}

type ParquetModule = typeof Hyparquet;

async function readGroup(
  parquet: ParquetModule,
  range: {
    file: AsyncBuffer;
    metadata: FileMetaData;
    rowStart: number;
    rowEnd: number;
    columns: string[];
  },
): Promise<ReadonlyMap<string, readonly Page[]>> {
  const pages = new Map<string, Page[]>();
  await parquet.parquetRead({
    ...range,
    compressors: nodeCompressors,
    geoparquet: false,
    utf8: false,
    parsers: {
      timestampFromNanoseconds: (nanos) => Number(nanos) / 1e6,
      // Its own decoder takes bytes that are no text for U+FFFD, and JSON apart.
      stringFromBytes: (bytes) => bytes,
      jsonFromBytes: (bytes) => bytes,
    },
    onPage({ pathInSchema, columnData, rowStart }) {
      const [name = ""] = pathInSchema;
      const list = pages.get(name);
      const page = { rowStart: rowStart - range.rowStart, values: columnData };
      if (list === undefined) pages.set(name, [page]);
      else list.push(page);
    },
  });
  return pages;
}

function fillColumn(name: string, pages: readonly Page[], filling: Filling): Column {
  const state = filling.plan.state(name);
  const converter = filling.converters.get(name);
  if (converter === undefined) throw new RangeError(`Column ${name} has no converter.`);
  if (converter.kind === "number" && state.kind !== "text" && converter.direct) {
    const numbers = fillNumbers(state, pages, filling, converter.integer);
    if (numbers !== undefined) return numbers;
  }
  const column = createValueColumn(state, filling.rows, false);
  const { file, rowStart } = filling;
  const placeOf = (row: number): CellPlace => ({ file, row: rowStart + row + 1, column: name });
  for (const page of pages) {
    for (let i = 0; i < page.values.length; i++) {
      const row = page.rowStart + i;
      const raw = page.values[i];
      if (raw === null || raw === undefined) continue;
      const locate = (value: string) => ({
        file: filling.file,
        row: filling.rowStart + row + 1,
        value,
      });
      if (converter.kind === "date" && state.kind !== "text") {
        if (state.kind === "number") throw wrongType(state, locate(converter.cell(raw)));
        state.kind = "date";
        const ms = converter.instant(raw);
        if (!isKnownInstant(ms)) throw instantOutOfRange(placeOf(row), ms);
        storeInstant(column, row, ms, converter.dateOnly);
      } else
        storeValue(
          column,
          row,
          cellOf(converter, raw, () => placeOf(row)),
          locate,
        );
    }
  }
  const finished = finishValueColumn(column, filling.rows);
  return finished.kind === "number" && converter.kind === "number"
    ? { ...finished, integer: converter.integer }
    : finished;
}

function cellOf(converter: CellConverter, raw: unknown, place: () => CellPlace): CellValue {
  try {
    return converter.cell(raw);
  } catch (cause) {
    throw cause instanceof TypeError ? notText(place()) : cause;
  }
}

/**
 * Numbers that need no conversion beyond their width: the common case, without a call a cell.
 * `undefined` when a whole number is beyond ±(2^53 - 1).
 */
function fillNumbers(
  state: ColumnState,
  pages: readonly Page[],
  filling: Filling,
  integer: boolean,
): Column | undefined {
  if (state.kind === "date") {
    throw wrongType(state, { file: filling.file, row: filling.rowStart + 1, value: "a number" });
  }
  const values = new Float64Array(filling.rows);
  const missing = new Uint8Array(filling.rows);
  let missingCells = 0;
  for (const { rowStart, values: cells } of pages) {
    if (cells instanceof BigInt64Array) {
      const halves = new Int32Array(cells.buffer, cells.byteOffset, cells.length * 2);
      const numbers = widenInt64(halves, false);
      if (numbers === undefined) return undefined;
      values.set(numbers, rowStart);
    } else if (isNumberArray(cells)) values.set(cells, rowStart);
    else {
      const filled = copyCells(cells, { values, missing, rowStart });
      if (filled < 0) return undefined;
      missingCells += filled;
    }
  }
  state.kind = "number";
  return {
    kind: "number",
    name: state.name,
    values,
    missing: missingCells > 0 ? missing : null,
    integer,
  };
}

type NumberArray = Float64Array | Float32Array | Int32Array | Uint32Array;

function isNumberArray(cells: unknown): cells is NumberArray {
  return (
    cells instanceof Float64Array ||
    cells instanceof Int32Array ||
    cells instanceof Float32Array ||
    cells instanceof Uint32Array
  );
}

/** Copies a page that has nulls; returns how many, -1 when a whole number is beyond ±(2^53 - 1). */
function copyCells(
  cells: ArrayLike<unknown>,
  into: { readonly values: Float64Array; readonly missing: Uint8Array; readonly rowStart: number },
): number {
  let nulls = 0;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] as number | bigint | null | undefined;
    const row = into.rowStart + i;
    if (cell === null || cell === undefined) {
      into.missing[row] = 1;
      into.values[row] = Number.NaN;
      nulls++;
    } else if (typeof cell === "number") into.values[row] = cell;
    else {
      const number = Number(cell);
      if (!Number.isSafeInteger(number)) return -1;
      into.values[row] = number;
    }
  }
  return nulls;
}

function requireFlat(field: SchemaTree, file: string): CellConverter {
  const { element } = field;
  const nested = field.children.length > 0 || element.repetition_type === "REPEATED";
  const converter = nested ? undefined : chooseConverter(element);
  if (converter !== undefined) return converter;
  const type =
    element.logical_type?.type ?? element.converted_type ?? (nested ? "group" : element.type);
  throw new DataError({
    code: nested ? "NESTED_COLUMN" : "UNSUPPORTED_TYPE",
    message: `${file}: column ${element.name} is ${nested ? "nested" : "of a type that is not supported"} (${type}); numbers, text, booleans, dates and timestamps are read.`,
    hint: "Flatten or convert it before, or leave it out by naming the columns to read.",
    place: { file, column: element.name },
  });
}

/** Decimals are read raw and scaled here: hyparquet multiplies by 10^-scale, which rounds twice. */
function stripConversions(
  metadata: FileMetaData,
  converters: ReadonlyMap<string, CellConverter>,
): void {
  for (const element of metadata.schema) {
    if (converters.get(element.name)?.raw !== true) continue;
    delete element.converted_type;
    delete element.logical_type;
  }
}

function asyncBufferOf(file: LocatedFile): AsyncBuffer {
  return {
    byteLength: file.sizeBytes,
    async slice(start, end) {
      const from = start < 0 ? Math.max(0, file.sizeBytes + start) : start;
      const bytes = await readRange(file, {
        start: from,
        end: Math.min(end ?? file.sizeBytes, file.sizeBytes),
      });
      const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
      const exact = whole ? bytes : new Uint8Array(bytes);
      return exact.buffer as ArrayBuffer;
    },
  };
}

const parquetMagic = "PAR1";

async function checkMagic(file: LocatedFile): Promise<void> {
  const head = Buffer.from(await readHead(file, 64));
  if (head.toString("latin1", 0, 4) !== parquetMagic) {
    const shown = head
      .subarray(0, 16)
      .toString("latin1")
      .replaceAll(/[^\x20-\x7e]/g, "·");
    const text = head.length > 0 && !/[^\s\x20-\x7e]/.test(head.toString("latin1"));
    throw new DataError({
      code: "NOT_PARQUET",
      message: `${file.uri} is not a Parquet file: it starts with ${JSON.stringify(shown)}, "PAR1" is expected.`,
      hint: text
        ? "It looks like text: give it the ending .csv or .jsonl, or name its format."
        : "Name its true format, or write it again.",
      place: { file: file.uri, byte: 0 },
    });
  }
  const tail = await readRange(file, {
    start: Math.max(0, file.sizeBytes - 4),
    end: file.sizeBytes,
  });
  if (Buffer.from(tail).toString("latin1") === parquetMagic && file.sizeBytes >= 12) return;
  throw new DataError({
    code: "TRUNCATED_PARQUET",
    message: `${file.uri} starts as a Parquet file but its ${file.sizeBytes.toLocaleString("en")} bytes do not end with the footer's "PAR1": it is cut off.`,
    hint: "Download or write it again and compare its size and digest.",
    place: { file: file.uri, byte: file.sizeBytes },
  });
}

async function guard<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({
      code: "BAD_PARQUET",
      message: `${file} cannot be read as Parquet: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Write it again, e.g. with pandas.to_parquet or pyarrow, snappy or zstd compressed.",
      place: { file },
      cause,
    });
  }
}
