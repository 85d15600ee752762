import { basename } from "node:path/posix";
import type { RunRecord } from "#core";
import {
  digestFiles,
  locateFiles,
  readTable,
  streamTables,
  type ColumnKind,
  type FileSetDigest,
  type LoadedTable,
  type LocatedFile,
  type RemoteSources,
} from "#data";
import { findDvcFacts, followPointers, type DvcFacts } from "./dvc-data.ts";

/** One entry of `run.json`'s data. */
export type DataEntry = RunRecord["data"][number];

/** Data that was read, and what identifies it. */
export interface GatheredData {
  readonly table: LoadedTable;
  readonly entries: readonly DataEntry[];
  readonly digest: string;
  readonly sizeBytes: number;
  /** Ending of the format that the parts are written in. */
  readonly ending: "csv" | "jsonl" | "parquet";
  readonly notes: readonly string[];
}

/** How data is found and read. */
export interface GatheringOptions {
  readonly workspace: string;
  readonly remote: RemoteSources;
  readonly types: Readonly<Record<string, ColumnKind>>;
  readonly missing: readonly string[];
}

/**
 * Finds, digests and reads the data that the sources name.
 *
 * @throws InputError or DataError naming the file and what is wrong with it
 */
export async function gatherData(
  sources: readonly string[],
  options: GatheringOptions,
): Promise<GatheredData> {
  const where = { directory: options.workspace, remote: options.remote };
  const named = await locateFiles(sources, where);
  const followed = await followPointers(named, where);
  const files = followed.files;
  const digests = await digestFiles(files);
  const table = await readTable(
    files.map(({ uri }) => uri),
    { ...where, types: options.types, missing: options.missing },
  );
  const dvc = await findDvcFacts(files, {
    workspace: options.workspace,
    followed: followed.outputs,
  });
  return {
    table,
    entries: describeFiles(table, digests, dvc.facts),
    digest: digests.digest,
    sizeBytes: digests.sizeBytes,
    ending: endingOf(files),
    notes: [...table.notes.map(({ message }) => message), ...dvc.notes],
  };
}

/** The names of the columns, from the first rows. */
export async function readColumnNames(
  sources: readonly string[],
  { workspace, remote }: Pick<GatheringOptions, "workspace" | "remote">,
): Promise<readonly string[]> {
  const options = { directory: workspace, remote, batchRows: 1 };
  for await (const table of streamTables(sources, options)) {
    return table.columns.map(({ name }) => name);
  }
  return [];
}

function describeFiles(
  table: LoadedTable,
  digests: FileSetDigest,
  dvc: ReadonlyMap<string, DvcFacts>,
): readonly DataEntry[] {
  const rows = new Map(table.files.map((file) => [file.uri, file.rows]));
  const columns = table.columns.map(({ name }) => name);
  return digests.files.map(({ uri, digest, sizeBytes }) => ({
    name: basename(uri),
    uri,
    digest,
    bytes: sizeBytes,
    rows: rows.get(uri) ?? 0,
    columns: [...columns],
    dvc: copyFacts(dvc.get(uri)),
  }));
}

function copyFacts(facts: DvcFacts | undefined): NonNullable<DataEntry["dvc"]> | null {
  return facts === undefined ? null : { ...facts };
}

function endingOf([first]: readonly LocatedFile[]): GatheredData["ending"] {
  const name = (first?.uri ?? "").toLowerCase().replace(/\.(gz|zst|zstd)$/, "");
  if (/\.(parquet|pq)$/.test(name)) return "parquet";
  return /\.(jsonl|ndjson|json)$/.test(name) ? "jsonl" : "csv";
}
