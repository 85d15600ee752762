import * as z from "zod/mini";
import {
  idParam,
  paginate,
  readBody,
  type Call,
  type RepositoryCall,
  type RepositoryRoute,
} from "./calls.ts";
import { directoryOf, emit, fullName, now, type Github } from "./github.ts";
import { resolveCommit, zeroSha } from "./git-objects.ts";
import { presentIssue } from "./issue-views.ts";
import { ensureLabel } from "./labels.ts";
import { presentRepository, presentUser } from "./presenters.ts";
import type { Issue, Repository } from "./records.ts";
import { created, invalid, notFound, ok, type Reply } from "./replies.ts";
import { loginOf, type Caller } from "./tokens.ts";

const maxBodyLength = 65_536;

/** The issues and pull requests of a repository. */
export function issuesOf(github: Github, repository: Repository): readonly Issue[] {
  return github.records.issues.all().filter((issue) => issue.repositoryId === repository.id);
}

/** An issue or pull request by number, or 404. */
export function requireIssue(call: RepositoryCall, number: number): Issue {
  const issue = issuesOf(call.github, call.repository).find((one) => one.number === number);
  if (issue === undefined) throw notFound();
  return issue;
}

/** Bodies longer than GitHub takes are refused as GitHub refuses them. */
export function refuseLongBody(resource: string, body: string | null | undefined): void {
  if ((body ?? "").length > maxBodyLength) {
    throw invalid({
      resource,
      code: "custom",
      field: "body",
      message: `body is too long (maximum is ${maxBodyLength} characters)`,
    });
  }
}

/** Starts an issue, or the issue side of a pull request. */
export function addIssue(
  github: Github,
  repository: Repository,
  wanted: {
    readonly title: string;
    readonly body: string | null;
    readonly author: string;
    readonly labels?: readonly string[];
    readonly assignees?: readonly string[];
    readonly isPull: boolean;
  },
): Issue {
  const numbers = issuesOf(github, repository).map((issue) => issue.number);
  const id = github.store.nextId("issue");
  const at = now();
  const labels = wanted.labels ?? [];
  return github.records.issues.put(id, {
    id,
    repositoryId: repository.id,
    number: Math.max(0, ...numbers) + 1,
    title: wanted.title,
    body: wanted.body,
    author: wanted.author,
    labels: labels.map((name) => ensureLabel(github, repository, name).name),
    assignees: wanted.assignees ?? [],
    state: "open",
    stateReason: null,
    locked: false,
    closedAt: null,
    closedBy: null,
    isPull: wanted.isPull,
    createdAt: at,
    updatedAt: at,
  });
}

