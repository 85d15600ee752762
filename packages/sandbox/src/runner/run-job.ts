import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { JobCredentials } from "../contracts.ts";
import type { JobDeployment } from "./deployments.ts";
import { evaluateJson, evaluateNumber, evaluateText, evaluateTextMapping } from "./expressions.ts";
import { isJsonObject } from "./json.ts";
import {
  evaluateEnvironment,
  evaluateUrl,
  openJobDeployment,
  type JobEnvironment,
} from "./job-environment.ts";
import { jobScope, type JobLeg } from "./job-leg.ts";
import { openJobLog, type JobLog } from "./job-log.ts";
import { collectOutputs } from "./job-outputs.ts";
import type { Conclusion, JobSession, StepFrame } from "./job-session.ts";
import { startTimers } from "./job-timers.ts";
import { trackJob, type JobTracker } from "./job-tracker.ts";
import { openSession } from "./open-session.ts";
import { endOrphans } from "./orphans.ts";
import type { JobOutcome } from "./outcomes.ts";
import { capPermissions, defaultPermissions } from "./permissions.ts";
import type { JobResult } from "./run-context.ts";
import { runSteps } from "./run-steps.ts";
import { refuseLabels } from "./runner-context.ts";
import { describeError } from "./workflow-error.ts";

const defaultTimeoutMinutes = 360;
const defaultCancelTimeoutMinutes = 5;

function openCredentials(
  leg: JobLeg,
  jobId: number,
  environment: JobEnvironment | undefined,
): JobCredentials {
  const { frame, job } = leg;
  const { github, event, runId, attempt, workflowPath } = frame.context;
  const asked =
    job.permissions ?? frame.workflow.permissions ?? frame.permissionsCap ?? defaultPermissions;
  return github.openJob({
    repository: event.repository,
    runId,
    attempt,
    jobId,
    ref: event.ref,
    sha: event.sha,
    event: event.name,
    workflow: workflowPath,
    actor: event.actor,
    permissions: capPermissions(asked, frame.permissionsCap),
    ...(environment ? { environment: environment.name } : {}),
  });
}

async function startSession(
  leg: JobLeg,
  tracker: JobTracker,
  opened: { log: JobLog; credentials: JobCredentials; deadline: AbortSignal },
) {
  const { frame, job, contexts } = leg;
  const { context } = frame;
  const session = await openSession(
    {
      root: path.join(context.directory, String(tracker.jobId)),
      cacheDirectory: context.cacheDirectory,
      settings: context.settings,
      github: context.githubContext,
      jobKey: job.id,
      jobId: tracker.jobId,
      credentials: opened.credentials,
      contexts: { ...contexts, vars: frame.vars },
      inputs: frame.inputs,
      secrets: frame.secrets,
      cancellation: leg.cancellation,
      deadline: opened.deadline,
      own: { repository: context.event.repository, sha: context.event.sha },
      repositoryPath: (repository) => context.github.repositoryPath(repository),
    },
    opened.log,
  );
  const steps: StepFrame = {
    session,
    steps: {},
    inputs: frame.inputs,
    env: {},
    defaults: {
      shell: job.defaults.shell ?? frame.workflow.defaults.shell,
      workingDirectory: job.defaults.workingDirectory ?? frame.workflow.defaults.workingDirectory,
    },
    composite: undefined,
  };
  return { session, steps };
}

async function evaluateEnv(leg: JobLeg, session: JobSession): Promise<void> {
  const scope = jobScope(leg.frame, session.contexts);
  const withGithub = { ...scope, contexts: { ...scope.contexts, github: session.github } };
  Object.assign(session.env, await evaluateTextMapping(leg.frame.workflow.env, withGithub));
  Object.assign(session.env, await evaluateTextMapping(leg.job.env, withGithub));
}

