import { resolve } from "node:path";
import { takeRows } from "#core";
import type { PartName } from "#data";
import type { RunDirectory } from "#toolkit";
import { chooseColumns, type ChosenColumns } from "./choose-columns.ts";
import {
  checkTestData,
  describeSplit,
  divideData,
  partFolder,
  type DividedData,
  type PartFolder,
} from "./divide-data.ts";
import { gatherData, readColumnNames, type GatheredData } from "./gather-data.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { describeEnvironment } from "./run-environment.ts";
import { computeRunId } from "./run-identity.ts";
import type { RunPlan } from "./run-record.ts";
import { readSourceCode } from "./source-code.ts";
import { planSplit } from "./split-rule.ts";
import { findLabelledRows, readTargetMeaning, type TargetMeaning } from "./target-meaning.ts";

/** A run that is ready to train. */
export interface Run {
  readonly inputs: Inputs;
  readonly ports: Ports;
  readonly directory: RunDirectory;
  readonly folder: PartFolder;
  readonly columns: ChosenColumns;
  readonly meaning: TargetMeaning;
  readonly divided: DividedData;
  /** What `run.json` will say of the beginning. */
  readonly plan: RunPlan;
  readonly notes: readonly string[];
}

/** Reads what the input `data` (or `test-data`) names. */
export function gather(
  sources: readonly string[],
  inputs: Pick<Inputs, "columnTypes" | "missing">,
  ports: Pick<Ports, "workspace" | "remote">,
): Promise<GatheredData> {
  return gatherData(sources, {
    workspace: ports.workspace,
    remote: ports.remote,
    types: inputs.columnTypes ?? {},
    missing: inputs.missing ?? [],
  });
}

/** What a run is prepared from. */
export interface Beginning {
  readonly data: GatheredData;
  readonly directory: RunDirectory;
  readonly started: string;
  /** For parts that the run directory does not keep: gone when the run has ended. */
  readonly scratch: string;
  readonly ports: Ports;
}

/**
 * Settles columns, leaves out rows without a target, divides the rest, and describes the run.
 *
 * @throws InputError or DataError for columns, classes, parts or code that cannot be
 */
export async function prepareRun(inputs: Inputs, beginning: Beginning): Promise<Run> {
  const { data, directory, scratch, ports } = beginning;
  const splitPlan = planSplit(inputs);
  const columns = chooseColumns(data.table, inputs, splitPlan);
  const meaning = readTargetMeaning(data.table, columns.target, inputs.task);
  const testData = await gatherTestData(inputs, { data, columns, ports });
  const rows = findLabelledRows(data.table, columns.target);
  const dropped = data.table.rows - rows.length;
  const divided = divideData({
    table: dropped === 0 ? data.table : takeRows(data.table, rows),
    plan: splitPlan,
    columns,
    salt: inputs.model,
    testData:
      testData && takeRows(testData.table, findLabelledRows(testData.table, columns.target)),
  });
  const note = `${dropped} of ${data.table.rows} rows have no ${columns.target} and are in no part.`;
  return {
    inputs,
    ports,
    directory,
    folder: partFolder(data.ending, keepsParts(inputs, data) ? directory : { path: scratch }),
    columns,
    meaning,
    divided,
    plan: await planRun(inputs, { ...beginning, columns, divided, testData }),
    notes: [...data.notes, ...(dropped === 0 ? [] : [note]), ...divided.notes],
  };
}

async function gatherTestData(
  inputs: Inputs,
  {
    data,
    columns,
    ports,
  }: { readonly data: GatheredData; readonly columns: ChosenColumns; readonly ports: Ports },
): Promise<GatheredData | null> {
  if (inputs.testData === null) return null;
  const names = new Set(await readColumnNames(inputs.testData, ports));
  const columnTypes = Object.fromEntries(
    data.table.columns.filter(({ name }) => names.has(name)).map(({ name, kind }) => [name, kind]),
  );
  const gathered = await gather(inputs.testData, { ...inputs, columnTypes }, ports);
  const target = columns.target === null ? [] : [columns.target];
  checkTestData(gathered.table, [...target, ...columns.features, ...columns.id]);
  return gathered;
}

const MOST_BYTES_KEPT = 100_000_000;

function keepsParts({ keepSplits }: Inputs, { sizeBytes }: GatheredData): boolean {
  return keepSplits === "auto" ? sizeBytes <= MOST_BYTES_KEPT : keepSplits === "true";
}

interface Known extends Beginning {
  readonly columns: ChosenColumns;
  readonly divided: DividedData;
  readonly testData: GatheredData | null;
}

/** Everything that is known before the training, and the run's id from it. */
async function planRun(inputs: Inputs, known: Known): Promise<RunPlan> {
  const { ports, columns, data, started } = known;
  const held = known.testData?.entries ?? [];
  const code = await readSourceCode({
    workspace: ports.workspace,
    globs: inputs.code,
    dataFiles: [...data.entries, ...held].map(({ uri }) => uri),
    settingsFile: inputs.config,
    log: ports.log,
  });
  warnOfOtherCommit(code.head, ports);
  const environment = await describeEnvironment({
    command: inputs.command,
    directory: resolve(ports.workspace, inputs.workingDirectory),
    environment: ports.environment,
  });
  const split = describeSplit(known.divided, partPaths(inputs, known));
  return {
    inputs,
    id: computeRunId({
      model: inputs.model,
      code: code.code?.digest ?? null,
      data: data.entries.map(({ digest }) => digest),
      testData: held.map(({ digest }) => digest),
      reading: { types: inputs.columnTypes, missing: inputs.missing },
      target: columns.target,
      features: columns.features,
      task: inputs.task,
      params: inputs.params ?? {},
      seed: inputs.seed,
      split: { ...split, parts: Object.values(split.parts).map(({ digest }) => digest) },
      trainer: inputs.command === null ? "tabular" : "command",
      command: inputs.command,
      predictCommand: inputs.predictCommand,
      locks: environment.locks,
    }),
    started,
    source: ports.source,
    code,
    environment,
    data: [...data.entries, ...held.map((entry) => ({ ...entry, part: "test" }))],
    columns,
    columnKinds: Object.fromEntries(data.table.columns.map(({ name, kind }) => [name, kind])),
    split,
  };
}

/** The record names the workflow's commit; where another one was checked out, that is worth knowing. */
function warnOfOtherCommit(head: string | null, { source, log }: Ports): void {
  if (head === null || source.sha === "" || head === source.sha) return;
  log.warning(
    `The checkout is at ${head.slice(0, 12)}, the workflow runs for ${source.sha.slice(0, 12)}: run.json names the workflow's commit, the code digest is the checkout's.`,
  );
}

/** Where each part will stand in the run directory; `null` where it is not kept or empty. */
function partPaths(
  inputs: Inputs,
  { data, divided }: Known,
): Readonly<Record<PartName, string | null>> {
  const kept = keepsParts(inputs, data);
  const pathOf = (name: PartName): string | null =>
    kept && divided.parts[name].table.rows > 0 ? `splits/${name}.${data.ending}` : null;
  return { train: pathOf("train"), validation: pathOf("validation"), test: pathOf("test") };
}
