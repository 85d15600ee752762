import * as z from "zod/mini";
import {
  idParam,
  paginate,
  param,
  readBody,
  type RepositoryCall,
  type RepositoryRoute,
} from "./calls.ts";
import { nodeId, now } from "./github.ts";
import { resolveCommit } from "./git-objects.ts";
import { presentActionsApp, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { CheckAnnotation, CheckRun } from "./records.ts";
import { created, invalid, notFound, ok, type Reply } from "./replies.ts";

const maxAnnotations = 50;
const maxTextLength = 65_535;

const annotation = z.object({
  path: z.string(),
  start_line: z.int(),
  end_line: z.int(),
  start_column: z.optional(z.nullable(z.int())),
  end_column: z.optional(z.nullable(z.int())),
  annotation_level: z.enum(["notice", "warning", "failure"]),
  message: z.string(),
  title: z.optional(z.nullable(z.string())),
  raw_details: z.optional(z.nullable(z.string())),
});

const output = z.object({
  title: z.optional(z.string()),
  summary: z.string(),
  text: z.optional(z.nullable(z.string())),
  annotations: z.optional(z.array(annotation)),
  images: z.optional(z.array(z.unknown())),
});

const conclusion = z.enum([
  "action_required",
  "cancelled",
  "failure",
  "neutral",
  "success",
  "skipped",
  "stale",
  "timed_out",
]);
const status = z.enum(["queued", "in_progress", "completed"]);

const checkFields = {
  status: z.optional(status),
  conclusion: z.optional(conclusion),
  details_url: z.optional(z.string()),
  external_id: z.optional(z.string()),
  started_at: z.optional(z.string()),
  completed_at: z.optional(z.string()),
  output: z.optional(output),
  actions: z.optional(z.array(z.unknown())),
};
const newCheck = z.object({ name: z.string(), head_sha: z.string(), ...checkFields });
const checkChange = z.object({ name: z.optional(z.string()), ...checkFields });
type CheckFields = z.infer<typeof checkChange>;

function applyFields(run: CheckRun, fields: CheckFields): CheckRun {
  refuseLongOutput(fields);
  const isDone = fields.conclusion !== undefined || fields.status === "completed";
  if (fields.status === "completed" && (fields.conclusion ?? run.conclusion) === null) {
    throw invalid({ resource: "CheckRun", code: "missing_field", field: "conclusion" });
  }
  const given = fields.output;
  return {
    ...run,
    name: fields.name ?? run.name,
    status: isDone ? "completed" : (fields.status ?? run.status),
    conclusion:
      fields.conclusion ?? (fields.status === undefined || isDone ? run.conclusion : null),
    detailsUrl: fields.details_url ?? run.detailsUrl,
    externalId: fields.external_id ?? run.externalId,
    startedAt: fields.started_at ?? run.startedAt ?? now(),
    completedAt: isDone ? (fields.completed_at ?? now()) : run.completedAt,
    title: given?.title ?? run.title,
    summary: given?.summary ?? run.summary,
    text: given?.text ?? run.text,
    // Annotations of several updates add up: a request takes 50 of them.
    annotations: [...run.annotations, ...(given?.annotations ?? []).map(completeAnnotation)],
  };
}

function completeAnnotation(given: z.infer<typeof annotation>): CheckAnnotation {
  return {
    ...given,
    start_column: given.start_column ?? null,
    end_column: given.end_column ?? null,
    title: given.title ?? null,
    raw_details: given.raw_details ?? null,
  };
}

function refuseLongOutput({ output: given }: CheckFields): void {
  const fault = (field: string, message: string) =>
    invalid({ resource: "CheckRun", code: "invalid", field, message });
  if ((given?.annotations?.length ?? 0) > maxAnnotations) {
    throw fault("annotations", `annotations exceeds a maximum quantity of ${maxAnnotations}`);
  }
  for (const field of ["summary", "text"] as const) {
    if ((given?.[field] ?? "").length > maxTextLength) {
      throw fault(field, `${field} exceeds a maximum bytesize of ${maxTextLength}`);
    }
  }
}

async function createCheck(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newCheck, "CheckRun");
  const sha = await resolveCommit(call.directory, body.head_sha);
  if (sha === undefined) {
    throw invalid({
      resource: "CheckRun",
      code: "invalid",
      field: "head_sha",
      message: "No commit found for SHA",
    });
  }
  const blank: CheckRun = {
    // Above every job's id: GitHub draws both from one sequence.
    id: 20_000_000_000 + call.github.store.nextId("check-run"),
    repositoryId: call.repository.id,
    name: body.name,
    headSha: sha,
    status: "queued",
    conclusion: null,
    startedAt: null,
    completedAt: null,
    externalId: "",
    detailsUrl: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
  };
  const run = applyFields(blank, body);
  return created(present(call, call.github.records.checkRuns.put(run.id, run)));
}

