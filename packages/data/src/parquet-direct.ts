import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type * as Hyparquet from "hyparquet";
import type { Compressors, RowGroup, SchemaElement, SchemaTree } from "hyparquet";
import type { Column } from "#core";
import { shorten, type ColumnState } from "./column-state.ts";
import { readRange, type LocatedFile } from "./file-source.ts";
import { findInvalidText } from "./byte-dictionary.ts";
import { isKnownInstant, type CellConverter } from "./parquet-cells.ts";
import { decodeChunk, type DecodedChunk, type PageTools } from "./parquet-chunks.ts";
import { instantOutOfRange, notText } from "./parquet-faults.ts";
import type { ReadPlan } from "./read-plan.ts";

/** Decompression by zlib of what hyparquet does not bring itself (snappy). */
export const nodeCompressors: Compressors = {
  GZIP: (input) => gunzipSync(input),
  ZSTD: (input) => zstdDecompressSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
};

/** What the columns of one row group are filled with. */
export interface Filling {
  readonly converters: ReadonlyMap<string, CellConverter>;
  readonly plan: ReadPlan;
  readonly rows: number;
  readonly rowStart: number;
  readonly file: string;
}

/** The parts of hyparquet that read page by page, loaded when a Parquet file is read. */
export async function loadPageTools(parquet: typeof Hyparquet): Promise<PageTools> {
  const { parquetHeader } = await import("hyparquet/src/column.js");
  return {
    parquetHeader,
    decompress(bytes, codec, into) {
      if (codec === "UNCOMPRESSED") return bytes;
      const decompressor = nodeCompressors[codec];
      if (decompressor !== undefined) return decompressor(bytes, into.size);
      if (codec !== "SNAPPY") throw new Error(`compression ${codec} is not supported`);
      const page = into.bytes();
      parquet.snappyUncompress(bytes, page);
      return page;
    },
  };
}

/** A row group whose columns are to be read directly. */
export interface DirectGroup {
  readonly group: RowGroup;
  readonly fields: ReadonlyMap<string, SchemaTree>;
  readonly names: readonly string[];
  readonly filling: Filling;
  readonly tools: PageTools;
}

/** Reads the columns of a row group that need no JavaScript value a cell. */
export async function readDirect(
  file: LocatedFile,
  { group, fields, names, filling, tools }: DirectGroup,
): Promise<ReadonlyMap<string, Column>> {
  const chunks = new Map(
    group.columns.flatMap(({ meta_data: chunk }) => {
      const [name] = chunk?.path_in_schema ?? [];
      return chunk === undefined || name === undefined ? [] : [[name, chunk] as const];
    }),
  );
  const read = await Promise.all(
    names.map(async (name): Promise<readonly [string, Column] | undefined> => {
      const chunk = chunks.get(name);
      const element = fields.get(name)?.element;
      const converter = filling.converters.get(name);
      if (chunk === undefined || element === undefined || converter === undefined) return undefined;
      const state = filling.plan.state(name);
      const place = { file: file.uri, column: name, rowStart: filling.rowStart };
      if (!isDirect(converter, element, state)) return undefined;
      const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
      const range = { start, end: start + Number(chunk.total_compressed_size) };
      const texts = filling.plan.dictionary(name);
      const known = texts.size;
      const decoded = decodeChunk(
        await readRange(file, range),
        {
          type: chunk.type,
          codec: chunk.codec,
          optional: element.repetition_type !== "REQUIRED",
          rows: filling.rows,
          roundInt64: converter.kind === "date",
          texts,
        },
        tools,
      );
      if (decoded?.kind === "texts")
        checkTexts(decoded.codes, findInvalidText(texts, known), place);
      return decoded && [name, finishDirect(state, decoded, converter, filling)];
    }),
  );
  return new Map(read.filter((entry) => entry !== undefined));
}

/** @throws DataError `NOT_UTF8` naming the first row with the code `invalid` */
function checkTexts(
  codes: Int32Array,
  invalid: number,
  { file, column, rowStart }: { file: string; column: string; rowStart: number },
): void {
  if (invalid < 0) return;
  throw notText({ file, column, row: rowStart + codes.indexOf(invalid) + 1 });
}

/** Whether a column's values are what {@link decodeChunk} gives, or a multiple of it. */
function isDirect(converter: CellConverter, element: SchemaElement, state: ColumnState): boolean {
  const { type, converted_type: converted, logical_type: logical } = element;
  const unsigned =
    converted?.startsWith("UINT") === true || (logical?.type === "INTEGER" && !logical.isSigned);
  const isNumber = type === "DOUBLE" || type === "FLOAT" || type === "INT32" || type === "INT64";
  switch (converter.kind) {
    case "number":
      return (
        isNumber &&
        converter.direct &&
        !unsigned &&
        (state.kind === "unknown" || state.kind === "number")
      );
    case "date":
      return isNumber && (state.kind === "unknown" || state.kind === "date");
    case "text":
      return type === "BYTE_ARRAY" && (state.kind === "unknown" || state.kind === "text");
  }
}

function finishDirect(
  state: ColumnState,
  decoded: DecodedChunk,
  converter: CellConverter,
  filling: Filling,
): Column {
  const { name } = state;
  if (decoded.kind === "texts") {
    const row = decoded.codes.findIndex((code) => code >= 0);
    noteText(state, filling, row, decoded.levels[decoded.codes[row] ?? -1]);
    return { kind: "text", name, codes: decoded.codes, levels: decoded.levels };
  }
  const { values, missing } = decoded;
  if (converter.kind === "date") {
    state.kind = "date";
    for (let i = 0; i < values.length; i++) {
      const ms = converter.instant(values[i]);
      if (!isKnownInstant(ms)) {
        const row = filling.rowStart + i + 1;
        throw instantOutOfRange({ file: filling.file, row, column: name }, ms);
      }
      values[i] = ms;
    }
    return { kind: "date", name, values, dateOnly: converter.dateOnly };
  }
  state.kind = "number";
  return {
    kind: "number",
    name,
    values,
    missing,
    integer: converter.kind === "number" && converter.integer,
  };
}

/** Fixes a column of a text type as text and keeps its first value, should a number be asked for. */
function noteText(
  state: ColumnState,
  filling: Filling,
  row: number,
  value: string | undefined,
): void {
  state.kind = "text";
  if (value === undefined) return;
  state.evidence ??= { file: filling.file, row: filling.rowStart + row + 1, value: shorten(value) };
}
