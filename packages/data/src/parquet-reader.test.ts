import { brotliCompressSync, gzipSync } from "node:zlib";
import type { ColumnSource, SchemaElement } from "hyparquet-writer";
import { parquetWriteBuffer } from "hyparquet-writer";
import { cellAt } from "#core";
import { describe, expect, it } from "vitest";
import { readTable } from "./read-table.ts";
import { temporaryDirectory } from "./test-files.ts";

const directory = await temporaryDirectory();

interface Written {
  readonly element: Omit<SchemaElement, "name">;
  readonly data: ColumnSource["data"];
  readonly encoding?: ColumnSource["encoding"];
}

async function cellsOf(
  columns: Readonly<Record<string, Written>>,
  codec: "SNAPPY" | "GZIP" | "BROTLI" = "SNAPPY",
  types: Record<string, "text" | "number" | "date"> = {},
): Promise<Record<string, unknown[]>> {
  const entries = Object.entries(columns);
  const buffer = parquetWriteBuffer({
    schema: [
      { name: "root", num_children: entries.length },
      ...entries.map(([name, { element }]) => ({ name, ...element })),
    ],
    columnData: entries.map(([name, { data, encoding }]) => ({
      name,
      data,
      ...(encoding !== undefined && { encoding }),
    })),
    codec,
    compressors: {
      GZIP: (input) => gzipSync(input),
      BROTLI: (input) => brotliCompressSync(input),
    },
  });
  await directory.write("data.parquet", new Uint8Array(buffer));
  const table = await readTable("data.parquet", { directory: directory.path, types });
  return Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      Array.from({ length: table.rows }, (_, row) => cellAt(column, row)),
    ]),
  );
}

