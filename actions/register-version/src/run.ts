import { resolve } from "node:path";
import { evaluationSchema, parseVersion, runRecordSchema, type Evaluation } from "#core";
import { fetchRunDirectory, openRunDirectory, type RunDirectory } from "#toolkit";
import { assignOnly, assignStage } from "./assign-stage.ts";
import { claimVersion } from "./claim-version.ts";
import type { Inputs } from "./inputs.ts";
import { markVersion } from "./mark-version.ts";
import type { Outcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";
import { refuseVerdict, refuseWrongRun } from "./refuse-run.ts";
import { releaseVersion } from "./release-version.ts";

/** Makes a run a version, or assigns a stage to one, or marks one. Running it again does it once. */
export async function registerVersion(inputs: Inputs, ports: Ports): Promise<Outcome> {
  if (inputs.deprecate || inputs.deregister !== null) return markVersion(inputs, ports);
  const directory = openRunDirectory(resolve(ports.workspace, inputs.runDirectory));
  if (await isAssignmentOnly(inputs, directory)) return assignOnly(inputs, ports);

  await fetchRunDirectory(directory, {
    model: inputs.model,
    artifacts: ports.artifacts,
    needs: "run.json",
  });
  const run = await directory.readDocument(runRecordSchema, "run.json");
  const evaluation = await readEvaluation(directory);
  refuseWrongRun(run, inputs);
  refuseVerdict(evaluation, inputs.requireVerdict);

  const claimed = await claimVersion(inputs, { run, evaluation, directory, ports });
  const release = inputs.release
    ? await releaseVersion(inputs, { claimed, directory, ports })
    : null;
  const stage =
    inputs.stage === null
      ? null
      : await assignStage(inputs, inputs.stage, claimed.manifest.version, ports);
  return { kind: "registered", ...claimed, release, stage };
}

/** A stage and a version, and no run here: only the stage is to be written. */
async function isAssignmentOnly(inputs: Inputs, directory: RunDirectory): Promise<boolean> {
  if (inputs.stage === null || inputs.version === null) return false;
  return parseVersion(inputs.version) === undefined || !(await directory.has("run.json"));
}

async function readEvaluation(directory: RunDirectory): Promise<Evaluation | null> {
  return (await directory.has("evaluation.json"))
    ? directory.readDocument(evaluationSchema, "evaluation.json")
    : null;
}
