import path from "node:path";
import type { LocalGithub, RepositoryEvent, RunRecord } from "../contracts.ts";
import { createCancellation, followSignal, type Cancellation } from "./cancellation.ts";
import { createConcurrencyGroups, type ConcurrencyGroups } from "./concurrency.ts";
import { evaluateText } from "./expressions.ts";
import { githubContextOf, shortRef } from "./github-context.ts";
import { isJsonObject, type Json } from "./json.ts";
import type { RunOutcome } from "./outcomes.ts";
import { parseWorkflowFile } from "./parse-workflow.ts";
import type { ProgressListener } from "./progress.ts";
import type { RunContext, RunnerSettings, WorkflowFrame } from "./run-context.ts";
import { readFileAt } from "./run-git.ts";
import { jobScope } from "./job-leg.ts";
import { combineConclusions, evaluateConcurrency, runJobs } from "./run-jobs.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { Workflow } from "./workflow-model.ts";
import { describeError } from "./workflow-error.ts";
import { resolveInputs } from "./workflow-inputs.ts";

/** Jobs that run at the same time unless asked otherwise. */
export const defaultParallelJobs = 2;

/** A run to carry out. */
export interface RunWorkflowOptions extends RunnerSettings {
  readonly github: LocalGithub;
  readonly event: RepositoryEvent;
  /** `.github/workflows/x.yml`, read at the event's commit. */
  readonly workflowPath: string;
  /** Logs, workspaces and fetched actions. */
  readonly workDirectory: string;
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal;
  readonly attempt?: number;
  readonly runNumber?: number;
  /** Shared among runs that run at the same time. */
  readonly slots?: Slots;
  readonly groups?: ConcurrencyGroups;
}

function payloadText(event: RepositoryEvent, ...keys: readonly string[]): string | undefined {
  let value: unknown = event.payload;
  for (const key of keys) value = isJsonObject(value) ? value[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

function initialRecord({ event, github, workflowPath, attempt }: RunWorkflowOptions): RunRecord {
  const now = new Date().toISOString();
  return {
    id: event.runId ?? github.nextRunId(),
    attempt: attempt ?? 1,
    repository: event.repository,
    workflow: workflowPath,
    name: workflowPath,
    event: event.name,
    headSha: payloadText(event, "pull_request", "head", "sha") ?? event.sha,
    headBranch: payloadText(event, "pull_request", "head", "ref") ?? shortRef(event.ref),
    actor: event.actor,
    status: "queued",
    conclusion: null,
    createdAt: now,
    updatedAt: now,
  };
}

function inputsOf(workflow: Workflow, event: RepositoryEvent): Json {
  if (event.name !== "workflow_dispatch") return {};
  const given = event.payload["inputs"];
  return resolveInputs(workflow.dispatchInputs, isJsonObject(given) ? given : {});
}

async function titleOf(frame: WorkflowFrame): Promise<string> {
  const { event } = frame.context;
  const given = await evaluateText(frame.workflow.runName, jobScope(frame, {}));
  const commitTitle = payloadText(event, "head_commit", "message")?.split("\n")[0];
  return given || payloadText(event, "pull_request", "title") || commitTitle || frame.workflow.name;
}

async function loadWorkflow({
  github,
  event,
  workflowPath,
}: RunWorkflowOptions): Promise<Workflow> {
  const directory = github.repositoryPath(event.repository);
  if (directory === undefined)
    throw new Error(`The local GitHub has no repository ${event.repository}`);
  const content = await readFileAt(directory, event.sha, workflowPath);
  if (content === undefined)
    throw new Error(`${event.repository} has no ${workflowPath} at ${event.sha}`);
  return parseWorkflowFile(workflowPath, content);
}

function contextOf(
  options: RunWorkflowOptions,
  run: RunRecord,
  { workflow, cancellation }: { workflow: Workflow; cancellation: Cancellation },
): RunContext {
  const { github, event, workDirectory, workflowPath } = options;
  return {
    github,
    event,
    runId: run.id,
    attempt: run.attempt,
    workflowPath,
    githubContext: githubContextOf({
      event,
      urls: github,
      workflowName: workflow.name,
      workflowPath,
      runId: run.id,
      runNumber: options.runNumber ?? 1,
      runAttempt: run.attempt,
    }),
    directory: path.join(workDirectory, "runs", `${run.id}-${run.attempt}`),
    cacheDirectory: path.join(workDirectory, "actions"),
    settings: options,
    slots: options.slots ?? createSlots(defaultParallelJobs),
    groups: options.groups ?? createConcurrencyGroups(),
    cancellation,
    onProgress: options.onProgress ?? (() => {}),
    jobs: [],
  };
}

/** Waits for the workflow's turn, runs its jobs and says how all of it ended. */
async function runToEnd(
  frame: WorkflowFrame,
  onStart: () => void,
): Promise<RunRecord["conclusion"]> {
  const { context, workflow } = frame;
  const { cancellation, event } = context;
  const ask = await evaluateConcurrency(workflow.concurrency, jobScope(frame, {}), {
    repository: event.repository,
    cancellation,
  });
  let leave = () => {};
  try {
    if (ask !== undefined) leave = await context.groups.enter(ask);
  } catch {
    return "cancelled";
  }
  try {
    onStart();
    const results = await runJobs(frame, cancellation);
    if (cancellation.cancelled) return "cancelled";
    return combineConclusions([...results.values()].map(({ result }) => result));
  } finally {
    leave();
  }
}

/** Runs a workflow for an event, keeps its record at the local GitHub, and returns how it ended. */
export async function runWorkflow(options: RunWorkflowOptions): Promise<RunOutcome> {
  const { github, event } = options;
  const onProgress = options.onProgress ?? (() => {});
  const cancellation = createCancellation();
  const stopFollowing = followSignal(cancellation, options.signal);
  let run = initialRecord(options);
  const update = (change: Partial<RunRecord>) => {
    run = { ...run, ...change, updatedAt: new Date().toISOString() };
    github.saveRun(run);
  };
  const stopListening = github.onCancel((runId) => {
    if (runId === run.id) cancellation.cancel("The run was canceled.");
  });
  let title = run.name;
  let context: RunContext | undefined;
  try {
    update({});
    const workflow = await loadWorkflow(options);
    update({ name: workflow.name });
    context = contextOf(options, run, { workflow, cancellation });
    const frame: WorkflowFrame = {
      context,
      workflow,
      inputs: inputsOf(workflow, event),
      secrets: github.secrets(event.repository),
      vars: github.variables(event.repository),
      permissionsCap: undefined,
      namePrefix: "",
      idPrefix: "",
      depth: 0,
    };
    title = await titleOf(frame);
    const conclusion = await runToEnd(frame, () => {
      update({ status: "in_progress" });
      onProgress({ kind: "run-started", run, title });
    });
    update({ status: "completed", conclusion });
    onProgress({ kind: "run-completed", run, title });
    const { jobs } = context;
    return { ...run, title, jobs, outputs: outputsOf(jobs) };
  } catch (error) {
    const message = describeError(error);
    update({ status: "completed", conclusion: "failure" });
    onProgress({ kind: "run-refused", run, message });
    return { ...run, title, jobs: context?.jobs ?? [], outputs: {}, error: message };
  } finally {
    stopListening();
    stopFollowing();
  }
}

function outputsOf(jobs: RunContext["jobs"]): RunOutcome["outputs"] {
  const outputs: Record<string, Record<string, string>> = {};
  for (const job of jobs) outputs[job.id] = { ...outputs[job.id], ...job.outputs };
  return outputs;
}
