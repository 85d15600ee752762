import type { RepositoryEvent } from "../contracts.ts";
import { matchesPatterns } from "./filter-patterns.ts";
import { isJsonObject, textOf, valueAt } from "./json.ts";
import type { Workflow } from "./workflow-model.ts";

type Filters = Readonly<Record<string, unknown>>;

const defaultPullRequestTypes = ["opened", "synchronize", "reopened"];
const skipMarks = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];

function listOf(filters: Filters, key: string): readonly string[] | undefined {
  const value = filters[key];
  return Array.isArray(value) ? value.map(String) : undefined;
}

function passes(filters: Filters, kind: "branches" | "tags", name: string): boolean {
  const wanted = listOf(filters, kind);
  const ignored = listOf(filters, `${kind}-ignore`);
  if (wanted !== undefined) return matchesPatterns(wanted, name);
  return ignored === undefined || !matchesPatterns(ignored, name);
}

async function passesPaths(
  filters: Filters,
  changedFiles: () => Promise<readonly string[]>,
): Promise<boolean> {
  const wanted = listOf(filters, "paths");
  const ignored = listOf(filters, "paths-ignore");
  if (wanted === undefined && ignored === undefined) return true;
  const files = await changedFiles();
  if (wanted !== undefined) return files.some((file) => matchesPatterns(wanted, file));
  return !files.every((file) => matchesPatterns(ignored ?? [], file));
}

async function matchesPush(
  filters: Filters,
  { ref, payload }: RepositoryEvent,
  changedFiles: () => Promise<readonly string[]>,
): Promise<boolean> {
  if (payload["deleted"] === true) return false;
  const isTag = ref.startsWith("refs/tags/");
  const has = (kind: string) =>
    filters[kind] !== undefined || filters[`${kind}-ignore`] !== undefined;
  if (isTag)
    return has("tags") ? passes(filters, "tags", ref.slice("refs/tags/".length)) : !has("branches");
  if (!has("branches") && has("tags")) return false;
  return (
    passes(filters, "branches", ref.slice("refs/heads/".length)) &&
    passesPaths(filters, changedFiles)
  );
}

async function matchesPullRequest(
  filters: Filters,
  { payload }: RepositoryEvent,
  changedFiles: () => Promise<readonly string[]>,
): Promise<boolean> {
  const types = listOf(filters, "types") ?? defaultPullRequestTypes;
  if (!types.includes(textOf(payload["action"]))) return false;
  const base = valueAt(payload, "pull_request", "base", "ref");
  return passes(filters, "branches", textOf(base)) && passesPaths(filters, changedFiles);
}

function matchesWorkflowRun(filters: Filters, { payload }: RepositoryEvent): boolean {
  const names = listOf(filters, "workflows");
  const name = valueAt(payload, "workflow_run", "name");
  if (names !== undefined && !matchesPatterns(names, textOf(name))) return false;
  return passes(filters, "branches", textOf(valueAt(payload, "workflow_run", "head_branch")));
}

function matchesTypes(filters: Filters, { payload }: RepositoryEvent): boolean {
  const types = listOf(filters, "types");
  return types === undefined || types.includes(textOf(payload["action"]));
}

function matchesSchedule(schedule: unknown, { payload }: RepositoryEvent): boolean {
  const cron = payload["schedule"];
  if (typeof cron !== "string" || !Array.isArray(schedule)) return true;
  return schedule.some((entry) => isJsonObject(entry) && entry["cron"] === cron);
}

function isSkipped({ name, payload }: RepositoryEvent): boolean {
  if (name !== "push") return false;
  const message = textOf(valueAt(payload, "head_commit", "message"));
  return skipMarks.some((mark) => message.includes(mark));
}

/** Whether a workflow's `on:` lets an event start it. */
export async function matchesTrigger(
  workflow: Workflow,
  event: RepositoryEvent,
  changedFiles: () => Promise<readonly string[]>,
): Promise<boolean> {
  const trigger: unknown = workflow.events[event.name];
  if (trigger === undefined || isSkipped(event)) return false;
  if (event.workflow !== undefined && event.workflow !== workflow.file) return false;
  const filters: Filters = isJsonObject(trigger) ? trigger : {};
  switch (event.name) {
    case "push":
      return matchesPush(filters, event, changedFiles);
    case "pull_request":
    case "pull_request_target":
      return matchesPullRequest(filters, event, changedFiles);
    case "workflow_run":
      return matchesWorkflowRun(filters, event) && matchesTypes(filters, event);
    case "schedule":
      return matchesSchedule(trigger, event);
    case "workflow_dispatch":
      return event.workflow !== undefined;
    case "workflow_call":
      return false;
    default:
      return matchesTypes(filters, event);
  }
}
