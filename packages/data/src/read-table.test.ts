import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { cellAt, type Column, type Table } from "#core";
import { describe, expect, it } from "vitest";
import type { FileSource } from "./file-source.ts";
import { readTable, requireColumn, requireWeight, streamTables } from "./read-table.ts";
import { fixtures, temporaryDirectory } from "./test-files.ts";
import { writeCsv } from "./write-csv.ts";
import { writeJsonLines } from "./write-json-lines.ts";
import { writeParquet } from "./write-parquet.ts";

const directory = await temporaryDirectory();
const options = { directory: directory.path };

async function readText(text: string, more: object = {}, name = "data.csv"): Promise<Table> {
  await directory.write(name, text);
  return readTable(name, { ...options, ...more });
}

function cells(column: Column | undefined, rows: number): unknown[] {
  return Array.from({ length: rows }, (_, row) => column && cellAt(column, row));
}

describe("readTable on CSV", () => {
  it("infers numbers, whole numbers, dates and texts, and keeps holes", async () => {
    const table = await readText("a,b,c,d\n1,0.5,2024-01-01,x\n,,,\n3,1,2024-01-02,y\n");
    expect(table.columns).toEqual([
      {
        kind: "number",
        name: "a",
        values: Float64Array.of(1, Number.NaN, 3),
        missing: Uint8Array.of(0, 1, 0),
        integer: true,
      },
      {
        kind: "number",
        name: "b",
        values: Float64Array.of(0.5, Number.NaN, 1),
        missing: Uint8Array.of(0, 1, 0),
        integer: false,
      },
      {
        kind: "date",
        name: "c",
        values: Float64Array.of(Date.UTC(2024, 0, 1), Number.NaN, Date.UTC(2024, 0, 2)),
        dateOnly: true,
      },
      { kind: "text", name: "d", codes: Int32Array.of(0, -1, 1), levels: ["x", "y"] },
    ]);
  });

  it.each([
    [";", "a;b\n1;2\n"],
    ["\t", "a\tb\n1\t2\n"],
  ])("finds the delimiter %j", async (_, text) => {
    expect((await readText(text)).columns.map((column) => column.name)).toEqual(["a", "b"]);
  });

  it("passes over blank lines and a last line without an end", async () => {
    expect((await readText("a,b\n\n1,2\n\r\n3,4")).rows).toBe(2);
  });

  it("names the line of a fault after quoted line ends", async () => {
    await expect(readText('a,b\n"1\n2\n3",4\n5\n')).rejects.toMatchObject({
      message: "data.csv is not a sound CSV file: line 5 (byte 14) has 1 field, the header has 2.",
    });
  });

  it("lists at most ten faults", async () => {
    const text = `a,b\n${"1\n".repeat(50)}`;
    const error: unknown = await readText(text).catch((cause: unknown) => cause);
    expect((error as Error).message.split(";")).toHaveLength(10);
  });

  it("keeps whole numbers beyond 2^53 as text and says why", async () => {
    const table = await readText("id,x\n1,1\n9007199254740993,2\n");
    expect(cells(table.columns[0], 2)).toEqual(["1", "9007199254740993"]);
    expect((await readTable("data.csv", options)).notes[0]?.message).toBe(
      "data.csv: column id holds numbers until line 3, which holds the whole number 9007199254740993, beyond ±(2^53 - 1), which a number would round; the whole column is read as text.",
    );
  });

  it("gives a column that turns into text late every text as it was written", async () => {
    const rows = Array.from({ length: 70_000 }, (_, row) => `${row}.50`);
    const table = await readText(`x\n${rows.join("\n")}\nnone\n`);
    expect(cells(table.columns[0], 3)).toEqual(["0.50", "1.50", "2.50"]);
    expect(table.rows).toBe(70_001);
  });

  it("reads only the columns asked for, in their order", async () => {
    const table = await readText("a,b,c\n1,x,2\n", { columns: ["c", "a"] });
    expect(table.columns.map((column) => column.name)).toEqual(["c", "a"]);
  });

  it("names the nearest column for one that is not there", async () => {
    await expect(readText("age,plan\n1,x\n", { columns: ["agee"] })).rejects.toMatchObject({
      code: "UNKNOWN_COLUMN",
      message: 'data.csv has no column "agee".',
      hint: "Did you mean age?",
    });
  });

  it("tells UTF-16 without a byte order mark from damage", async () => {
    await directory.write("wide.csv", Buffer.from("a,b\n1,2\n", "utf16le"));
    await expect(readTable("wide.csv", options)).rejects.toMatchObject({
      code: "NUL_BYTE",
      hint: "It looks like UTF-16 without a byte order mark. Save it as UTF-8.",
    });
  });

  it("refuses line ends of old Macs by name", async () => {
    await expect(readText("a,b\r1,2\r")).rejects.toMatchObject({ code: "CARRIAGE_RETURN_LINES" });
  });

  it.each([
    ["a\n1\r2\n", "line 2 (byte 3)"],
    ["a,b\nx\ry,1\n", "line 2 (byte 5)"],
    ["a,b\n1,2\n3,4\r\r\n", "line 3 (byte 11)"],
    ["a,b\n1,x\n2,y\r\r\n", "line 3 (byte 11)"],
  ])("refuses a carriage return that ends no line: %j", async (text, place) => {
    await expect(readText(text)).rejects.toMatchObject({
      code: "CARRIAGE_RETURN_LINES",
      message: `data.csv is not a sound CSV file: ${place} has a carriage return without a line feed behind it, outside quotes.`,
    });
  });

  it("keeps a carriage return that stands in quotes", async () => {
    const table = await readText('a,b\n"x\ry","1\r"\r\n');
    expect(table.columns.map((column) => cells(column, 1))).toEqual([["x\ry"], ["1\r"]]);
  });

  it.each(['"a"b,c\n1,2\n', 'a"b",c\n1,2\n', 'a,"b" ,c\n1,2,3\n'])(
    "refuses quotes that are not around a name: %j",
    async (text) => {
      await expect(readText(text)).rejects.toMatchObject({
        code: "BAD_QUOTES",
        message: "data.csv, line 1: the header has a quote beside a name or inside one.",
      });
    },
  );

  it("reads back any table that it writes, bit for bit", async () => {
    const name = fc.stringMatching(/^[a-z",; é]{1,8}$/);
    const text = fc
      .string({ unit: "grapheme", maxLength: 12 })
      .filter((value) => !value.includes("\0"));
    const cell = fc.option(fc.double(), { nil: null });
    const shape = fc
      .tuple(fc.uniqueArray(name, { minLength: 2, maxLength: 2 }), fc.integer({ min: 1, max: 20 }))
      .chain(([names, rows]) =>
        fc.record({
          names: fc.constant(names),
          numbers: fc.array(cell, { minLength: rows, maxLength: rows }),
          texts: fc.array(fc.option(text, { nil: null }), { minLength: rows, maxLength: rows }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(shape, async ({ names: [first = "a", second = "b"], numbers, texts }) => {
        const levels = [...new Set(texts.filter((value) => value !== null))];
        const table: Table = {
          rows: numbers.length,
          columns: [
            {
              kind: "number",
              name: first,
              values: Float64Array.from(numbers, (value) => value ?? Number.NaN),
              missing: Uint8Array.from(numbers, (value) => (value === null ? 1 : 0)),
              integer: false,
            },
            {
              kind: "text",
              name: second,
              codes: Int32Array.from(texts, (value) =>
                value === null ? -1 : levels.indexOf(value),
              ),
              levels,
            },
          ],
        };
        const back = await readText(writeCsv(table), {
          types: { [first]: "number", [second]: "text" },
          quotedMissing: false,
        });
        expect(back.columns.map((column) => column.name)).toEqual([first, second]);
        expect(cells(back.columns[0], back.rows)).toEqual(numbers);
        expect(cells(back.columns[1], back.rows)).toEqual(texts);
      }),
      { numRuns: 200 },
    );
  });

  it("reads the same whatever the chunks that the bytes come in", async () => {
    const text = 'a,b\r\n1,"x\r\ny, ""z"""\r\n2.5,ü\r\n,\r\n-3e2,"é"';
    const whole = await readText(text);
    const bytes = Buffer.from(text);
    for (let size = 1; size < bytes.length; size++) {
      const remote = { mem: memoryFiles({ "mem://a.csv": bytes }, size) };
      expect((await readTable("mem://a.csv", { remote })).columns).toEqual(whole.columns);
    }
  });
});

/** Files in memory that come in chunks of `chunkBytes`. */
function memoryFiles(files: Readonly<Record<string, Uint8Array>>, chunkBytes = 7): FileSource {
  return {
    list: (pattern) =>
      Promise.resolve(
        Object.entries(files)
          .filter(
            ([uri]) =>
              uri === pattern || (pattern.endsWith("*") && uri.startsWith(pattern.slice(0, -1))),
          )
          .map(([uri, bytes]) => ({ uri, sizeBytes: bytes.length })),
      ),
    async *open(uri, range) {
      const bytes = (files[uri] ?? new Uint8Array(0)).subarray(range?.start ?? 0, range?.end);
      for (let start = 0; start < bytes.length; start += chunkBytes) {
        yield bytes.subarray(start, start + chunkBytes);
      }
    },
  };
}

describe("readTable on several files", () => {
  it("joins what a glob matches in sorted order, columns by name", async () => {
    await directory.write("part-2.csv", "b,a\nz,3\n");
    await directory.write("part-1.csv", "a,b\n1,x\n2,y\n");
    const table = await readTable("part-*.csv", options);
    expect(table.files.map((file) => [file.uri, file.rows])).toEqual([
      ["part-1.csv", 2],
      ["part-2.csv", 1],
    ]);
    expect(cells(table.columns[0], 3)).toEqual([1, 2, 3]);
    expect(cells(table.columns[1], 3)).toEqual(["x", "y", "z"]);
  });

  it("names file and column when the columns differ", async () => {
    await directory.write("schema-1.csv", "a,b\n1,2\n");
    await directory.write("schema-2.csv", "a,c\n1,2\n");
    await expect(readTable("schema-*.csv", options)).rejects.toMatchObject({
      code: "SCHEMA_MISMATCH",
      message: 'schema-2.csv cannot be joined with schema-1.csv: it lacks "b" and also has "c".',
      place: { file: "schema-2.csv", column: "b" },
    });
  });

  it("makes a column text when one of the files has text in it, and says which", async () => {
    await directory.write("kind-1.csv", "a\n1.0\n");
    await directory.write("kind-2.csv", "a\nx\n");
    const table = await readTable(["kind-1.csv", "kind-2.csv"], options);
    expect(cells(table.columns[0], 2)).toEqual(["1.0", "x"]);
    expect(table.notes[0]?.message).toBe(
      'kind-2.csv: column a holds numbers until line 2, which holds "x"; the whole column is read as text.',
    );
  });

  it("names every pattern that matches nothing", async () => {
    await expect(readTable("none-*.csv\nnowhere.parquet", options)).rejects.toMatchObject({
      code: "NO_FILE_MATCHES",
      message: `No file matches none-*.csv, nowhere.parquet in ${directory.path}.`,
    });
  });

  it("refuses standard input and schemes that nobody reads", async () => {
    await expect(readTable("-")).rejects.toMatchObject({ code: "STANDARD_INPUT" });
    await expect(readTable("s3://bucket/x.csv")).rejects.toMatchObject({
      code: "UNKNOWN_SCHEME",
      message: "s3://bucket/x.csv: no reader of s3:// is set up here; known are local paths.",
    });
  });

  it("reads remote CSV and Parquet through the same port", async () => {
    const local = await readText("a,b\n1,x\n2,y\n");
    const files = {
      "gs://bucket/1.csv": Buffer.from(writeCsv(local)),
      "gs://bucket/2.parquet": await writeParquet(local),
    };
    const table = await readTable("gs://bucket/*", { remote: { gs: memoryFiles(files, 1000) } });
    expect(cells(table.columns[0], 4)).toEqual([1, 2, 1, 2]);
  });
});

describe("readTable on other formats", () => {
  it("unpacks gzip and zstd by their first bytes", async () => {
    await directory.write("a.csv.gz", gzipSync("a\n1\n"));
    await directory.write("b.csv", zstdCompressSync("a\n2\n"));
    const table = await readTable(["a.csv.gz", "b.csv"], options);
    expect(cells(table.columns[0], 2)).toEqual([1, 2]);
  });

  it("names a gzip file that is cut off", async () => {
    const whole = gzipSync(`a\n${"123\n".repeat(10_000)}`);
    await directory.write("cut.csv.gz", whole.subarray(0, whole.length - 20));
    await expect(readTable("cut.csv.gz", options)).rejects.toMatchObject({
      code: "BAD_COMPRESSION",
      message: "cut.csv.gz starts as gzip but does not unpack: unexpected end of file.",
    });
  });

  it("reads JSON Lines with absent keys, booleans and dates", async () => {
    const text =
      '{"a":1,"b":true}\n{"b":false,"when":"2024-01-01T10:00:00Z","a":null}\n{"a":2.5}\n';
    const table = await readText(text, {}, "data.jsonl");
    expect(table.columns.map((column) => [column.name, column.kind, cells(column, 3)])).toEqual([
      ["a", "number", [1, null, 2.5]],
      ["b", "text", ["true", "false", null]],
      ["when", "date", [null, "2024-01-01T10:00:00.000Z", null]],
    ]);
  });

  it.each([
    ['{"a":1}\n{"a":\n', 'data.jsonl, line 2: not JSON: {"a":'],
    ["[1]\n", "data.jsonl, line 1: an object is expected, found an array."],
    [
      '{"a":[1]}\n',
      "data.jsonl, line 1: column a holds an array; a number, text, boolean or null is expected.",
    ],
  ])("names line and fault of %j", async (text, message) => {
    await expect(readText(text, {}, "data.jsonl")).rejects.toMatchObject({ message });
  });

  it("keeps whole numbers of JSON Lines that a double would round", async () => {
    const text =
      '{"id":9007199254740992,"x":1e300}\n{"id":9007199254740993,"x":100000000000000000000}\n';
    const table = await readText(text, {}, "data.jsonl");
    expect(table.columns.map((column) => [column.kind, cells(column, 2)])).toEqual([
      ["text", ["9007199254740992", "9007199254740993"]],
      ["number", [1e300, 1e20]],
    ]);
  });

  it("refuses half a character in JSON Lines: two of them would be one text once they are written", async () => {
    await expect(
      readText('{"a":"\\ud83d\\ude00"}\n{"a":"\\ud83d"}\n', {}, "data.jsonl"),
    ).rejects.toMatchObject({
      code: "BAD_JSON_LINE",
      message:
        'data.jsonl, line 2: an escape from \\ud800 to \\udfff stands alone, which is half a character: {"a":"\\ud83d"}',
    });
  });

  it("gives the same table from CSV, JSON Lines and Parquet, snappy and zstd, in row groups", async () => {
    const weather = await readTable("weather.csv", { directory: fixtures });
    await directory.write("weather.jsonl", writeJsonLines(weather));
    await directory.write("weather.csv", writeCsv(weather));
    const whole = await readTable("weather.csv", options);
    expect(whole.columns).toEqual(weather.columns);
    expect(cells((await readTable("weather.jsonl", options)).columns[2], 2922)).toEqual(
      cells(weather.columns[2], 2922),
    );
    for (const compression of ["snappy", "zstd", "none"] as const) {
      await directory.write(
        "weather.parquet",
        await writeParquet(weather, { compression, rowGroupRows: 1000 }),
      );
      const parquet = await readTable("weather.parquet", options);
      expect(parquet.columns).toEqual(weather.columns);
    }
  });

  it("keeps missing texts and numbers through Parquet", async () => {
    const penguins = await readTable("penguins.csv", { directory: fixtures });
    await directory.write("penguins.parquet", await writeParquet(penguins, { rowGroupRows: 100 }));
    expect((await readTable("penguins.parquet", options)).columns).toEqual(penguins.columns);
  });

  it("keeps holes, NaN, infinities and 64-bit integers through Parquet", async () => {
    const table: Table = {
      rows: 4,
      columns: [
        {
          kind: "number",
          name: "x",
          values: Float64Array.of(1.5, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY),
          missing: Uint8Array.of(0, 1, 0, 0),
          integer: false,
        },
        {
          kind: "number",
          name: "n",
          values: Float64Array.of(-1, 9007199254740991, -9007199254740991, 0),
          missing: null,
          integer: true,
        },
      ],
    };
    await directory.write("odd.parquet", await writeParquet(table));
    expect((await readTable("odd.parquet", options)).columns).toEqual(table.columns);
  });

  it("keeps 64-bit integers beyond 2^53 as text, reads decimals exactly, refuses groups by name", async () => {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    const buffer = parquetWriteBuffer({
      schema: [
        { name: "root", num_children: 3 },
        { name: "big", type: "INT64", repetition_type: "REQUIRED" },
        {
          name: "price",
          type: "INT64",
          converted_type: "DECIMAL",
          scale: 1,
          precision: 18,
          repetition_type: "OPTIONAL",
        },
        { name: "point", num_children: 1, repetition_type: "REQUIRED" },
        { name: "x", type: "INT32", repetition_type: "REQUIRED" },
      ],
      columnData: [
        { name: "big", data: [1n, 9007199254740993n] },
        { name: "price", data: [3n, null] },
        { name: "point", data: [{ x: 1 }, { x: 2 }] },
      ],
    });
    await directory.write("types.parquet", new Uint8Array(buffer));
    const table = await readTable("types.parquet", { ...options, columns: ["big", "price"] });
    expect(cells(table.columns[0], 2)).toEqual(["1", "9007199254740993"]);
    expect(cells(table.columns[1], 2)).toEqual([0.3, null]);
    await expect(readTable("types.parquet", options)).rejects.toMatchObject({
      code: "NESTED_COLUMN",
      message:
        "types.parquet: column point is nested (group); numbers, text, booleans, dates and timestamps are read.",
    });
  });
});

describe("requireWeight", () => {
  it("brings weights near 1 whose products would be no numbers, as only their ratios count", async () => {
    const weightsOf = async (unit: string): Promise<number[]> => {
      const table = await readText(`w\n1e${unit}\n4e${unit}\n2e${unit}\n`);
      return [...requireWeight(table, "w", "data.csv").values];
    };
    expect(await weightsOf("300")).toEqual([0.25, 1, 0.5]);
    const small = await weightsOf("-300");
    expect(small[0]).toBeCloseTo(0.25, 12);
    expect(small[2]).toBeCloseTo(0.5, 12);
    expect(await weightsOf("12")).toEqual([1e12, 4e12, 2e12]);
  });
});

describe("streamTables", () => {
  it("gives the same rows in batches", async () => {
    const batches: Table[] = [];
    for await (const batch of streamTables("weather.csv", {
      directory: fixtures,
      batchRows: 1000,
    })) {
      batches.push(batch);
    }
    expect(batches.map((batch) => batch.rows)).toEqual([1000, 1000, 922]);
    const whole = await readTable("weather.csv", { directory: fixtures });
    const streamed = batches.flatMap((batch) => cells(requireColumn(batch, "weather"), batch.rows));
    expect(streamed).toEqual(cells(requireColumn(whole, "weather"), whole.rows));
  });
});