function requireCheck(call: RepositoryCall): CheckRun {
  const run = call.github.records.checkRuns.get(idParam(call, "id"));
  if (run?.repositoryId !== call.repository.id) throw notFound();
  return run;
}

async function changeCheck(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, checkChange, "CheckRun");
  const run = applyFields(requireCheck(call), body);
  return ok(present(call, call.github.records.checkRuns.put(run.id, run)));
}

function present(call: RepositoryCall, run: CheckRun): Record<string, unknown> {
  const { github, repository } = call;
  const url = `${repositoryUrl(github, repository)}/check-runs/${run.id}`;
  const page = `${repositoryPage(github, repository)}/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId("CheckRun", run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: suiteIdOf(run.headSha) },
    app: presentActionsApp(github),
    pull_requests: [],
  };
}

// One suite a commit; its id need only be stable.
function suiteIdOf(sha: string): number {
  return Number.parseInt(sha.slice(0, 10), 16);
}

function listAnnotations(call: RepositoryCall): Reply {
  const run = requireCheck(call);
  const page = `${repositoryPage(call.github, call.repository)}/blob/${run.headSha}`;
  return paginate(call, run.annotations, (shown) =>
    shown.map((one) => ({ ...one, blob_href: `${page}/${one.path}` })),
  );
}

async function listChecksOfRef(call: RepositoryCall): Promise<Reply> {
  const sha = await resolveCommit(call.directory, param(call, "ref"));
  if (sha === undefined) throw notFound();
  const query = call.url.searchParams;
  const [name, state] = [query.get("check_name"), query.get("status")];
  const found = call.github.records.checkRuns
    .all()
    .filter((run) => run.repositoryId === call.repository.id && run.headSha === sha)
    .filter((run) => name === null || run.name === name)
    .filter((run) => state === null || run.status === state);
  const shownRuns = query.get("filter") === "all" ? found : latestOfEachName(found);
  return paginate(call, shownRuns.toReversed(), (shown) => ({
    total_count: shownRuns.length,
    check_runs: shown.map((run) => present(call, run)),
  }));
}

function latestOfEachName(runs: readonly CheckRun[]): readonly CheckRun[] {
  return [...new Map(runs.map((run) => [run.name, run])).values()];
}

/** Check runs and their annotations. */
export const checkRoutes: readonly RepositoryRoute[] = [
  { method: "POST", path: "/check-runs", need: "checks:write", handle: createCheck },
  {
    method: "GET",
    path: "/check-runs/:id",
    need: "checks:read",
    handle: (call) => ok(present(call, requireCheck(call))),
  },
  { method: "PATCH", path: "/check-runs/:id", need: "checks:write", handle: changeCheck },
  {
    method: "GET",
    path: "/check-runs/:id/annotations",
    need: "checks:read",
    handle: listAnnotations,
  },
  {
    method: "GET",
    path: "/commits/:ref+/check-runs",
    need: "checks:read",
    handle: listChecksOfRef,
  },
];
