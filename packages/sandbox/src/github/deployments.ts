import * as z from "zod/mini";
import { idParam, paginate, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { ensureEnvironment } from "./environments.ts";
import { emit, fullName, nodeId, now } from "./github.ts";
import { resolveCommit } from "./git-objects.ts";
import { presentRepository, presentUser, repositoryUrl } from "./presenters.ts";
import type { Deployment, DeploymentStatus } from "./records.ts";
import { ApiError, created, invalid, noContent, notFound, ok, type Reply } from "./replies.ts";
import { loginOf } from "./tokens.ts";

const newDeployment = z.object({
  ref: z.string(),
  task: z.optional(z.string()),
  auto_merge: z.optional(z.boolean()),
  required_contexts: z.optional(z.array(z.string())),
  payload: z.optional(z.union([z.record(z.string(), z.unknown()), z.string()])),
  environment: z.optional(z.string()),
  description: z.optional(z.nullable(z.string())),
  transient_environment: z.optional(z.boolean()),
  production_environment: z.optional(z.boolean()),
});

async function createDeployment(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newDeployment, "Deployment");
  const sha = await resolveCommit(call.directory, body.ref);
  if (sha === undefined) {
    throw new ApiError(422, `No ref found for: ${body.ref}`);
  }
  await refuseUnready(call, { sha, contexts: body.required_contexts });
  const environment = body.environment ?? "production";
  ensureEnvironment(call, environment);
  const id = call.github.store.nextId("deployment");
  const at = now();
  const deployment = call.github.records.deployments.put(id, {
    id,
    repositoryId: call.repository.id,
    sha,
    ref: body.ref,
    task: body.task ?? "deploy",
    payload: body.payload ?? {},
    environment,
    originalEnvironment: environment,
    description: body.description ?? null,
    transient: body.transient_environment ?? false,
    production: body.production_environment ?? environment === "production",
    creator: loginOf(call.caller),
    createdAt: at,
    updatedAt: at,
  });
  tell(call, "deployment", deployment, {
    deployment: present(call, deployment),
    action: "created",
  });
  return created(present(call, deployment));
}

// Without `required_contexts`, every status and check of the commit must have succeeded.
async function refuseUnready(
  call: RepositoryCall,
  wanted: { readonly sha: string; readonly contexts: readonly string[] | undefined },
): Promise<void> {
  const isHere = (one: { readonly repositoryId: number }) =>
    one.repositoryId === call.repository.id;
  const statuses = call.github.records.statuses
    .all()
    .filter((one) => isHere(one) && one.sha === wanted.sha)
    .map((one) => [one.context, one.state] as const);
  const checks = call.github.records.checkRuns
    .all()
    .filter((one) => isHere(one) && one.headSha === wanted.sha)
    .map((one) => [one.name, one.conclusion ?? "pending"] as const);
  const latest = new Map<string, string>([...statuses, ...checks]);
  const required = wanted.contexts ?? [...latest.keys()];
  const good = new Set(["success", "neutral", "skipped"]);
  const bad = required.filter((name) => !good.has(latest.get(name) ?? "pending"));
  if (bad.length > 0) {
    throw new ApiError(
      409,
      `Conflict: Commit status checks failed for ${call.params["ref"] ?? wanted.sha}.`,
      {
        errors: bad.map((name) => ({
          resource: "Deployment",
          code: "invalid",
          field: "required_contexts",
          message: name,
        })),
      },
    );
  }
}

function tell(
  call: RepositoryCall,
  name: "deployment" | "deployment_status",
  deployment: Deployment,
  payload: Readonly<Record<string, unknown>>,
): void {
  const { github, repository, caller } = call;
  const actor = loginOf(caller);
  emit(
    github,
    {
      name,
      repository: fullName(repository),
      ref: deployment.ref,
      sha: deployment.sha,
      actor,
      payload: {
        ...payload,
        repository: presentRepository(github, repository),
        sender: presentUser(github, actor),
      },
    },
    caller,
  );
}

