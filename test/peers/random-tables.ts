import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cellAt, DataError, type Column } from "#core";
import { readTable } from "#data";
import type { PeerSuite } from "./check.ts";
import { requireProgram } from "./tools.ts";

type Cell = number | string | null;

/** A file, and what pandas or pyarrow reads in it. */
interface RandomFile {
  readonly file: string;
  readonly format: "csv" | "jsonl" | "parquet";
  readonly columns: Readonly<
    Record<
      string,
      { readonly kind: "number" | "date" | "text" | "any"; readonly cells: readonly Cell[] }
    >
  >;
  /** The code of the error, where the file holds what no table can. */
  readonly refused?: string;
}

/** How many files of each format are drawn, and from which seed: another run may draw others. */
const drawn = { count: 120, seed: process.env["SLIPWAY_PEERS_SEED"] ?? "1" };

/** Random files of every format, read by Slipway and by the libraries that wrote them. */
export const randomTablesSuite: PeerSuite = {
  peer: "pandas and pyarrow",
  run: async (check, { python }) => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-peers-"));
    try {
      const script = join(import.meta.dirname, "random_tables.py");
      await requireProgram(python, [script, folder, String(drawn.count), drawn.seed]);
      const { files } = JSON.parse(readFileSync(join(folder, "tables.json"), "utf8")) as {
        readonly files: readonly RandomFile[];
      };
      for (const format of ["csv", "jsonl", "parquet"] as const) {
        const own = files.filter((file) => file.format === format);
        await check(
          `reads ${own.length} random ${format} files (seed ${drawn.seed}) alike`,
          async () => {
            assert.equal(own.length, drawn.count);
            for (const file of own) await checkFile(file, folder);
          },
        );
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function checkFile(expected: RandomFile, directory: string): Promise<void> {
  const { file, columns, refused } = expected;
  if (refused !== undefined) {
    await assert.rejects(
      readTable(file, { directory }),
      (error) => error instanceof DataError && error.code === refused,
      `${file} is refused: ${refused}`,
    );
    return;
  }
  const table = await readTable(file, { directory, delimiter: "," });
  assert.deepEqual(
    table.columns.map(({ name }) => name).toSorted(),
    Object.keys(columns).toSorted(),
  );
  for (const column of table.columns) {
    const { kind, cells } = columns[column.name] ?? { kind: "any", cells: [] };
    const place = `${file}, column ${column.name}`;
    if (kind !== "any") assert.equal(column.kind, kind, place);
    assert.equal(table.rows, cells.length, place);
    cells.forEach((cell, row) =>
      checkCell(column, row, { cell, place: `${place}, row ${row + 1}` }),
    );
  }
}

/** Instants may differ by a thousandth of a millisecond, the last place of their doubles. */
function checkCell(
  column: Column,
  row: number,
  { cell, place }: { readonly cell: Cell; readonly place: string },
): void {
  if (cell === null || column.kind === "text") {
    assert.equal(cellAt(column, row), cell, place);
    return;
  }
  const value = column.values[row] ?? Number.NaN;
  if (column.kind === "number") assert.ok(Object.is(value, Number(cell)), `${place}: ${value}`);
  else assert.ok(Math.abs(value - Number(cell)) <= 1e-3, `${place}: ${value}`);
}
