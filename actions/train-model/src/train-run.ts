import { resolve } from "node:path";
import { SlipwayError } from "#core";
import { readCommandResult } from "./command-result.ts";
import { upload } from "./finish-run.ts";
import type { Run } from "./prepare-run.ts";
import { listRunFiles, takeSnapshot, type RunFiles } from "./run-files.ts";
import { composeFailedRecord } from "./run-record.ts";
import { trainBuiltIn, type Trained } from "./train-built-in.ts";
import { trainByCommand, TrainingFailure } from "./train-by-command.ts";

/** A model that was trained, and the files that the training left. */
export interface Training {
  readonly trained: Trained;
  readonly files: RunFiles;
}

/** Trains. When that fails, what was known of the run is kept as `run-failed.json`. */
export async function trainRun(run: Run): Promise<Training> {
  const { ports, directory, plan, inputs } = run;
  try {
    ports.signal.throwIfAborted();
    return inputs.command === null ? await byTrainer(run) : await byCommand(run, inputs.command);
  } catch (error) {
    const failure = describeFailure(error, ports.signal.aborted);
    const record = composeFailedRecord(plan, failure, ports.clock.now().toISOString());
    await directory.writeDocument("run-failed.json", record);
    // A cancelled step has no time left to upload anything.
    if (!ports.signal.aborted) await upload(run, ["run-failed.json"], "failed");
    throw error;
  }
}

async function byTrainer(run: Run): Promise<Training> {
  const before = await takeSnapshot(run.directory);
  await run.folder.write("train", run.divided.parts.train);
  await run.folder.write("validation", run.divided.parts.validation);
  const { inputs, columns, divided, directory, ports } = run;
  const trained = await trainBuiltIn({ ...ports, inputs, columns, divided, directory });
  return { trained, files: await listRunFiles(directory, before) };
}

async function byCommand(run: Run, command: string): Promise<Training> {
  const { inputs, ports, directory, divided, columns, meaning } = run;
  const before = await takeSnapshot(directory);
  const parts = {
    SLIPWAY_TRAIN: await run.folder.write("train", divided.parts.train),
    SLIPWAY_VALIDATION: await run.folder.write("validation", divided.parts.validation),
    SLIPWAY_TEST: inputs.handOverTest ? await run.folder.write("test", divided.parts.test) : null,
  };
  const curves = await trainByCommand(
    {
      command,
      runDirectory: directory.path,
      workingDirectory: resolve(ports.workspace, inputs.workingDirectory),
      params: inputs.params ?? {},
      seed: inputs.seed,
      parts,
      timeoutMinutes: inputs.timeoutMinutes,
    },
    ports,
  );
  const files = await listRunFiles(directory, before);
  const result = await readCommandResult(files.files, {
    directory,
    columns,
    featuresAreNamed: inputs.features !== null,
    curves,
  });
  const { signature, metrics, notes } = result;
  const classes = sameClasses(result.classes, meaning.classes) ?? meaning.classes;
  return {
    trained: {
      name: command,
      task: meaning.task,
      classes,
      signature,
      metrics,
      curves: result.curves,
      candidates: [],
      importance: null,
      notes,
    },
    files,
  };
}

/** The model's own order, where it knows the very classes that the data holds. */
function sameClasses(
  own: readonly string[] | null,
  known: readonly string[],
): readonly string[] | null {
  if (own === null || own.length !== known.length) return null;
  return own.every((name) => known.includes(name)) ? own : null;
}

function describeFailure(error: unknown, cancelled: boolean): Readonly<Record<string, unknown>> {
  const code = error instanceof SlipwayError ? error.code : cancelled ? "CANCELLED" : "UNKNOWN";
  const message = error instanceof Error ? error.message : String(error);
  const facts =
    error instanceof TrainingFailure
      ? { exit_code: error.exitCode, stderr_tail: error.stderrTail }
      : {};
  return { code, message, ...facts };
}
