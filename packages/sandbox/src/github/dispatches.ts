import * as z from "zod/mini";
import {
  checkBody,
  readBody,
  readBytes,
  type RepositoryCall,
  type RepositoryRoute,
} from "./calls.ts";
import { emit, fullName, now } from "./github.ts";
import { readRef } from "./git-refs.ts";
import { resolveCommit } from "./git-objects.ts";
import { emitOnDefaultBranch } from "./issues.ts";
import { presentRepository, presentUser, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Workflow } from "./records.ts";
import { ApiError, noContent, type Reply } from "./replies.ts";
import { loginOf } from "./tokens.ts";
import { nextRunId, saveRun } from "./run-records.ts";
import { isRecord, readWorkflowFile, requireWorkflow, type WorkflowFile } from "./workflows.ts";

const maxPayloadBytes = 64 * 1024;
const maxPayloadKeys = 10;
const maxInputs = 25;

const dispatch = z.object({
  ref: z.string(),
  inputs: z.optional(z.record(z.string(), z.unknown())),
  return_run_details: z.optional(z.boolean()),
});

async function dispatchWorkflow(call: RepositoryCall): Promise<Reply> {
  const workflow = await requireWorkflow(call);
  const body = await readBody(call, dispatch, "WorkflowDispatch");
  const ref = await findBranchOrTag(call, body.ref);
  const sha = ref === undefined ? undefined : await resolveCommit(call.directory, ref);
  if (ref === undefined || sha === undefined) {
    throw new ApiError(422, `No ref found for: ${body.ref}`);
  }
  const file = await readWorkflowFile(call.directory, sha, workflow.path);
  if (file === undefined || !("workflow_dispatch" in file.triggers)) {
    throw new ApiError(422, "Workflow does not have 'workflow_dispatch' trigger");
  }
  if (workflow.state !== "active") {
    throw new ApiError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  }
  const inputs = resolveInputs(file.triggers["workflow_dispatch"], body.inputs ?? {});
  const runId = startRun(call, { workflow, file, ref, sha, inputs });
  if (body.return_run_details !== true) return noContent();
  return {
    kind: "json",
    status: 200,
    body: {
      workflow_run_id: runId,
      run_url: `${repositoryUrl(call.github, call.repository)}/actions/runs/${runId}`,
      html_url: `${repositoryPage(call.github, call.repository)}/actions/runs/${runId}`,
    },
  };
}

async function findBranchOrTag(call: RepositoryCall, name: string): Promise<string | undefined> {
  const candidates = name.startsWith("refs/")
    ? [name]
    : [`refs/heads/${name}`, `refs/tags/${name}`];
  for (const candidate of candidates) {
    if ((await readRef(call.directory, candidate)) !== undefined) return candidate;
  }
  return undefined;
}

interface NewRun {
  readonly workflow: Workflow;
  readonly file: WorkflowFile;
  readonly ref: string;
  readonly sha: string;
  readonly inputs: Readonly<Record<string, string>> | null;
}

// The run is there, queued, before anybody has started it: its id has been promised.
function startRun(call: RepositoryCall, { workflow, file, ref, sha, inputs }: NewRun): number {
  const { github, repository, caller } = call;
  const actor = loginOf(caller);
  const runId = nextRunId(github);
  saveRun(github, {
    id: runId,
    attempt: 1,
    repository: fullName(repository),
    workflow: workflow.path,
    name: file.name ?? workflow.path,
    event: "workflow_dispatch",
    headSha: sha,
    headBranch: ref.replace(/^refs\/(heads|tags)\//, ""),
    actor,
    status: "queued",
    conclusion: null,
    createdAt: now(),
    updatedAt: now(),
  });
  const payload = {
    inputs,
    ref,
    repository: presentRepository(github, repository),
    sender: presentUser(github, actor),
    workflow: workflow.path,
  };
  const event = { name: "workflow_dispatch", repository: fullName(repository), ref, sha, actor };
  emit(github, { ...event, payload, workflow: workflow.path, runId }, caller);
  return runId;
}

function resolveInputs(
  trigger: unknown,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> | null {
  const declared = isRecord(trigger) && isRecord(trigger["inputs"]) ? trigger["inputs"] : {};
  const names = Object.keys(given);
  if (names.length > maxInputs) {
    throw new ApiError(
      422,
      `you may only define up to ${maxInputs} \`inputs\` for a \`workflow_dispatch\` event`,
    );
  }
  const unexpected = names.filter((name) => !(name in declared));
  if (unexpected.length > 0) {
    throw new ApiError(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  }
  const resolved = Object.entries(declared).flatMap(([name, declaration]) => {
    const value = resolveInput(name, isRecord(declaration) ? declaration : {}, given[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return resolved.length === 0 ? null : Object.fromEntries(resolved);
}

function resolveInput(
  name: string,
  declaration: Readonly<Record<string, unknown>>,
  given: unknown,
): string | undefined {
  const value = given ?? declaration["default"];
  if (value === undefined || value === null || value === "") {
    if (declaration["required"] === true) {
      throw new ApiError(422, `Required input '${name}' not provided`);
    }
    return declaration["type"] === "boolean" ? "false" : "";
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const refuse = () =>
    new ApiError(
      422,
      `Provided value '${text}' for input '${name}' not in the list of allowed values`,
    );
  if (declaration["type"] === "boolean" && !["true", "false"].includes(text)) throw refuse();
  if (declaration["type"] === "number" && Number.isNaN(Number(text))) throw refuse();
  const options = declaration["options"];
  if (declaration["type"] === "choice" && Array.isArray(options)) {
    if (!options.map(String).includes(text)) throw refuse();
  }
  return text;
}

const repositoryDispatch = z.object({
  event_type: z.string().check(z.minLength(1), z.maxLength(100)),
  client_payload: z.optional(z.record(z.string(), z.unknown())),
});

async function dispatchRepository(call: RepositoryCall): Promise<Reply> {
  const text = (await readBytes(call.incoming)).toString("utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ApiError(400, "Problems parsing JSON");
  }
  const body = checkBody(isRecord(json) ? json : {}, repositoryDispatch, "RepositoryDispatch");
  const payload = body.client_payload ?? {};
  const keys = Object.keys(payload).length;
  if (keys > maxPayloadKeys) {
    throw new ApiError(
      422,
      `No more than ${maxPayloadKeys} properties are allowed; ${keys} were supplied.`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(payload)) >= maxPayloadBytes) {
    throw new ApiError(422, "client_payload is too large: it must be less than 64 KB.");
  }
  await emitOnDefaultBranch(call.github, call.repository, {
    name: "repository_dispatch",
    caller: call.caller,
    payload: {
      action: body.event_type,
      branch: call.repository.defaultBranch,
      client_payload: payload,
    },
  });
  return noContent();
}

/** What starts workflows on request, even a job token's. */
export const dispatchRoutes: readonly RepositoryRoute[] = [
  {
    method: "POST",
    path: "/actions/workflows/:id/dispatches",
    need: "actions:write",
    handle: dispatchWorkflow,
  },
  { method: "POST", path: "/dispatches", need: "contents:write", handle: dispatchRepository },
];
