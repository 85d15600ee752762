import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTable, requireColumn } from "./read-table.ts";
import { joinId } from "./row-ids.ts";
import { rowKeys } from "./row-keys.ts";
import { toText } from "./to-text.ts";
import { writeTable } from "./write-table.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-microseconds-"));
});
afterEach(() => rm(folder, { recursive: true }));

const instants = ["2024-02-29T12:30:00.000250Z", "2024-02-29T12:30:00.000251Z"];

async function readInstants() {
  await writeFile(
    join(folder, "rows.csv"),
    `time,x\n${instants.map((at) => `${at},1`).join("\n")}\n`,
  );
  return readTable("rows.csv", { directory: folder });
}

describe("rows that are a microsecond apart", () => {
  it("have ids, texts and keys of their own", async () => {
    const table = await readInstants();
    const column = requireColumn(table, "time");
    expect(column.kind).toBe("date");
    expect([0, 1].map((row) => joinId([column], row))).toEqual(instants);
    expect(toText(column).levels).toEqual(instants);
    const keys = rowKeys(table, { id: ["time"], salt: "m" });
    expect(keys[0]).not.toBe(keys[1]);
    // As the documentation of rowKeys has it.
    const text = {
      kind: "text",
      name: "time",
      levels: instants,
      codes: Int32Array.of(0, 1),
    } as const;
    expect(rowKeys({ rows: 2, columns: [text] }, { id: ["time"], salt: "m" })).toEqual(keys);
  });

  it.each(["rows.copy.csv", "rows.jsonl", "rows.parquet"])("stay so in %s", async (name) => {
    const table = await readInstants();
    await writeTable(join(folder, name), table);
    const back = await readTable(name, { directory: folder });
    const options = { id: ["time"], salt: "m" };
    expect(rowKeys(back, options)).toEqual(rowKeys(table, options));
    expect(requireColumn(back, "time")).toEqual(requireColumn(table, "time"));
  });
});