/** Runs a job that has its place and its turn. */
async function runStarted(leg: JobLeg, tracker: JobTracker, log: JobLog): Promise<JobOutcome> {
  const { frame, job } = leg;
  const { context } = frame;
  const scope = jobScope(frame, leg.contexts);
  const environment = await evaluateEnvironment(leg, scope);
  const timers = startTimers(leg.cancellation, {
    timeoutMinutes: (await evaluateNumber(job.timeoutMinutes, scope)) ?? defaultTimeoutMinutes,
    cancelTimeoutMinutes:
      (await evaluateNumber(job.cancelTimeoutMinutes, scope)) ?? defaultCancelTimeoutMinutes,
  });
  const credentials = openCredentials(leg, tracker.jobId, environment);
  const { session, steps } = await startSession(leg, tracker, {
    log,
    credentials,
    deadline: timers.deadline,
  });
  let deployment: JobDeployment | undefined;
  try {
    await runSteps(job.steps, steps, {
      observer: tracker,
      setUp: async () => {
        const labels = await evaluateJson(job.runsOn, scope);
        const refusal = refuseLabels(
          (isJsonObject(labels) ? [labels["labels"] ?? ""] : [labels]).flat().map(String),
        );
        if (refusal !== undefined) throw new Error(refusal);
        await evaluateEnv(leg, session);
        deployment = await openJobDeployment(leg, environment, { session, jobId: tracker.jobId });
      },
    });
    const outputs = await collectOutputs(job, steps);
    await deployment?.complete(session.status, await evaluateUrl(leg, steps));
    return await outcomeOf(leg, tracker, { conclusion: session.status, outputs, log });
  } catch (error) {
    log.write(`##[error]${session.masker.mask(describeError(error))}`);
    await deployment?.complete("failure", undefined).catch(() => {});
    const ended = await outcomeOf(leg, tracker, { conclusion: "failure", outputs: {}, log });
    return { ...ended, error: session.masker.mask(describeError(error)) };
  } finally {
    timers.stop();
    context.github.closeJob(tracker.jobId);
    await endOrphans(session.trackingId);
    if (!context.settings.keepWorkspaces) {
      await rm(path.join(context.directory, String(tracker.jobId)), {
        recursive: true,
        force: true,
      });
    }
  }
}

async function outcomeOf(
  leg: JobLeg,
  tracker: JobTracker,
  ended: { conclusion: Conclusion; outputs: Readonly<Record<string, string>>; log: JobLog },
): Promise<JobOutcome> {
  const { job } = leg;
  const scope = jobScope(leg.frame, leg.contexts);
  const tolerated =
    ended.conclusion === "failure" && (await evaluateText(job.continueOnError, scope)) === "true";
  return {
    jobId: tracker.jobId,
    id: leg.frame.idPrefix + job.id,
    name: leg.name,
    conclusion: ended.conclusion,
    result: tolerated ? "success" : ended.conclusion,
    outputs: ended.outputs,
    steps: tracker.steps,
    summary: tracker.steps.map(({ summary }) => summary).join(""),
    logFile: ended.log.file,
  };
}

function outcomeWithoutSteps(
  { frame, job, name }: UnstartedLeg,
  jobId: number,
  conclusion: Conclusion,
): JobOutcome {
  const id = frame.idPrefix + job.id;
  return { jobId, id, name, conclusion, result: conclusion, outputs: {}, steps: [], summary: "" };
}

/** A job that has not begun. */
export type UnstartedLeg = Pick<JobLeg, "frame" | "name"> & {
  readonly job: { readonly id: string };
};

/** Lists a job that never begins: skipped, cancelled while it waited, or impossible to begin. */
export function endUnstarted(
  leg: UnstartedLeg,
  conclusion: Conclusion,
  error?: unknown,
): JobResult {
  const { context } = leg.frame;
  const jobId = context.github.nextJobId();
  trackJob(context, jobId, leg.name).complete(conclusion);
  const reason = error === undefined ? {} : { error: describeError(error) };
  context.jobs.push({ ...outcomeWithoutSteps(leg, jobId, conclusion), ...reason });
  return { result: conclusion, outputs: {} };
}

/** Runs one job: waits for its place, runs its steps, keeps its record. */
export async function runJob(leg: JobLeg): Promise<JobOutcome> {
  const { context } = leg.frame;
  const tracker = trackJob(context, context.github.nextJobId(), leg.name);
  const giveBack = await context.slots.take(leg.cancellation);
  if (giveBack === undefined) {
    tracker.complete("cancelled");
    return outcomeWithoutSteps(leg, tracker.jobId, "cancelled");
  }
  const place = { runId: context.runId, jobId: tracker.jobId, job: leg.name };
  const logName = `${tracker.jobId}-${leg.name.replaceAll(/[^\w.-]+/g, "_")}.log`;
  const log = await openJobLog(path.join(context.directory, "logs", logName), (line) =>
    context.onProgress({ kind: "line", ...place, line }),
  );
  const ended = await runToEnd(leg, tracker, log);
  await log.close();
  context.github.saveJobLog(tracker.jobId, await readFile(log.file, "utf8"));
  if (ended.summary !== "") await writeFile(log.file.replace(/\.log$/, ".md"), ended.summary);
  tracker.complete(ended.conclusion);
  giveBack();
  return ended;
}

async function runToEnd(leg: JobLeg, tracker: JobTracker, log: JobLog): Promise<JobOutcome> {
  tracker.start();
  try {
    return await runStarted(leg, tracker, log);
  } catch (error) {
    const message = describeError(error);
    log.write(`##[error]${message}`);
    return {
      ...outcomeWithoutSteps(leg, tracker.jobId, "failure"),
      error: message,
      logFile: log.file,
    };
  }
}
