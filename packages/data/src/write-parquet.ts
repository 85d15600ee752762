import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";
import type {
  ColumnChunk,
  ColumnMetaData,
  CompressionCodec,
  FileMetaData,
  PageHeader,
  RowGroup,
} from "hyparquet";
import type { Table } from "#core";
import {
  columnWriter,
  joinBytes,
  type ColumnWriter,
  type EncodedChunk,
  type WritableColumn,
} from "./parquet-pages.ts";

/** How a Parquet file is written. */
export interface WriteParquetOptions {
  /** Default `zstd`. */
  readonly compression?: "snappy" | "zstd" | "none";
  /** Default 100,000. */
  readonly rowGroupRows?: number;
}

/** A table that may have columns which exist in files only. */
export interface WritableTable extends Omit<Table, "columns"> {
  readonly columns: readonly WritableColumn[];
}

const codecs = { snappy: "SNAPPY", zstd: "ZSTD", none: "UNCOMPRESSED" } as const;

type Compress = (bytes: Uint8Array) => Promise<Uint8Array>;

const zstd = promisify(zstdCompress);

/** Level 1 makes files of numbers and hashes no larger than the default, in a quarter of the time. */
const compressZstd: Compress = (bytes) =>
  zstd(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });

async function chooseCompression(
  compression: NonNullable<WriteParquetOptions["compression"]>,
): Promise<Compress> {
  if (compression === "zstd") return compressZstd;
  if (compression === "none") return (bytes) => Promise.resolve(bytes);
  const { snappyCompress } = await import("hyparquet-writer/src/snappy.js");
  return (bytes) => Promise.resolve(snappyCompress(bytes));
}

/** A table as Parquet: doubles, 64-bit integers for whole numbers, strings, dates and timestamps in milliseconds, or microseconds where they are so fine. */
export async function writeParquet(
  table: WritableTable,
  options: WriteParquetOptions = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of parquetParts(table, options)) parts.push(part);
  return joinBytes(parts);
}

/** The bytes of {@link writeParquet} one part after another: no more than two groups of rows are in memory. */
export async function* parquetParts(
  table: WritableTable,
  options: WriteParquetOptions = {},
): AsyncGenerator<Uint8Array> {
  const { compression = "zstd", rowGroupRows = 100_000 } = options;
  const writers = table.columns.map(columnWriter);
  const chunks = compressGroups(writers, table, {
    compress: await chooseCompression(compression),
    rowGroupRows,
  });
  yield* assemble({ writers, chunks, table, codec: codecs[compression] });
}

interface CompressedGroup {
  readonly rows: number;
  readonly chunks: readonly CompressedChunk[];
}

async function* compressGroups(
  writers: readonly ColumnWriter[],
  table: WritableTable,
  { compress, rowGroupRows }: { readonly compress: Compress; readonly rowGroupRows: number },
): AsyncGenerator<CompressedGroup> {
  let before: Promise<CompressedGroup> | null = null;
  for (let start = 0; start < table.rows; start += rowGroupRows) {
    const range = { start, end: Math.min(table.rows, start + rowGroupRows) };
    const chunks = writers.map((writer) => compressChunk(writer.encode(range), compress));
    const group = Promise.all(chunks).then((all) => ({ rows: range.end - start, chunks: all }));
    // A fault is told where it is awaited, if anybody still waits.
    group.catch(() => {});
    // Compression runs beside this thread: of one group while the next is encoded.
    if (before !== null) yield await before;
    before = group;
  }
  if (before !== null) yield await before;
}

interface CompressedPage {
  readonly bytes: Uint8Array;
  readonly size: number;
}

interface CompressedChunk {
  readonly dictionary: (CompressedPage & { readonly count: number }) | null;
  readonly values: CompressedPage;
}

async function compressChunk(
  { dictionary, values }: EncodedChunk,
  compress: Compress,
): Promise<CompressedChunk> {
  const [packed, data] = await Promise.all([
    dictionary === null ? null : compress(dictionary.bytes),
    compress(values),
  ]);
  return {
    dictionary:
      dictionary === null || packed === null
        ? null
        : { bytes: packed, size: dictionary.bytes.length, count: dictionary.count },
    values: { bytes: data, size: values.length },
  };
}

