import { paginate, param, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { nodeId, now } from "./github.ts";
import { repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Environment } from "./records.ts";
import { noContent, notFound, ok, type Reply } from "./replies.ts";

/** The environments of a repository. */
function environmentsOf(call: RepositoryCall): readonly Environment[] {
  return call.github.records.environments
    .all()
    .filter((environment) => environment.repositoryId === call.repository.id);
}

/** The environment of a name; a deployment to an unknown one brings it into being. */
export function ensureEnvironment(call: RepositoryCall, name: string): Environment {
  const known = environmentsOf(call).find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return known;
  const id = call.github.store.nextId("environment");
  const at = now();
  const environment = { id, repositoryId: call.repository.id, name, createdAt: at, updatedAt: at };
  return call.github.records.environments.put(id, environment);
}

function presentEnvironment(call: RepositoryCall, one: Environment): Record<string, unknown> {
  const name = encodeURIComponent(one.name);
  return {
    id: one.id,
    node_id: nodeId("Environment", one.id),
    name: one.name,
    url: `${repositoryUrl(call.github, call.repository)}/environments/${name}`,
    html_url: `${repositoryPage(call.github, call.repository)}/deployments/activity_log?environments_filter=${name}`,
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    protection_rules: [],
    deployment_branch_policy: null,
  };
}

function listEnvironments(call: RepositoryCall): Reply {
  const all = environmentsOf(call);
  return paginate(call, all, (shown) => ({
    total_count: all.length,
    environments: shown.map((one) => presentEnvironment(call, one)),
  }));
}

function getEnvironment(call: RepositoryCall): Reply {
  const name = param(call, "name").toLowerCase();
  const found = environmentsOf(call).find((one) => one.name.toLowerCase() === name);
  if (found === undefined) throw notFound();
  return ok(presentEnvironment(call, found));
}

function putEnvironment(call: RepositoryCall): Reply {
  return ok(presentEnvironment(call, ensureEnvironment(call, param(call, "name"))));
}

function deleteEnvironment(call: RepositoryCall): Reply {
  const name = param(call, "name").toLowerCase();
  const found = environmentsOf(call).find((one) => one.name.toLowerCase() === name);
  if (found === undefined) throw notFound();
  call.github.records.environments.delete(found.id);
  return noContent();
}

/** Environments. Protection rules are not part of the sandbox. */
export const environmentRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/environments", need: "actions:read", handle: listEnvironments },
  { method: "GET", path: "/environments/:name", need: "actions:read", handle: getEnvironment },
  { method: "PUT", path: "/environments/:name", need: "admin", handle: putEnvironment },
  { method: "DELETE", path: "/environments/:name", need: "admin", handle: deleteEnvironment },
];
