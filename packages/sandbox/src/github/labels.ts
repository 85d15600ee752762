import * as z from "zod/mini";
import { paginate, param, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { nodeId, type Github } from "./github.ts";
import { repositoryUrl } from "./presenters.ts";
import type { Label, Repository } from "./records.ts";
import { created, invalid, noContent, notFound, ok, type Reply } from "./replies.ts";

function labelsOf(github: Github, repository: Repository): readonly Label[] {
  return github.records.labels.all().filter((label) => label.repositoryId === repository.id);
}

/** A label by name, which GitHub compares without case. */
export function findLabel(github: Github, repository: Repository, name: string): Label | undefined {
  const wanted = name.toLowerCase();
  return labelsOf(github, repository).find((label) => label.name.toLowerCase() === wanted);
}

/** A label by name; an issue that names an unknown one brings it into being. */
export function ensureLabel(github: Github, repository: Repository, name: string): Label {
  const known = findLabel(github, repository, name);
  if (known !== undefined) return known;
  const id = github.store.nextId("label");
  return github.records.labels.put(id, {
    id,
    repositoryId: repository.id,
    name,
    color: "ededed",
    description: null,
  });
}

/** A label as GitHub's API shows it. */
export function presentLabel(
  github: Github,
  repository: Repository,
  label: Label,
): Record<string, unknown> {
  return {
    id: label.id,
    node_id: nodeId("Label", label.id),
    url: `${repositoryUrl(github, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

function show(call: RepositoryCall, label: Label): Record<string, unknown> {
  return presentLabel(call.github, call.repository, label);
}

function requireLabel(call: RepositoryCall): Label {
  const label = findLabel(call.github, call.repository, param(call, "name"));
  if (label === undefined) throw notFound();
  return label;
}

function listLabels(call: RepositoryCall): Reply {
  return paginate(call, labelsOf(call.github, call.repository), (shown) =>
    shown.map((label) => show(call, label)),
  );
}

const color = z.string().check(z.regex(/^[0-9a-fA-F]{6}$/, "is not a color without #"));
const newLabel = z.object({
  name: z.string(),
  color: z.optional(color),
  description: z.optional(z.nullable(z.string())),
});

async function createLabel(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newLabel, "Label");
  if (findLabel(call.github, call.repository, body.name) !== undefined) {
    throw invalid({ resource: "Label", code: "already_exists", field: "name" });
  }
  const label = ensureLabel(call.github, call.repository, body.name);
  const kept = call.github.records.labels.put(label.id, {
    ...label,
    color: body.color ?? label.color,
    description: body.description ?? null,
  });
  return created(show(call, kept));
}

const labelChange = z.object({
  new_name: z.optional(z.string()),
  color: z.optional(color),
  description: z.optional(z.nullable(z.string())),
});

async function changeLabel(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, labelChange, "Label");
  const label = requireLabel(call);
  const kept = call.github.records.labels.put(label.id, {
    ...label,
    name: body.new_name ?? label.name,
    color: body.color ?? label.color,
    description: body.description === undefined ? label.description : body.description,
  });
  for (const issue of call.github.records.issues.all()) {
    if (issue.repositoryId !== call.repository.id || !issue.labels.includes(label.name)) continue;
    const labels = issue.labels.map((name) => (name === label.name ? kept.name : name));
    call.github.records.issues.put(issue.id, { ...issue, labels });
  }
  return ok(show(call, kept));
}

function deleteLabel(call: RepositoryCall): Reply {
  const label = requireLabel(call);
  call.github.records.labels.delete(label.id);
  for (const issue of call.github.records.issues.all()) {
    if (issue.repositoryId !== call.repository.id || !issue.labels.includes(label.name)) continue;
    const labels = issue.labels.filter((name) => name !== label.name);
    call.github.records.issues.put(issue.id, { ...issue, labels });
  }
  return noContent();
}

const read = ["issues:read", "pull-requests:read"] as const;
const write = ["issues:write", "pull-requests:write"] as const;

/** Labels of a repository. */
export const labelRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/labels", need: read, handle: listLabels },
  { method: "POST", path: "/labels", need: write, handle: createLabel },
  {
    method: "GET",
    path: "/labels/:name",
    need: read,
    handle: (call) => ok(show(call, requireLabel(call))),
  },
  { method: "PATCH", path: "/labels/:name", need: write, handle: changeLabel },
  { method: "DELETE", path: "/labels/:name", need: write, handle: deleteLabel },
];