interface Parts {
  readonly writers: readonly ColumnWriter[];
  readonly chunks: AsyncIterable<CompressedGroup>;
  readonly table: WritableTable;
  readonly codec: CompressionCodec;
}

const magic = Buffer.from("PAR1");

/** Puts page headers between the pages and the footer behind them. */
async function* assemble({ writers, chunks, table, codec }: Parts): AsyncGenerator<Uint8Array> {
  const [{ ByteWriter }, { writePageHeader }, { writeMetadata }] = await Promise.all([
    import("hyparquet-writer/src/bytewriter.js"),
    import("hyparquet-writer/src/datapage.js"),
    import("hyparquet-writer/src/metadata.js"),
  ]);
  let bytes: Uint8Array[] = [];
  let offset = 0;
  const append = (part: Uint8Array): void => {
    bytes.push(part);
    offset += part.length;
  };
  const appendPage = (header: PageHeader, page: CompressedPage): number => {
    const writer = new ByteWriter(256);
    writePageHeader(writer, header);
    const head = writer.getBytes();
    append(head);
    append(page.bytes);
    return head.length + page.size;
  };
  append(magic);
  const groups: RowGroup[] = [];
  for await (const { rows, chunks: group } of chunks) {
    const columns = group.map((chunk, index): ColumnChunk => {
      const { element } = writers[index] as ColumnWriter;
      const start = offset;
      let size = 0;
      if (chunk.dictionary !== null) size += appendPage(dictionaryHeader(chunk), chunk.dictionary);
      const dataOffset = offset;
      size += appendPage(dataHeader(chunk, rows), chunk.values);
      const isCoded = chunk.dictionary !== null;
      const meta: ColumnMetaData = {
        type: element.type ?? "BYTE_ARRAY",
        encodings: isCoded ? ["PLAIN", "RLE", "RLE_DICTIONARY"] : ["PLAIN", "RLE"],
        path_in_schema: [element.name],
        codec,
        num_values: BigInt(rows),
        total_uncompressed_size: BigInt(size),
        total_compressed_size: BigInt(offset - start),
        data_page_offset: BigInt(dataOffset),
        ...(isCoded && { dictionary_page_offset: BigInt(start) }),
      };
      return { file_offset: BigInt(start), meta_data: meta };
    });
    const sizes = columns.map(({ meta_data: meta }) => meta?.total_uncompressed_size ?? 0n);
    groups.push({
      columns,
      total_byte_size: sizes.reduce((sum, size) => sum + size, 0n),
      num_rows: BigInt(rows),
    });
    yield joinBytes(bytes);
    bytes = [];
  }
  const footer = new ByteWriter(1024);
  const root = { name: "schema", num_children: writers.length };
  const metadata: Omit<FileMetaData, "metadata_length"> = {
    version: 2,
    created_by: "slipway",
    schema: [root, ...writers.map(({ element }) => element)],
    num_rows: BigInt(table.rows),
    row_groups: groups,
  };
  writeMetadata(footer, metadata as FileMetaData);
  append(footer.getBytes());
  append(magic);
  yield joinBytes(bytes);
}

function dictionaryHeader({ dictionary }: CompressedChunk): PageHeader {
  return {
    type: "DICTIONARY_PAGE",
    uncompressed_page_size: dictionary?.size ?? 0,
    compressed_page_size: dictionary?.bytes.length ?? 0,
    dictionary_page_header: { num_values: dictionary?.count ?? 0, encoding: "PLAIN" },
  };
}

function dataHeader({ dictionary, values }: CompressedChunk, rows: number): PageHeader {
  return {
    type: "DATA_PAGE",
    uncompressed_page_size: values.size,
    compressed_page_size: values.bytes.length,
    data_page_header: {
      num_values: rows,
      encoding: dictionary === null ? "PLAIN" : "RLE_DICTIONARY",
      definition_level_encoding: "RLE",
      repetition_level_encoding: "RLE",
    },
  };
}
