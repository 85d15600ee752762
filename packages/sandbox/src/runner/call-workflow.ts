import type { Cancellation } from "./cancellation.ts";
import { evaluateJson, evaluateText, evaluateTextMapping } from "./expressions.ts";
import { isJsonObject, type Json } from "./json.ts";
import { parseWorkflowFile } from "./parse-workflow.ts";
import { capPermissions, defaultPermissions } from "./permissions.ts";
import type { JobResult, WorkflowFrame } from "./run-context.ts";
import { readFileAt, resolveCommit } from "./run-git.ts";
import { jobScope } from "./job-leg.ts";
import { literalText, refuse } from "./tokens.ts";
import type { CallJob, Workflow } from "./workflow-model.ts";
import { resolveInputs } from "./workflow-inputs.ts";

/** GitHub's limit of workflows that call each other. */
const maxDepth = 4;

/** A job that calls a workflow. */
export interface CallLeg {
  readonly job: CallJob;
  readonly frame: WorkflowFrame;
  readonly contexts: Readonly<Record<string, Json>>;
  readonly name: string;
  readonly cancellation: Cancellation;
}

type RunJobs = (
  frame: WorkflowFrame,
  cancellation: Cancellation,
) => Promise<ReadonlyMap<string, JobResult>>;

async function readCalled({ job, frame }: CallLeg): Promise<Workflow> {
  const { github, event } = frame.context;
  const match = /^(?:\.\/|([^/\s]+\/[^/\s]+)\/)(\.github\/workflows\/[^@\s]+)(?:@(\S+))?$/.exec(
    job.uses,
  );
  if (match === null)
    return refuse(
      job.place,
      `uses: ${job.uses}: expected ./.github/workflows/x.yml or owner/repo/.github/workflows/x.yml@ref`,
    );
  const [, repository = event.repository, file = "", ref = event.sha] = match;
  const directory = github.repositoryPath(repository);
  if (directory === undefined)
    return refuse(job.place, `uses: ${job.uses}: the local GitHub has no repository ${repository}`);
  const commit = await resolveCommit(directory, ref);
  const content = commit === undefined ? undefined : await readFileAt(directory, commit, file);
  return content === undefined
    ? refuse(job.place, `uses: ${job.uses}: there is no such file`)
    : parseWorkflowFile(file, content);
}

async function secretsFor({ job, frame, contexts }: CallLeg): Promise<Record<string, string>> {
  if (literalText(job.secrets) === "inherit") return { ...frame.secrets };
  const scope = jobScope(frame, { ...contexts, secrets: frame.secrets });
  return evaluateTextMapping(job.secrets, scope);
}

async function frameFor(leg: CallLeg, workflow: Workflow): Promise<WorkflowFrame> {
  const { job, frame, contexts } = leg;
  const { call } = workflow;
  if (call === undefined)
    return refuse(job.place, `uses: ${job.uses}: the workflow has no \`on: workflow_call\``);
  if (frame.depth + 1 >= maxDepth)
    return refuse(job.place, `uses: ${job.uses}: more than ${maxDepth} workflows deep`);
  const given = await evaluateJson(job.with, jobScope(frame, contexts));
  const secrets = await secretsFor(leg);
  const missing = [...call.secrets].find(
    ([name, { required }]) => required && secrets[name] === undefined,
  );
  if (missing !== undefined)
    return refuse(job.place, `uses: ${job.uses}: the secret ${missing[0]} is required`);
  const asked =
    job.permissions ?? frame.workflow.permissions ?? frame.permissionsCap ?? defaultPermissions;
  return {
    context: frame.context,
    workflow,
    inputs: resolveInputs(call.inputs, isJsonObject(given) ? given : {}),
    secrets,
    vars: frame.vars,
    permissionsCap: capPermissions(asked, frame.permissionsCap),
    namePrefix: `${leg.name} / `,
    idPrefix: `${frame.idPrefix}${job.id}/`,
    depth: frame.depth + 1,
  };
}

/** Runs the workflow that a job calls; its outputs become the job's. */
export async function callWorkflow(leg: CallLeg, runJobs: RunJobs): Promise<JobResult> {
  const workflow = await readCalled(leg);
  const frame = await frameFor(leg, workflow);
  const results = await runJobs(frame, leg.cancellation);
  const jobs = Object.fromEntries(results);
  const outputs: Record<string, string> = {};
  for (const [name, template] of workflow.call?.outputs ?? []) {
    const scope = jobScope(frame, { jobs: jobs as unknown as Json });
    outputs[name] = (await evaluateText(template, scope)) ?? "";
  }
  const conclusions = [...results.values()].map(({ result }) => result);
  const worst = (["failure", "cancelled"] as const).find((conclusion) =>
    conclusions.includes(conclusion),
  );
  return { result: worst ?? "success", outputs };
}
