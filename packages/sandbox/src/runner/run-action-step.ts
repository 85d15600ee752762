import { existsSync } from "node:fs";
import path from "node:path";
import type { ResolvedAction } from "./action-resolver.ts";
import { evaluateText, evaluateTextMapping } from "./expressions.ts";
import {
  createRecord,
  scopeOf,
  type Conclusion,
  type KillStage,
  type PreparedAction,
  type StepContext,
  type StepFrame,
  type StepRecord,
} from "./job-session.ts";
import type { NodeStage } from "./parse-action.ts";
import { runProgram } from "./run-program.ts";
import { report } from "./step-output.ts";
import { refuse } from "./tokens.ts";
import type { Step, UsesStep } from "./workflow-model.ts";

/** One use of an action: what its pre, main and post programs share. */
export interface ActionUse {
  readonly step: UsesStep;
  readonly frame: StepFrame;
  readonly prepared: PreparedAction;
  readonly stepEnv: Readonly<Record<string, string>>;
  readonly displayName: string;
  readonly actionName: string;
  /** Runs a step of a composite action. */
  readonly runStep: (step: Step, frame: StepFrame, record: StepRecord) => Promise<StepContext>;
}

/** Ends a step, or all that a composite step started. */
export interface StepSignals {
  readonly signal: AbortSignal;
  readonly timeoutSignal: AbortSignal;
}

/** Looks up the action of a step, unless the job's set-up already has. */
export async function prepareAction(step: UsesStep, frame: StepFrame): Promise<PreparedAction> {
  const known = frame.composite === undefined ? frame.session.prepared.get(step) : undefined;
  if (known !== undefined) return known;
  const action = await frame.session.resolveAction(step, frame.composite?.action);
  return { action, state: {}, postRegistered: false };
}

function checkInputs(
  use: ActionUse,
  given: Readonly<Record<string, string>>,
  record: StepRecord,
): void {
  const { action } = use.prepared;
  const declared = [...action.manifest.inputs.keys()];
  const known = new Set(declared.map((name) => name.toLowerCase()));
  const unknown = Object.keys(given).filter((name) => !known.has(name.toLowerCase()));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `'${name}'`).join(", ");
  if (action.standIn) {
    refuse(
      use.step.place,
      `the local stand-in for ${use.step.uses} does not implement the input ${names}`,
    );
  }
  const valid = declared.map((name) => `'${name}'`).join(", ");
  report(use.frame.session, record, {
    level: "warning",
    message: `Unexpected input(s) ${names}, valid inputs are [${valid}]`,
  });
}

async function evaluateInputs(use: ActionUse, record: StepRecord): Promise<Record<string, string>> {
  const { frame, step, stepEnv } = use;
  const scope = scopeOf(frame, stepEnv);
  const given = await evaluateTextMapping(step.with, scope);
  checkInputs(use, given, record);
  const byLowerName = new Map(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const inputs: Record<string, string> = { ...given };
  for (const [name, { default: fallback, deprecationMessage }] of use.prepared.action.manifest
    .inputs) {
    const value = byLowerName.get(name.toLowerCase());
    if (value !== undefined && deprecationMessage !== undefined) {
      const message = `Input '${name}' has been deprecated with message: ${deprecationMessage}`;
      report(frame.session, record, { level: "warning", message });
    }
    inputs[name] = value ?? (await evaluateText(fallback, scope)) ?? "";
  }
  return inputs;
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      value,
    ]),
  );
}

function killNames({ step }: ActionUse): readonly string[] {
  return [step.id, step.uses, step.uses.split("@")[0]].filter((name) => name !== undefined);
}

interface StageRun {
  readonly record: StepRecord;
  readonly signal: AbortSignal;
  readonly inputs: Readonly<Record<string, string>>;
}

