import { createCancellation, type Cancellation } from "./cancellation.ts";
import type { ConcurrencyAsk } from "./concurrency.ts";
import {
  evaluateCondition,
  evaluateJson,
  evaluateText,
  type Scope,
  type StatusFunctions,
} from "./expressions.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { Conclusion } from "./job-session.ts";
import { isBasicExpression } from "./language.ts";
import { describeCombination, readStrategy, type Strategy } from "./matrix.ts";
import { callWorkflow } from "./call-workflow.ts";
import type { JobResult, WorkflowFrame } from "./run-context.ts";
import { jobScope, type JobLeg } from "./job-leg.ts";
import { endUnstarted, runJob } from "./run-job.ts";
import { createSlots } from "./slots.ts";
import { entriesOf, refuse, type Template } from "./tokens.ts";
import type { Job } from "./workflow-model.ts";
import { describeError } from "./workflow-error.ts";

/** Reads `concurrency:`, a name or a mapping. */
export async function evaluateConcurrency(
  template: Template | undefined,
  scope: Scope,
  {
    repository,
    cancellation,
  }: { readonly repository: string; readonly cancellation: Cancellation },
): Promise<ConcurrencyAsk | undefined> {
  if (template === undefined) return undefined;
  const keys = entriesOf(template);
  const group = (await evaluateText(keys.get("group") ?? template, scope)) ?? "";
  if (group === "") return undefined;
  return {
    group: `${repository}:${group}`,
    cancelInProgress: (await evaluateText(keys.get("cancel-in-progress"), scope)) === "true",
    queue: (await evaluateText(keys.get("queue"), scope)) === "max" ? "max" : "single",
    cancellation,
  };
}

/** Combines how jobs ended into how all of them ended. */
export function combineConclusions(conclusions: readonly Conclusion[]): Conclusion {
  for (const worst of ["failure", "cancelled", "success"] as const) {
    if (conclusions.includes(worst)) return worst;
  }
  return "skipped";
}

function ancestorsOf(job: Job, jobs: ReadonlyMap<string, Job>): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string) => {
    if (found.has(id)) return;
    found.add(id);
    jobs.get(id)?.needs.forEach(visit);
  };
  job.needs.forEach(visit);
  return found;
}

function statusOf(
  ancestors: ReadonlySet<string>,
  results: ReadonlyMap<string, JobResult>,
  cancellation: Cancellation,
): StatusFunctions {
  const resultsOf = (jobs: readonly string[]) =>
    (jobs.length > 0 ? jobs : [...ancestors]).map((id) => results.get(id)?.result);
  return {
    success: (jobs) =>
      !cancellation.cancelled && resultsOf(jobs).every((result) => result === "success"),
    failure: (jobs) => !cancellation.cancelled && resultsOf(jobs).includes("failure"),
    cancelled: () => cancellation.cancelled,
  };
}

async function nameOf(
  job: Job,
  frame: WorkflowFrame,
  contexts: Readonly<Record<string, Json>>,
): Promise<string> {
  const matrix = contexts["matrix"];
  const combination = isJsonObject(matrix) ? describeCombination(matrix) : "";
  const given = await evaluateText(job.name, jobScope(frame, contexts));
  const base = given || job.id;
  const isExpression = job.name !== undefined && isBasicExpression(job.name.token);
  return (
    frame.namePrefix +
    (combination === "" || (isExpression && given) ? base : `${base} (${combination})`)
  );
}

interface Leg {
  readonly job: Job;
  readonly frame: WorkflowFrame;
  readonly contexts: Readonly<Record<string, Json>>;
  readonly name: string;
  readonly cancellation: Cancellation;
}

async function runLeg(leg: Leg): Promise<JobResult> {
  const { job, frame, contexts, cancellation } = leg;
  const { context } = frame;
  const scope = jobScope(frame, contexts);
  const { repository } = context.event;
  const ask = await evaluateConcurrency(job.concurrency, scope, { repository, cancellation });
  let leave = () => {};
  if (ask !== undefined) {
    try {
      leave = await context.groups.enter(ask);
    } catch (error) {
      return endUnstarted(leg, "cancelled", error);
    }
  }
  try {
    if (job.kind === "call") return await callWorkflow({ ...leg, job }, runJobs);
    const outcome = await runJob({ ...leg, job } satisfies JobLeg);
    context.jobs.push(outcome);
    return outcome;
  } finally {
    leave();
  }
}

