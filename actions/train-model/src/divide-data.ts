import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DataError, takeRows, type RunRecord, type Table } from "#core";
import { csvChunks, rowKeys, splitTable, writeJsonLines, writeParquet, type PartName } from "#data";
import { writeWholeFile, type RunDirectory } from "#toolkit";
import type { ChosenColumns } from "./choose-columns.ts";
import type { GatheredData } from "./gather-data.ts";
import type { SplitPlan } from "./split-rule.ts";

/** One part of the data. */
export interface Part {
  readonly table: Table;
  readonly digest: string;
}

/** The data in its parts. */
export interface DividedData {
  readonly plan: SplitPlan;
  readonly salt: string;
  readonly columns: readonly string[];
  readonly parts: Readonly<Record<PartName, Part>>;
  /** The table that was divided, and where in it the rows to learn and to choose by stand. */
  readonly table: Table;
  readonly rows: Readonly<Record<"train" | "validation", Uint32Array>>;
  readonly boundaries: { readonly validation: string | null; readonly test: string | null } | null;
  readonly notes: readonly string[];
}

/** What is divided, and by what. */
export interface Division {
  readonly table: Table;
  readonly plan: SplitPlan;
  readonly columns: ChosenColumns;
  /** The model's name: never a seed, so that no row ever moves. */
  readonly salt: string;
  /** A holdout of the user's own. */
  readonly testData: Table | null;
}

/**
 * Divides rows into train, validation and test.
 *
 * @throws DataError `EMPTY_PART` and the like, `NO_TEST_ROWS`
 */
export function divideData({ table, plan, columns, salt, testData }: Division): DividedData {
  const options = { salt, id: columns.id };
  const divided = splitTable(table, plan.spec, options);
  const partOf = (name: PartName): Part => ({
    table: takeRows(table, divided.parts[name].rows),
    digest: divided.parts[name].digest,
  });
  const shared = {
    plan,
    salt,
    columns: columnsOf(plan, columns),
    boundaries: divided.boundaries,
    table,
    rows: { train: divided.parts.train.rows, validation: divided.parts.validation.rows },
  };
  const parts = { train: partOf("train"), validation: partOf("validation"), test: partOf("test") };
  if (testData === null) return { ...shared, parts, notes: [] };
  // Only the digest is wanted: every row of the holdout is in one part.
  const whole = splitTable(testData, { kind: "hash", fractions: [1, 0, 0] }, options);
  const test = { table: testData, digest: whole.parts.train.digest };
  return { ...shared, parts: { ...parts, test }, notes: noteOverlap(table, testData, options) };
}

function columnsOf({ spec }: SplitPlan, { id }: ChosenColumns): readonly string[] {
  return spec.kind === "time" || spec.kind === "column" ? [spec.column] : id;
}

/** Rows of the holdout that are in the training data too flatter every metric. */
function noteOverlap(
  table: Table,
  testData: Table,
  options: { readonly salt: string; readonly id: readonly string[] },
): readonly string[] {
  const known = new Set(rowKeys(table, options));
  const shared = rowKeys(testData, options).reduce(
    (count, key) => count + (known.has(key) ? 1 : 0),
    0,
  );
  return shared === 0
    ? []
    : [
        `${shared} of ${testData.rows} rows of test-data are in the training data too: metrics on them flatter the model.`,
      ];
}

/**
 * Holds a holdout's columns against those that are needed.
 *
 * @throws DataError `TEST_DATA_LACKS_COLUMNS`
 */
export function checkTestData(table: Table, needed: readonly string[]): void {
  const names = new Set(table.columns.map(({ name }) => name));
  const absent = needed.filter((name) => !names.has(name));
  if (absent.length === 0) return;
  throw new DataError({
    code: "TEST_DATA_LACKS_COLUMNS",
    message: `test-data has no column ${absent.join(", ")}; it holds ${[...names].join(", ")}.`,
    hint: "The holdout needs the target and every feature under the same names.",
  });
}

/** Where parts are written. */
export interface PartFolder {
  /** Absolute path of a part's file, or `null` for an empty part. */
  write(name: PartName, part: Part): Promise<string | null>;
}

/** Parts as `splits/<part>.<ending>` in the run directory, or in a folder that does not outlive the run. */
export function partFolder(
  ending: GatheredData["ending"],
  root: Pick<RunDirectory, "resolve" | "writeText"> | { readonly path: string },
): PartFolder {
  return {
    write: async (name, { table }) => {
      if (table.rows === 0) return null;
      const content = await formatTable(table, ending);
      const file = `splits/${name}.${ending}`;
      if ("resolve" in root) {
        await root.writeText(file, content);
        return root.resolve(file);
      }
      const path = join(root.path, file);
      await mkdir(join(root.path, "splits"), { recursive: true });
      await writeWholeFile(path, content);
      return path;
    },
  };
}

async function formatTable(
  table: Table,
  ending: GatheredData["ending"],
): Promise<Uint8Array | string> {
  switch (ending) {
    case "parquet":
      return writeParquet(table);
    case "jsonl":
      return writeJsonLines(table);
    case "csv":
      // Joined as bytes: a string ends at half a gigabyte.
      return Buffer.concat([...csvChunks(table)].map((chunk) => Buffer.from(chunk)));
  }
}

/** The split as `run.json` keeps it. */
export function describeSplit(
  divided: DividedData,
  paths: Readonly<Record<PartName, string | null>>,
): NonNullable<RunRecord["split"]> {
  const { plan, parts } = divided;
  const part = (name: PartName) => ({
    rows: parts[name].table.rows,
    digest: parts[name].digest,
    path: paths[name],
  });
  return {
    method: plan.method,
    fractions: plan.fractions === null ? null : [...plan.fractions],
    salt: divided.salt,
    columns: [...divided.columns],
    parts: { train: part("train"), validation: part("validation"), test: part("test") },
    ...(plan.method === "given" && { within: plan.spec.kind }),
    ...(divided.boundaries !== null && { boundaries: divided.boundaries }),
  };
}