function present(call: RepositoryCall, deployment: Deployment): Record<string, unknown> {
  const base = repositoryUrl(call.github, call.repository);
  const url = `${base}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId("Deployment", deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.originalEnvironment,
    environment: deployment.environment,
    description: deployment.description,
    creator: presentUser(call.github, deployment.creator),
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: base,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
  };
}

function requireDeployment(call: RepositoryCall): Deployment {
  const deployment = call.github.records.deployments.get(idParam(call, "id"));
  if (deployment?.repositoryId !== call.repository.id) throw notFound();
  return deployment;
}

function listDeployments(call: RepositoryCall): Reply {
  const query = call.url.searchParams;
  const matches = (name: string, value: string) =>
    query.get(name) === null || query.get(name) === value;
  const found = call.github.records.deployments
    .all()
    .filter((one) => one.repositoryId === call.repository.id)
    .filter((one) => matches("sha", one.sha) && matches("ref", one.ref))
    .filter((one) => matches("task", one.task) && matches("environment", one.environment));
  return paginate(call, found.toReversed(), (shown) => shown.map((one) => present(call, one)));
}

function statusesOf(call: RepositoryCall, deployment: Deployment): readonly DeploymentStatus[] {
  return call.github.records.deploymentStatuses
    .all()
    .filter((status) => status.deploymentId === deployment.id)
    .toReversed();
}

function deleteDeployment(call: RepositoryCall): Reply {
  const deployment = requireDeployment(call);
  const [latest] = statusesOf(call, deployment);
  const isActive = latest !== undefined && latest.state !== "inactive";
  if (isActive) {
    throw new ApiError(
      422,
      "We cannot delete an active deployment unless it is the only deployment in a given environment.",
    );
  }
  call.github.records.deployments.delete(deployment.id);
  return noContent();
}

const newStatus = z.object({
  state: z.enum(["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]),
  description: z.optional(z.string()),
  environment: z.optional(z.string()),
  environment_url: z.optional(z.string()),
  log_url: z.optional(z.string()),
  target_url: z.optional(z.string()),
  auto_inactive: z.optional(z.boolean()),
});

async function createStatus(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newStatus, "DeploymentStatus");
  const deployment = requireDeployment(call);
  if ((body.description ?? "").length > 140) {
    throw invalid({
      resource: "DeploymentStatus",
      code: "custom",
      field: "description",
      message: "description is too long (maximum is 140 characters)",
    });
  }
  if (body.state === "success" && body.auto_inactive !== false) retireOthers(call, deployment);
  const status = addStatus(call, deployment, body);
  const shown = presentStatus(call, deployment, status);
  tell(call, "deployment_status", deployment, {
    action: "created",
    deployment_status: shown,
    deployment: present(call, deployment),
  });
  return created(shown);
}

function addStatus(
  call: RepositoryCall,
  deployment: Deployment,
  body: z.infer<typeof newStatus>,
): DeploymentStatus {
  const id = call.github.store.nextId("deployment-status");
  const at = now();
  call.github.records.deployments.put(deployment.id, {
    ...deployment,
    environment: body.environment ?? deployment.environment,
    updatedAt: at,
  });
  return call.github.records.deploymentStatuses.put(id, {
    id,
    repositoryId: call.repository.id,
    deploymentId: deployment.id,
    state: body.state,
    description: body.description ?? "",
    environment: body.environment ?? deployment.environment,
    environmentUrl: body.environment_url ?? "",
    logUrl: body.log_url ?? body.target_url ?? "",
    creator: loginOf(call.caller),
    createdAt: at,
    updatedAt: at,
  });
}

// A success makes the earlier deployments of a lasting, non-production environment inactive.
function retireOthers(call: RepositoryCall, deployment: Deployment): void {
  const others = call.github.records.deployments
    .all()
    .filter((one) => one.repositoryId === call.repository.id && one.id !== deployment.id)
    .filter((one) => one.environment === deployment.environment)
    .filter((one) => !one.transient && !one.production && one.id < deployment.id);
  for (const other of others) {
    if (statusesOf(call, other)[0]?.state === "success")
      addStatus(call, other, { state: "inactive" });
  }
}

function presentStatus(
  call: RepositoryCall,
  deployment: Deployment,
  status: DeploymentStatus,
): Record<string, unknown> {
  const base = repositoryUrl(call.github, call.repository);
  const url = `${base}/deployments/${deployment.id}`;
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId("DeploymentStatus", status.id),
    state: status.state,
    creator: presentUser(call.github, status.creator),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    log_url: status.logUrl,
    environment_url: status.environmentUrl,
    created_at: status.createdAt,
    updated_at: status.updatedAt,
    deployment_url: url,
    repository_url: base,
  };
}

function listStatuses(call: RepositoryCall): Reply {
  const deployment = requireDeployment(call);
  return paginate(call, statusesOf(call, deployment), (shown) =>
    shown.map((status) => presentStatus(call, deployment, status)),
  );
}

function getStatus(call: RepositoryCall): Reply {
  const deployment = requireDeployment(call);
  const status = call.github.records.deploymentStatuses.get(idParam(call, "status"));
  if (status?.deploymentId !== deployment.id) throw notFound();
  return ok(presentStatus(call, deployment, status));
}

const [read, write] = ["deployments:read", "deployments:write"] as const;

/** Deployments and their statuses. */
export const deploymentRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/deployments", need: read, handle: listDeployments },
  { method: "POST", path: "/deployments", need: write, handle: createDeployment },
  {
    method: "GET",
    path: "/deployments/:id",
    need: read,
    handle: (call) => ok(present(call, requireDeployment(call))),
  },
  { method: "DELETE", path: "/deployments/:id", need: write, handle: deleteDeployment },
  { method: "GET", path: "/deployments/:id/statuses", need: read, handle: listStatuses },
  { method: "POST", path: "/deployments/:id/statuses", need: write, handle: createStatus },
  { method: "GET", path: "/deployments/:id/statuses/:status", need: read, handle: getStatus },
];