async function runCombinations(
  job: Job,
  frame: WorkflowFrame,
  {
    needs,
    strategy,
    cancellation,
  }: { needs: JsonObject; strategy: Strategy; cancellation: Cancellation },
): Promise<JobResult> {
  const { combinations, failFast } = strategy;
  const maxParallel = strategy.maxParallel ?? combinations.length;
  const group = createCancellation([cancellation]);
  const places = createSlots(maxParallel);
  const run = async (combination: JsonObject, index: number): Promise<JobResult> => {
    const contexts = {
      needs,
      matrix: job.strategy === undefined ? null : combination,
      strategy: {
        "fail-fast": failFast,
        "job-index": index,
        "job-total": combinations.length,
        "max-parallel": maxParallel,
      },
    };
    const name = await nameOf(job, frame, contexts);
    const leg = { job, frame, contexts, name, cancellation: createCancellation([group]) };
    const leave = await places.take(group);
    if (leave === undefined) return endUnstarted(leg, "cancelled");
    const ended = await runLeg(leg)
      .catch((error: unknown) => endUnstarted(leg, "failure", error))
      .finally(leave);
    if (ended.result === "failure" && failFast && combinations.length > 1) {
      group.cancel(`The strategy configuration was canceled because "${name}" failed`);
    }
    return ended;
  };
  const results = await Promise.all(combinations.map(run));
  return {
    result: combineConclusions(results.map(({ result }) => result)),
    outputs: Object.assign({}, ...results.map(({ outputs }) => outputs)) as Record<string, string>,
  };
}

async function runOne(
  job: Job,
  frame: WorkflowFrame,
  given: { needs: JsonObject; status: StatusFunctions; cancellation: Cancellation },
): Promise<JobResult> {
  const scope = { ...jobScope(frame, { needs: given.needs }), status: given.status };
  const leg = { frame, job, name: frame.namePrefix + job.id };
  try {
    if (!(await evaluateCondition(job.condition, scope))) {
      const conclusion = given.cancellation.cancelled ? "cancelled" : "skipped";
      return endUnstarted(leg, conclusion);
    }
    const evaluated = await evaluateJson(job.strategy, scope);
    const strategy = readStrategyAt(job, evaluated);
    return await runCombinations(job, frame, { ...given, strategy });
  } catch (error) {
    return endUnstarted(leg, "failure", error);
  }
}

function readStrategyAt(job: Job, evaluated: Json): Strategy {
  try {
    return readStrategy(evaluated);
  } catch (error) {
    return refuse(job.place, `job ${job.id}: ${describeError(error)}`);
  }
}

/** Runs the jobs of a workflow as their needs allow and gives each one's result. */
export async function runJobs(
  frame: WorkflowFrame,
  cancellation: Cancellation,
): Promise<ReadonlyMap<string, JobResult>> {
  const jobs = new Map(frame.workflow.jobs.map((job) => [job.id, job]));
  const results = new Map<string, JobResult>();
  const running = new Map<string, Promise<void>>();
  const runAfterNeeds = async (job: Job): Promise<void> => {
    await Promise.all(job.needs.flatMap((id) => jobs.get(id) ?? []).map(start));
    const needs = Object.fromEntries(job.needs.map((id) => [id, toContext(results.get(id))]));
    const status = statusOf(ancestorsOf(job, jobs), results, cancellation);
    results.set(job.id, await runOne(job, frame, { needs, status, cancellation }));
  };
  const start = (job: Job): Promise<void> => {
    const run = running.get(job.id) ?? runAfterNeeds(job);
    running.set(job.id, run);
    return run;
  };
  await Promise.all(frame.workflow.jobs.map(start));
  return results;
}

function toContext(result: JobResult | undefined): JsonObject {
  return { result: result?.result ?? "skipped", outputs: result?.outputs ?? {} };
}
