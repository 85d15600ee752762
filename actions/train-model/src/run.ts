import { resolve } from "node:path";
import { InputError, type RunRecord } from "#core";
import { inTemporaryFolder } from "#toolkit";
import { checkData, type DataChecks } from "./check-data.ts";
import { explainDiskFault } from "./disk-fault.ts";
import { finishFiles, upload } from "./finish-run.ts";
import { clearRunDirectory } from "./fresh-directory.ts";
import type { GatheredData } from "./gather-data.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { gather, prepareRun, type Run } from "./prepare-run.ts";
import { digestModel } from "./run-files.ts";
import { composeRecord } from "./run-record.ts";
import type { Trained } from "./train-built-in.ts";
import { trainRun } from "./train-run.ts";

export type Outcome =
  | {
      readonly kind: "trained";
      readonly record: RunRecord;
      readonly trained: Trained;
      readonly checks: DataChecks;
      /** As the input names it. */
      readonly directory: string;
      readonly artifactId: number | null;
      readonly dataDigest: string;
      readonly modelDigest: string;
      readonly notes: readonly string[];
    }
  /** The data does not hold to the expectations: nothing was trained. */
  | { readonly kind: "refused"; readonly model: string; readonly checks: DataChecks };

/** Trains one model and leaves a run directory that says everything about how. */
export async function trainModel(inputs: Inputs, ports: Ports): Promise<Outcome> {
  try {
    return await inTemporaryFolder(ports.temporaryDirectory, "slipway-parts-", (scratch) =>
      train(inputs, scratch, ports),
    );
  } catch (error) {
    throw explainDiskFault(error);
  }
}

async function train(inputs: Inputs, scratch: string, ports: Ports): Promise<Outcome> {
  const started = ports.clock.now().toISOString();
  const directory = ports.openDirectory(resolve(ports.workspace, inputs.runDirectory));
  await clearRunDirectory(directory, ports.workspace);
  refuseContradictions(inputs);

  const data = await gather(inputs.data, inputs, ports);
  ports.log.info(describeData(data));
  const checks = await checkData(data.table, inputs.expectations, {
    workspace: ports.workspace,
    now: ports.clock.now(),
    previousRows: () => ports.previousRows(inputs.model),
  });
  if (checks.failed) return { kind: "refused", model: inputs.model, checks };

  const run = await prepareRun(inputs, { data, directory, started, scratch, ports });
  ports.log.info(describeRun(run));
  const { trained, files } = await trainRun(run);
  if (checks.inferred !== null) await directory.writeText("expectations.yml", checks.inferred);
  const record = composeRecord(run.plan, {
    trained,
    files: await finishFiles(run, files),
    finished: ports.clock.now().toISOString(),
  });
  // Only now does the directory look finished, and all at once.
  await directory.writeDocument("run.json", record);
  ports.log.info(`Trained: ${record.files.length} files and run.json in ${inputs.runDirectory}.`);
  return {
    kind: "trained",
    record,
    trained,
    checks,
    directory: inputs.runDirectory,
    artifactId: await upload(run, ["run.json", ...record.files.map(({ path }) => path)]),
    dataDigest: data.digest,
    modelDigest: digestModel(record.files),
    notes: [...run.notes, ...files.notes, ...trained.notes],
  };
}

function describeData({ table, entries, sizeBytes }: GatheredData): string {
  const files = entries.length === 1 ? "1 file" : `${entries.length} files`;
  return `Read ${table.rows} rows of ${table.columns.length} columns from ${files} (${sizeBytes} bytes).`;
}

function describeRun({ inputs, plan, divided }: Run): string {
  const rows = Object.entries(divided.parts).map(([name, { table }]) => `${table.rows} ${name}`);
  const by = inputs.command ?? "the built-in trainer";
  return `Split by ${divided.plan.method}: ${rows.join(", ")} rows. Run ${plan.id} trains with ${by}.`;
}

function refuseContradictions(inputs: Inputs): void {
  if (inputs.command !== null && inputs.trainer !== null) {
    throw new InputError({
      code: "TWO_TRAINERS",
      message: `Both command (${inputs.command}) and trainer: ${inputs.trainer} are given.`,
      hint: "Leave one of them out.",
    });
  }
  if (inputs.command !== null) return;
  if (inputs.target === null) {
    throw new InputError({
      code: "NO_TARGET",
      message: "Input target is not given; the built-in trainer needs to know what to predict.",
      hint: "Give target: the column's name, here or in slipway.yml; or a command of your own.",
    });
  }
  if (inputs.handOverTest) {
    throw new InputError({
      code: "TEST_NOT_HANDED_OVER",
      message:
        "hand-over-test: true is for a command; the built-in trainer never looks at the test part.",
      hint: "Leave hand-over-test out.",
    });
  }
}
