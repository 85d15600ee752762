import { parse } from "yaml";
import { paginate, param, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { nodeId, now } from "./github.ts";
import { listTree } from "./git-trees.ts";
import { readObject, resolveCommit, resolveRevision } from "./git-objects.ts";
import { repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Workflow } from "./records.ts";
import { noContent, notFound, ok, type Reply } from "./replies.ts";

const folder = ".github/workflows";

/** A workflow file, as far as the local GitHub itself reads it. */
export interface WorkflowFile {
  readonly name: string | undefined;
  /** Names of events with what is said of each. */
  readonly triggers: Readonly<Record<string, unknown>>;
}

/** Reads a workflow file of a commit; `undefined` where there is none. */
export async function readWorkflowFile(
  directory: string,
  commit: string,
  path: string,
): Promise<WorkflowFile | undefined> {
  const sha = await resolveRevision(directory, `${commit}:${path}`);
  const object = sha === undefined ? undefined : await readObject(directory, sha);
  if (object?.type !== "blob") return undefined;
  return parseWorkflowFile(object.content.toString("utf8"));
}

function parseWorkflowFile(text: string): WorkflowFile {
  let content: unknown;
  try {
    content = parse(text);
  } catch {
    // A file that is no YAML is still listed, by its path.
    return { name: undefined, triggers: {} };
  }
  if (!isRecord(content)) return { name: undefined, triggers: {} };
  const { name, on } = content;
  return { name: typeof name === "string" ? name : undefined, triggers: readTriggers(on) };
}

function readTriggers(on: unknown): Readonly<Record<string, unknown>> {
  if (typeof on === "string") return { [on]: null };
  if (Array.isArray(on)) return Object.fromEntries(on.map((event) => [String(event), null]));
  return isRecord(on) ? on : {};
}

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The workflows on the default branch; each keeps its id. */
async function workflowsOf(call: RepositoryCall): Promise<readonly Workflow[]> {
  const commit = await resolveCommit(call.directory, `refs/heads/${call.repository.defaultBranch}`);
  const tree =
    commit === undefined ? undefined : await resolveRevision(call.directory, `${commit}:${folder}`);
  const entries = tree === undefined ? [] : await listTree(call.directory, tree);
  return entries
    .filter((entry) => entry.type === "blob" && /\.ya?ml$/.test(entry.path))
    .map((entry) => ensureWorkflow(call, `${folder}/${entry.path}`));
}

/** The workflow of a path; it gets an id when first seen. */
export function ensureWorkflow(
  call: Pick<RepositoryCall, "github" | "repository">,
  path: string,
): Workflow {
  const { github, repository } = call;
  const known = github.records.workflows
    .all()
    .find((one) => one.repositoryId === repository.id && one.path === path);
  if (known !== undefined) return known;
  const id = 5_000_000 + github.store.nextId("workflow");
  const at = now();
  return github.records.workflows.put(id, {
    id,
    repositoryId: repository.id,
    path,
    state: "active",
    createdAt: at,
    updatedAt: at,
  });
}

/** A workflow by id or file name, or 404. */
export async function requireWorkflow(call: RepositoryCall): Promise<Workflow> {
  const wanted = param(call, "id");
  const workflows = await workflowsOf(call);
  const found = workflows.find(
    ({ id, path }) => String(id) === wanted || path === `${folder}/${wanted}` || path === wanted,
  );
  if (found === undefined) throw notFound();
  return found;
}

async function present(call: RepositoryCall, workflow: Workflow): Promise<Record<string, unknown>> {
  const { github, repository, directory } = call;
  const file = await readWorkflowFile(
    directory,
    `refs/heads/${repository.defaultBranch}`,
    workflow.path,
  );
  const name = workflow.path.split("/").at(-1) ?? "";
  const page = repositoryPage(github, repository);
  return {
    id: workflow.id,
    node_id: nodeId("Workflow", workflow.id),
    name: file?.name ?? workflow.path,
    path: workflow.path,
    state: workflow.state,
    created_at: workflow.createdAt,
    updated_at: workflow.updatedAt,
    url: `${repositoryUrl(github, repository)}/actions/workflows/${workflow.id}`,
    html_url: `${page}/blob/${repository.defaultBranch}/${workflow.path}`,
    badge_url: `${page}/workflows/${name}/badge.svg`,
  };
}

async function listWorkflows(call: RepositoryCall): Promise<Reply> {
  const all = await Promise.all((await workflowsOf(call)).map((one) => present(call, one)));
  return paginate(call, all, (workflows) => ({ total_count: all.length, workflows }));
}

async function getWorkflow(call: RepositoryCall): Promise<Reply> {
  return ok(await present(call, await requireWorkflow(call)));
}

function setState(state: Workflow["state"]): (call: RepositoryCall) => Promise<Reply> {
  return async (call) => {
    const workflow = await requireWorkflow(call);
    call.github.records.workflows.put(workflow.id, { ...workflow, state, updatedAt: now() });
    return noContent();
  };
}

const path = "/actions/workflows";

/** Workflow files of the default branch. */
export const workflowRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path, need: "actions:read", handle: listWorkflows },
  { method: "GET", path: `${path}/:id`, need: "actions:read", handle: getWorkflow },
  {
    method: "PUT",
    path: `${path}/:id/disable`,
    need: "actions:write",
    handle: setState("disabled_manually"),
  },
  { method: "PUT", path: `${path}/:id/enable`, need: "actions:write", handle: setState("active") },
];