describe("readTable on Parquet", () => {
  it.each(["GZIP", "BROTLI"] as const)("unpacks %s", async (codec) => {
    const data = Float64Array.from({ length: 1000 }, (_, i) => i / 4);
    const element = { type: "DOUBLE", repetition_type: "OPTIONAL" } as const;
    expect(await cellsOf({ x: { element, data } }, codec)).toEqual({ x: [...data] });
  });

  it("reads encodings other than plain and dictionary, with and without nulls", async () => {
    const optional = { repetition_type: "OPTIONAL" } as const;
    const required = { repetition_type: "REQUIRED" } as const;
    const cells = await cellsOf({
      delta: {
        element: { type: "INT64", ...required },
        data: [5n, -3n, 9n],
        encoding: "DELTA_BINARY_PACKED",
      },
      holes: {
        element: { type: "INT64", ...optional },
        data: [5n, null, 9n],
        encoding: "DELTA_BINARY_PACKED",
      },
      split: {
        element: { type: "DOUBLE", ...required },
        data: [0.5, 1.5, -2],
        encoding: "BYTE_STREAM_SPLIT",
      },
    });
    expect(cells).toEqual({ delta: [5, -3, 9], holes: [5, null, 9], split: [0.5, 1.5, -2] });
  });

  it("reads every flat type that there is a column for", async () => {
    const optional = { repetition_type: "OPTIONAL" } as const;
    const noon = new Date("2024-02-29T12:00:00.000Z");
    const cells = await cellsOf({
      flag: { element: { type: "BOOLEAN", ...optional }, data: [true, null] },
      small: { element: { type: "INT32", ...optional }, data: [-7, null] },
      float: { element: { type: "FLOAT", ...optional }, data: [0.5, null] },
      unsigned: {
        element: { type: "INT32", converted_type: "UINT_32", ...optional },
        data: [4_294_967_295, null],
      },
      day: { element: { type: "INT32", converted_type: "DATE", ...optional }, data: [noon, null] },
      micros: {
        element: { type: "INT64", converted_type: "TIMESTAMP_MICROS", ...optional },
        data: [noon, null],
      },
      nanos: {
        element: {
          type: "INT64",
          logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "NANOS" },
          ...optional,
        },
        data: [noon, null],
      },
      text: {
        element: { type: "BYTE_ARRAY", converted_type: "UTF8", ...optional },
        data: ["é", null],
      },
      json: {
        element: { type: "BYTE_ARRAY", converted_type: "JSON", ...optional },
        data: [{ a: 1 }, null],
      },
    });
    expect(cells).toEqual({
      flag: ["true", null],
      small: [-7, null],
      float: [0.5, null],
      unsigned: [4_294_967_295, null],
      day: ["2024-02-29", null],
      micros: ["2024-02-29T12:00:00.000Z", null],
      nanos: ["2024-02-29T12:00:00.000Z", null],
      text: ["é", null],
      json: ['{"a":1}', null],
    });
  });

  it("reads numbers and dates as text when told, and refuses text as numbers by row", async () => {
    const required = { repetition_type: "REQUIRED" } as const;
    const columns: Record<string, Written> = {
      x: { element: { type: "DOUBLE", ...required }, data: [0.1, 2] },
      t: { element: { type: "BYTE_ARRAY", converted_type: "UTF8", ...required }, data: ["a", "b"] },
    };
    expect(await cellsOf(columns, "SNAPPY", { x: "text" })).toMatchObject({ x: ["0.1", "2"] });
    await expect(cellsOf(columns, "SNAPPY", { t: "number" })).rejects.toMatchObject({
      code: "WRONG_TYPE",
      message: 'data.parquet, row 1: column t holds "a" where a number is expected.',
    });
  });

  it("writes a day as other files do where the column is text", async () => {
    const element = { type: "INT32", converted_type: "DATE", repetition_type: "REQUIRED" } as const;
    const day = { element, data: [new Date("2024-02-29")] };
    expect(await cellsOf({ day }, "SNAPPY", { day: "text" })).toEqual({ day: ["2024-02-29"] });
  });

  it("names a type that is not supported", async () => {
    const element = {
      type: "INT32",
      converted_type: "TIME_MILLIS",
      repetition_type: "REQUIRED",
    } as const;
    await expect(cellsOf({ at: { element, data: [1] } })).rejects.toMatchObject({
      code: "UNSUPPORTED_TYPE",
      message:
        "data.parquet: column at is of a type that is not supported (TIME_MILLIS); numbers, text, booleans, dates and timestamps are read.",
    });
  });

  it("keeps whole decimals that a double would round, as text", async () => {
    const element = {
      type: "INT64",
      converted_type: "DECIMAL",
      precision: 18,
      scale: 0,
      repetition_type: "OPTIONAL",
    } as const;
    // The writer takes decimals as doubles: this one is exact, and beyond 2^53.
    const cells = await cellsOf({
      id: { element, data: [12, 2 ** 60 + 256, null] },
      small: { element, data: [12, -7, null] },
    });
    expect(cells).toEqual({
      id: ["12", "1152921504606847232", null],
      small: [12, -7, null],
    });
  });

  it.each(["PLAIN", "DELTA_LENGTH_BYTE_ARRAY"] as const)(
    "names the row of bytes that are no text (%s)",
    async (encoding) => {
      const element = { type: "BYTE_ARRAY", repetition_type: "OPTIONAL" } as const;
      const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list);
      const sound = [bytes(0xef, 0xbf, 0xbd), null, bytes(0xef, 0xbb, 0xbf, 97)];
      expect(await cellsOf({ key: { element, data: sound, encoding } })).toEqual({
        key: ["\uFFFD", null, "\uFEFFa"],
      });
      const data = [...sound, bytes(0xff, 1), bytes(0xfe, 1)];
      await expect(cellsOf({ key: { element, data, encoding } })).rejects.toMatchObject({
        code: "NOT_UTF8",
        message: "data.parquet, row 4: column key holds bytes that are not UTF-8 text.",
      });
    },
  );

  it.each(["PLAIN", "DELTA_BINARY_PACKED"] as const)(
    "names the row of an instant that no date can show (%s)",
    async (encoding) => {
      const element = {
        type: "INT64",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
        repetition_type: "REQUIRED",
      } as const;
      const data = [0n, 2n ** 63n - 1n];
      await expect(cellsOf({ at: { element, data, encoding } })).rejects.toMatchObject({
        code: "DATE_OUT_OF_RANGE",
        message:
          "data.parquet, row 2: column at holds the instant 9223372036854776 ms since 1970, beyond the years ±270,000.",
      });
    },
  );
});
