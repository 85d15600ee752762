import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import type { Column, Table } from "#core";
import { nodeCompressors } from "./parquet-direct.ts";
import type { WritableColumn } from "./parquet-pages.ts";
import { readTable } from "./read-table.ts";
import { formatRowKey } from "./row-keys.ts";
import { temporaryDirectory } from "./test-files.ts";
import { writeParquet, type WriteParquetOptions } from "./write-parquet.ts";

const directory = await temporaryDirectory();

/** What hyparquet, which shares no code with the writer's pages, reads from the bytes. */
async function readElsewhere(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return parquetReadObjects({ file: file as ArrayBuffer, compressors: nodeCompressors });
}

const rows = 1000;
const times = <T>(make: (row: number) => T): T[] => Array.from({ length: rows }, (_, k) => make(k));

const numbers = (
  name: string,
  make: (row: number) => number,
  facts: { readonly integer?: boolean; readonly every?: number } = {},
): Column => {
  const { integer = false, every = 0 } = facts;
  const isMissing = (row: number): boolean => every > 0 && row % every === 0;
  return {
    kind: "number",
    name,
    values: Float64Array.from(times((row) => (isMissing(row) ? Number.NaN : make(row)))),
    missing: every > 0 ? Uint8Array.from(times((row) => Number(isMissing(row)))) : null,
    integer,
  };
};

const texts = (name: string, levels: readonly string[], code: (row: number) => number): Column => ({
  kind: "text",
  name,
  levels,
  codes: Int32Array.from(times(code)),
});

const table: Table = {
  rows,
  columns: [
    numbers("doubles", (row) => Math.sin(row) * 1e9),
    numbers("gaps", (row) => row / 7, { every: 3 }),
    numbers("whole", (row) => row - 500, { integer: true }),
    numbers("large", (row) => (row % 2 === 0 ? -1 : 1) * (Number.MAX_SAFE_INTEGER - row), {
      integer: true,
    }),
    numbers("large with gaps", (row) => -(2 ** 40) + row, { integer: true, every: 5 }),
    numbers("flag", (row) => row % 2, { integer: true }),
    numbers("constant", () => 7, { integer: true }),
    texts("few", ["a", "b|<c>", "ü😀", "unused"], (row) => row % 3),
    texts("few with gaps", ["x", ""], (row) => (row % 4) - 2),
    texts(
      "all different",
      times((row) => `row ${row}`),
      (row) => rows - 1 - row,
    ),
    texts("none", [], () => -1),
    {
      kind: "date",
      name: "day",
      values: Float64Array.from(
        times((row) => (row % 9 === 0 ? Number.NaN : (row - 300) * 86_400_000)),
      ),
      dateOnly: true,
    },
    {
      kind: "date",
      name: "instant",
      values: Float64Array.from(times((row) => 1_700_000_000_123 + row * 61_001)),
      dateOnly: false,
    },
  ],
};

const options: readonly WriteParquetOptions[] = [
  {},
  { rowGroupRows: 7 },
  { rowGroupRows: 333, compression: "snappy" },
  { rowGroupRows: rows, compression: "none" },
];

describe("writeParquet", () => {
  it.each(options)("writes what it reads back: %j", async (one) => {
    await directory.write("table.parquet", await writeParquet(table, one));
    const read = await readTable("table.parquet", { directory: directory.path });
    expect(read.rows).toBe(rows);
    for (const column of table.columns) {
      const found = read.columns.find(({ name }) => name === column.name);
      if (column.kind === "text" && found?.kind === "text") {
        const show = ({ codes, levels }: typeof column) =>
          Array.from(codes, (code) => levels[code]);
        expect(show(found)).toEqual(show(column));
      } else if (column.name !== "none") expect(found).toEqual(column);
    }
  });

  it.each(options)("writes what another reader reads: %j", async (one) => {
    const found = await readElsewhere(await writeParquet(table, one));
    expect(found).toHaveLength(rows);
    expect(found[10]).toEqual({
      doubles: Math.sin(10) * 1e9,
      gaps: 10 / 7,
      whole: -490n,
      large: -BigInt(Number.MAX_SAFE_INTEGER - 10),
      "large with gaps": null,
      flag: 0n,
      constant: 7n,
      few: "b|<c>",
      "few with gaps": "x",
      "all different": "row 989",
      none: null,
      day: new Date(-290 * 86_400_000),
      instant: new Date(1_700_000_000_123 + 610_010),
    });
    expect(found[9]).toMatchObject({ gaps: null, day: null, "few with gaps": null });
    expect(found[11]).toMatchObject({ "few with gaps": "", few: "ü😀" });
  });

  it("writes row keys as their 16 digits", async () => {
    const keys = BigUint64Array.of(0n, 1n, 0x0123_4567_89ab_cdefn, 2n ** 64n - 1n);
    const column: WritableColumn = { kind: "row-keys", name: "id", keys };
    const bytes = await writeParquet({ rows: 4, columns: [column] }, { rowGroupRows: 3 });
    expect(await readElsewhere(bytes)).toEqual(
      Array.from(keys, (key) => ({ id: formatRowKey(key) })),
    );
  });

  it("writes a table without rows", async () => {
    const empty = {
      rows: 0,
      columns: [numbers("a", () => 0)].map((one) => ({ ...one, values: new Float64Array(0) })),
    };
    expect(await readElsewhere(await writeParquet(empty as Table))).toEqual([]);
  });
});