/** Emits an event that runs on the default branch's head. */
export async function emitOnDefaultBranch(
  github: Github,
  repository: Repository,
  event: {
    readonly name: string;
    readonly caller: Caller;
    readonly payload: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const ref = `refs/heads/${repository.defaultBranch}`;
  const sha = await resolveCommit(directoryOf(github, repository), ref);
  const actor = loginOf(event.caller);
  emit(
    github,
    {
      name: event.name,
      repository: fullName(repository),
      ref,
      sha: sha ?? zeroSha,
      actor,
      payload: {
        ...event.payload,
        repository: presentRepository(github, repository),
        sender: presentUser(github, actor),
      },
    },
    event.caller,
  );
}

/** Tells of an issue. */
export async function emitIssue(call: RepositoryCall, issue: Issue, action: string): Promise<void> {
  // What happens to a pull request is told as `pull_request`.
  if (issue.isPull) return;
  const payload = { action, issue: presentIssue(call.github, call.repository, issue) };
  await emitOnDefaultBranch(call.github, call.repository, {
    name: "issues",
    caller: call.caller,
    payload,
  });
}

function show(call: RepositoryCall, issue: Issue): Record<string, unknown> {
  return presentIssue(call.github, call.repository, issue);
}

/** The issues that a list's query asks for, in its order. */
export function filterIssues(call: Call, issues: readonly Issue[]): readonly Issue[] {
  const query = call.url.searchParams;
  const state = query.get("state") ?? "open";
  const labels = (query.get("labels") ?? "").split(",").filter(Boolean);
  const creator = query.get("creator");
  const assignee = query.get("assignee");
  const since = query.get("since");
  const sort = query.get("sort") === "updated" ? "updatedAt" : "createdAt";
  const found = issues.filter(
    (issue) =>
      (state === "all" || issue.state === state) &&
      labels.every((label) => hasLabel(issue, label)) &&
      (creator === null || issue.author === creator) &&
      (assignee === null || assignee === "*" || issue.assignees.includes(assignee)) &&
      (since === null || issue.updatedAt >= since),
  );
  const ascending = found.toSorted(
    (left, right) => left[sort].localeCompare(right[sort]) || left.number - right.number,
  );
  return query.get("direction") === "asc" ? ascending : ascending.toReversed();
}

/** Whether an issue carries a label, compared without case. */
export function hasLabel(issue: Issue, label: string): boolean {
  return issue.labels.some((name) => name.toLowerCase() === label.toLowerCase());
}

function listIssues(call: RepositoryCall): Reply {
  return paginate(call, filterIssues(call, issuesOf(call.github, call.repository)), (shown) =>
    shown.map((issue) => show(call, issue)),
  );
}

/** Labels in a body: names, or objects with names. */
export const labelNames = z.array(z.union([z.string(), z.object({ name: z.string() })]));
const issueFields = {
  body: z.optional(z.nullable(z.string())),
  labels: z.optional(labelNames),
  assignees: z.optional(z.array(z.string())),
};

/** The names of labels in a body, each once. */
export function readLabelNames(labels: z.infer<typeof labelNames>): readonly string[] {
  return [...new Set(labels.map((label) => (typeof label === "string" ? label : label.name)))];
}

const newIssue = z.object({ title: z.string(), ...issueFields });

async function createIssue(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newIssue, "Issue");
  refuseLongBody("Issue", body.body);
  const issue = addIssue(call.github, call.repository, {
    title: body.title,
    body: body.body ?? null,
    author: loginOf(call.caller),
    labels: readLabelNames(body.labels ?? []),
    assignees: body.assignees ?? [],
    isPull: false,
  });
  await emitIssue(call, issue, "opened");
  return created(show(call, issue));
}

const issueChange = z.object({
  title: z.optional(z.string()),
  state: z.optional(z.enum(["open", "closed"])),
  state_reason: z.optional(
    z.nullable(z.enum(["completed", "not_planned", "reopened", "duplicate"])),
  ),
  ...issueFields,
});

async function changeIssue(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, issueChange, "Issue");
  const issue = requireIssue(call, idParam(call, "number"));
  refuseLongBody("Issue", body.body);
  const labels =
    body.labels === undefined
      ? issue.labels
      : readLabelNames(body.labels).map(
          (name) => ensureLabel(call.github, call.repository, name).name,
        );
  const changed = setIssueState(
    {
      ...issue,
      title: body.title ?? issue.title,
      body: body.body === undefined ? issue.body : body.body,
      labels,
      assignees: body.assignees ?? issue.assignees,
      updatedAt: now(),
    },
    {
      state: body.state ?? issue.state,
      reason: body.state_reason ?? null,
      by: loginOf(call.caller),
    },
  );
  const kept = call.github.records.issues.put(issue.id, changed);
  if (kept.state !== issue.state) {
    await emitIssue(call, kept, kept.state === "closed" ? "closed" : "reopened");
  }
  if (kept.title !== issue.title || kept.body !== issue.body) await emitIssue(call, kept, "edited");
  return ok(show(call, kept));
}

/** The issue after it was opened or closed; unchanged when it is in that state. */
export function setIssueState(
  issue: Issue,
  change: {
    readonly state: Issue["state"];
    readonly reason: Issue["stateReason"];
    readonly by: string;
  },
): Issue {
  if (change.state === issue.state) return issue;
  return change.state === "closed"
    ? {
        ...issue,
        state: "closed",
        stateReason: issue.isPull ? null : (change.reason ?? "completed"),
        closedAt: now(),
        closedBy: change.by,
      }
    : { ...issue, state: "open", stateReason: "reopened", closedAt: null, closedBy: null };
}

const read = ["issues:read", "pull-requests:read"] as const;
const write = ["issues:write", "pull-requests:write"] as const;

/** Issues. */
export const issueRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/issues", need: read, handle: listIssues },
  { method: "POST", path: "/issues", need: "issues:write", handle: createIssue },
  {
    method: "GET",
    path: "/issues/:number",
    need: read,
    handle: (call) => ok(show(call, requireIssue(call, idParam(call, "number")))),
  },
  { method: "PATCH", path: "/issues/:number", need: write, handle: changeIssue },
];