/** Runs one program of a JavaScript action. */
async function runStage(
  use: ActionUse,
  file: string,
  run: StageRun & { readonly stage: KillStage },
): Promise<Conclusion> {
  const { action, state } = use.prepared;
  const program = path.resolve(action.directory, file);
  if (!existsSync(program)) {
    refuse(use.step.place, `${use.step.uses}: its program ${file} is not there (${program})`);
  }
  const result = await runProgram({
    command: process.execPath,
    args: [program],
    cwd: use.frame.session.directories.workspace,
    frame: use.frame,
    record: run.record,
    stepEnv: use.stepEnv,
    programEnv: {
      ...inputVariables(run.inputs),
      ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
      GITHUB_ACTION: use.actionName,
      GITHUB_ACTION_PATH: action.directory,
      GITHUB_ACTION_REPOSITORY: action.repository ?? "",
      GITHUB_ACTION_REF: action.ref ?? "",
    },
    isAction: true,
    names: killNames(use),
    stage: run.stage,
    signal: run.signal,
  });
  Object.assign(state, result.state);
  return result.conclusion;
}

function registerPost(
  use: ActionUse,
  post: NodeStage | undefined,
  inputs: Readonly<Record<string, string>>,
): void {
  if (post === undefined || use.prepared.postRegistered) return;
  use.prepared.postRegistered = true;
  use.frame.session.posts.push({
    name: `Post ${use.displayName}`,
    condition: post.condition,
    frame: use.frame,
    env: use.stepEnv,
    run: (record, signal) => runStage(use, post.file, { stage: "post", record, signal, inputs }),
  });
}

/** Runs an action's `pre` program; its `post` will run whatever becomes of `main`. */
export async function runPre(
  use: ActionUse,
  record: StepRecord,
  signal: AbortSignal,
): Promise<Conclusion> {
  const { runs } = use.prepared.action.manifest;
  if (runs.kind !== "node" || runs.pre === undefined) return "skipped";
  const inputs = await evaluateInputs(use, record);
  registerPost(use, runs.post, inputs);
  return runStage(use, runs.pre.file, { stage: "pre", record, signal, inputs });
}

async function runComposite(
  use: ActionUse,
  { inputs, record, timeoutSignal }: StageRun & Pick<StepSignals, "timeoutSignal">,
): Promise<Conclusion> {
  const { action } = use.prepared;
  const { runs, outputs } = action.manifest;
  if (runs.kind !== "composite") throw new TypeError("not a composite action");
  const composite: NonNullable<StepFrame["composite"]> = {
    action,
    status: "success",
    timeoutSignal,
  };
  const frame: StepFrame = {
    session: use.frame.session,
    steps: {},
    inputs,
    env: { ...use.frame.env, ...use.stepEnv },
    defaults: {},
    composite,
  };
  let cancelled = false;
  for (const step of runs.steps) {
    const result = await use.runStep(step, frame, createRecord(record));
    if (result.conclusion === "failure") composite.status = "failure";
    if (result.conclusion === "cancelled") cancelled = true;
  }
  for (const [name, value] of outputs) {
    record.outputs[name] = (await evaluateText(value, scopeOf(frame))) ?? "";
  }
  return cancelled ? "cancelled" : composite.status;
}

function refuseNestedPre(action: ResolvedAction, use: ActionUse): void {
  const { runs } = action.manifest;
  if (use.frame.composite !== undefined && runs.kind === "node" && runs.pre !== undefined) {
    refuse(
      use.step.place,
      `${use.step.uses} has a \`pre\` program: inside a composite action that is not supported by the local runner`,
    );
  }
}

/** Runs the main part of a step's action. */
export async function runActionStep(
  use: ActionUse,
  record: StepRecord,
  { signal, timeoutSignal }: StepSignals,
): Promise<Conclusion> {
  const { action } = use.prepared;
  refuseNestedPre(action, use);
  const inputs = await evaluateInputs(use, record);
  const { log, masker } = use.frame.session;
  log.write(`##[group]Run ${use.step.uses}`);
  for (const [name, value] of Object.entries(inputs)) {
    if (value !== "") log.write(masker.mask(`  ${name}: ${value}`));
  }
  log.write("##[endgroup]");
  const { runs } = action.manifest;
  if (runs.kind === "composite")
    return runComposite(use, { inputs, record, signal, timeoutSignal });
  registerPost(use, runs.post, inputs);
  return runStage(use, runs.main, { stage: "main", record, signal, inputs });
}
