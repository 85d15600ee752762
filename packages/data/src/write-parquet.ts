import { zstdCompressSync } from "node:zlib";
import type { ColumnSource } from "hyparquet-writer";
import type { SchemaElement } from "hyparquet";
import type { Column, Table } from "#core";

/** How a Parquet file is written. */
export interface WriteParquetOptions {
  /** Default `zstd`. */
  readonly compression?: "snappy" | "zstd" | "none";
  /** Default 100,000. */
  readonly rowGroupRows?: number;
}

const codecs = { snappy: "SNAPPY", zstd: "ZSTD", none: "UNCOMPRESSED" } as const;

/** A table as Parquet: doubles, 64-bit integers for whole numbers, strings, dates and timestamps in milliseconds. */
export async function writeParquet(
  table: Table,
  options: WriteParquetOptions = {},
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const columns = table.columns.map((column) => toSource(column, table.rows));
  const root: SchemaElement = { name: "schema", num_children: columns.length };
  const buffer = parquetWriteBuffer({
    schema: [root, ...columns.map((column) => column.element)],
    columnData: columns.map((column) => column.source),
    codec: codecs[options.compression ?? "zstd"],
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    rowGroupSize: options.rowGroupRows ?? 100_000,
    createdBy: "slipway",
  });
  return new Uint8Array(buffer);
}

interface SourceWithType {
  readonly element: SchemaElement;
  readonly source: ColumnSource;
}

function toSource(column: Column, rows: number): SourceWithType {
  const { name } = column;
  switch (column.kind) {
    case "number":
      return numberSource(name, column.values, {
        missing: column.missing,
        integer: column.integer,
      });
    case "text": {
      const data = Array.from(column.codes, (code) => column.levels[code] ?? null);
      const element: SchemaElement = {
        name,
        type: "BYTE_ARRAY",
        converted_type: "UTF8",
        repetition_type: "OPTIONAL",
      };
      return { element, source: { name, data } };
    }
    case "date": {
      const data = Array.from({ length: rows }, (_, row) => {
        const value = column.values[row] ?? Number.NaN;
        return Number.isNaN(value) ? null : new Date(value);
      });
      const element: SchemaElement = column.dateOnly
        ? { name, type: "INT32", converted_type: "DATE", repetition_type: "OPTIONAL" }
        : { name, type: "INT64", converted_type: "TIMESTAMP_MILLIS", repetition_type: "OPTIONAL" };
      return { element, source: { name, data } };
    }
  }
}

function numberSource(
  name: string,
  values: Float64Array,
  facts: { readonly missing: Uint8Array | null; readonly integer: boolean },
): SourceWithType {
  const { missing, integer } = facts;
  const type = integer ? "INT64" : "DOUBLE";
  const repetition = missing === null ? "REQUIRED" : "OPTIONAL";
  const element: SchemaElement = { name, type, repetition_type: repetition };
  if (missing === null) {
    return {
      element,
      source: { name, data: integer ? BigInt64Array.from(values, BigInt) : values },
    };
  }
  const data = Array.from(values, (value, row) =>
    missing[row] === 1 ? null : integer ? BigInt(value) : value,
  );
  return { element, source: { name, data } };
}
