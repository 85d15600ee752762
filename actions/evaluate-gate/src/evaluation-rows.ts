import { DataError, InputError, type Column, type NumberColumn, type Table } from "#core";
import {
  digestFiles,
  locateFiles,
  readTable,
  requireColumn,
  requirePresentCells,
  requireWeight,
  rowKeys,
  streamTables,
  type ColumnKind,
  type LoadedTable,
  type ReadOptions,
} from "#data";
import type { ScoringContext } from "./candidate.ts";
import { readClusters } from "./clusters.ts";
import type { Inputs } from "./inputs.ts";
import { requireNamedColumn } from "./slices.ts";
import type { Subject } from "./subject.ts";

/** The rows that everything is judged on. */
export interface EvaluationRows {
  readonly table: Table;
  /** As people know it: a file name, or the run's test part. */
  readonly name: string;
  readonly digest: string;
  readonly target: Column;
  readonly weight: NumberColumn | null;
  /** Code of the entity of each row; `null` where rows are independent. */
  readonly clusters: Int32Array | null;
  /** Salted hashes of the rows' ids, or of their whole content; made when they are asked for. */
  readonly keys: BigUint64Array;
  /** The columns that the keys are made of; none where they are made of whole rows or held by the file. */
  readonly ids: readonly Column[];
  /** Whether these rows are the run's own test part, divided by its split. */
  readonly isTestPart: boolean;
}

/** Fewer rows than these say nothing about a model. */
export const FEWEST_ROWS = 10;

/**
 * Reads the rows to evaluate on: `data`, else the run's test part.
 *
 * @throws InputError `NO_TEST_ROWS`, `UNKNOWN_COLUMN`; DataError `TOO_FEW_ROWS`, `MISSING_TARGET`, `BAD_WEIGHT`
 */
export async function readEvaluationRows(
  inputs: Inputs,
  subject: Subject,
  { directory, ports }: Pick<ScoringContext, "directory" | "ports">,
): Promise<EvaluationRows> {
  if (inputs.data !== null) {
    const place = { directory: ports.workspace, remote: ports.remote };
    const table = await readTyped(inputs.data, place, subject.columnKinds);
    const name = table.files.map(({ uri }) => uri).join(", ");
    const { digest } = await digestFiles(await locateFiles(inputs.data, place));
    return describeRows(table, subject, { name, digest, isTestPart: false });
  }
  const path = subject.run?.split?.parts["test"]?.path ?? null;
  if (path === null) throw noTestRows(subject);
  const table = await readTyped([path], { directory: directory.path }, subject.columnKinds);
  const { digest } = await directory.measure(path);
  return describeRows(table, subject, { name: path, digest, isTestPart: true });
}

/** Reads files with the types that their columns had in training. */
export async function readTyped(
  sources: readonly string[],
  options: ReadOptions,
  kinds: Readonly<Record<string, ColumnKind>>,
): Promise<LoadedTable> {
  const present = new Set(await readColumnNames(sources, options));
  const types = Object.fromEntries(Object.entries(kinds).filter(([name]) => present.has(name)));
  return readTable(sources, { ...options, types });
}

/** The names of a file's columns, from its first row. */
export async function readColumnNames(
  sources: readonly string[],
  options: ReadOptions,
): Promise<readonly string[]> {
  for await (const table of streamTables(sources, { ...options, batchRows: 1 })) {
    return table.columns.map(({ name }) => name);
  }
  return [];
}

/**
 * Checks rows that were read and names their parts.
 *
 * @throws InputError `UNKNOWN_COLUMN`; DataError `TOO_FEW_ROWS`, `MISSING_TARGET`, `BAD_WEIGHT`
 */
export function describeRows(
  table: LoadedTable,
  subject: Subject,
  facts: Pick<EvaluationRows, "name" | "digest" | "isTestPart"> & {
    /** Keys that the file holds in place of ids. */
    readonly heldKeys?: BigUint64Array | null;
  },
): EvaluationRows {
  if (table.rows < FEWEST_ROWS) throw tooFewRows(facts.name, table.rows);
  const target = requireColumn(table, subject.target, facts.name);
  requirePresentCells(target, facts.name);
  const weight = subject.weight === null ? null : requireWeight(table, subject.weight, facts.name);
  const ids = subject.id.map((name) => requireColumn(table, name, facts.name));
  for (const name of subject.features ?? []) requireNamedColumn(table, name, "features");
  const { name, digest, isTestPart, heldKeys = null } = facts;
  // Kept for as long as somebody holds them: eight bytes a row are made again, should that ever be.
  let made: WeakRef<BigUint64Array> | null = null;
  return {
    table,
    name,
    digest,
    isTestPart,
    target,
    weight,
    clusters:
      subject.cluster === null
        ? null
        : readClusters(requireColumn(table, subject.cluster, facts.name), facts.name),
    ids: heldKeys === null ? ids : [],
    // Hashing many ids takes longer than judging their rows, and only some ways of scoring need it.
    get keys() {
      const known = heldKeys ?? made?.deref();
      if (known !== undefined) return known;
      const keys = rowKeys(table, { id: subject.id, salt: subject.model });
      made = new WeakRef(keys);
      return keys;
    },
  };
}

function tooFewRows(file: string, rows: number): DataError {
  return new DataError({
    code: "TOO_FEW_ROWS",
    message: `${file} holds ${rows} ${rows === 1 ? "row" : "rows"}; at least ${FEWEST_ROWS} are needed to judge a model.`,
    hint: "Evaluate on more rows.",
    place: { file },
  });
}

function noTestRows(subject: Subject): InputError {
  const split = subject.run?.split ?? null;
  return new InputError({
    code: "NO_TEST_ROWS",
    message:
      split === null
        ? "The run has no split, so there are no test rows to evaluate on."
        : "The run kept only the digest of its test part, not its rows.",
    hint: "Give data: the rows to evaluate on, or train with keep-splits: true.",
  });
}
