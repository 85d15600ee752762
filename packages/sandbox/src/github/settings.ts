import * as z from "zod/mini";
import { paginate, param, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { now, type Github } from "./github.ts";
import type { Repository, Setting } from "./records.ts";
import { ApiError, noContent, notFound, ok, type Reply } from "./replies.ts";

const namePattern = /^[A-Z_][A-Z0-9_]*$/;

/** Variables or secrets of a repository by name. */
export function readSettings(
  github: Github,
  repository: Repository,
  kind: Setting["kind"],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    settingsOf(github, repository, kind).map(({ name, value }) => [name, value]),
  );
}

function settingsOf(
  github: Github,
  repository: Repository,
  kind: Setting["kind"],
): readonly Setting[] {
  return github.records.settings
    .all()
    .filter((one) => one.repositoryId === repository.id && one.kind === kind)
    .toSorted((left, right) => left.name.localeCompare(right.name));
}

/** Sets a variable or secret; names are upper case, as GitHub keeps them. */
export function saveSetting(
  github: Github,
  repository: Repository,
  wanted: Pick<Setting, "kind" | "name" | "value">,
): Setting {
  const name = wanted.name.toUpperCase();
  if (!namePattern.test(name) || name.startsWith("GITHUB_")) {
    throw new ApiError(
      422,
      `${wanted.kind === "secret" ? "Secret" : "Variable"} names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_), must not start with a number or GITHUB_.`,
    );
  }
  const known = settingsOf(github, repository, wanted.kind).find((one) => one.name === name);
  const id = known?.id ?? github.store.nextId("setting");
  const at = now();
  return github.records.settings.put(id, {
    id,
    repositoryId: repository.id,
    kind: wanted.kind,
    name,
    value: wanted.value,
    createdAt: known?.createdAt ?? at,
    updatedAt: at,
  });
}

function find(call: RepositoryCall, kind: Setting["kind"], name: string): Setting {
  const wanted = name.toUpperCase();
  const found = settingsOf(call.github, call.repository, kind).find((one) => one.name === wanted);
  if (found === undefined) throw notFound();
  return found;
}

function presentVariable({ name, value, createdAt, updatedAt }: Setting): Record<string, unknown> {
  return { name, value, created_at: createdAt, updated_at: updatedAt };
}

function presentSecret({ name, createdAt, updatedAt }: Setting): Record<string, unknown> {
  return { name, created_at: createdAt, updated_at: updatedAt };
}

function listVariables(call: RepositoryCall): Reply {
  const all = settingsOf(call.github, call.repository, "variable");
  return paginate(call, all, (shown) => ({
    total_count: all.length,
    variables: shown.map(presentVariable),
  }));
}

function listSecrets(call: RepositoryCall): Reply {
  const all = settingsOf(call.github, call.repository, "secret");
  return paginate(call, all, (shown) => ({
    total_count: all.length,
    secrets: shown.map(presentSecret),
  }));
}

const newVariable = z.object({ name: z.string(), value: z.string() });

async function createVariable(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newVariable, "Variable");
  const all = readSettings(call.github, call.repository, "variable");
  if (body.name.toUpperCase() in all) {
    throw new ApiError(409, "Already exists - Variable already exists");
  }
  saveSetting(call.github, call.repository, { kind: "variable", ...body });
  return { kind: "json", status: 201, body: {} };
}

const variableChange = z.object({ name: z.optional(z.string()), value: z.optional(z.string()) });

async function changeVariable(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, variableChange, "Variable");
  const known = find(call, "variable", param(call, "name"));
  if (body.name !== undefined && body.name.toUpperCase() !== known.name) {
    call.github.records.settings.delete(known.id);
  }
  saveSetting(call.github, call.repository, {
    kind: "variable",
    name: body.name ?? known.name,
    value: body.value ?? known.value,
  });
  return noContent();
}

function deleteSetting(kind: Setting["kind"]): (call: RepositoryCall) => Reply {
  return (call) => {
    call.github.records.settings.delete(find(call, kind, param(call, "name")).id);
    return noContent();
  };
}

function putSecret(): Reply {
  throw new ApiError(
    501,
    'The local GitHub does not implement sealed secrets. Use PUT /_sandbox/repos/{owner}/{repo}/secrets/{name} with {"value": …}.',
  );
}

const [variables, secrets] = ["/actions/variables", "/actions/secrets"];

/** Variables, and the names of secrets. Their sealed form is not taken. */
export const settingRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: variables, need: "admin", handle: listVariables },
  { method: "POST", path: variables, need: "admin", handle: createVariable },
  {
    method: "GET",
    path: `${variables}/:name`,
    need: "admin",
    handle: (call) => ok(presentVariable(find(call, "variable", param(call, "name")))),
  },
  { method: "PATCH", path: `${variables}/:name`, need: "admin", handle: changeVariable },
  {
    method: "DELETE",
    path: `${variables}/:name`,
    need: "admin",
    handle: deleteSetting("variable"),
  },
  { method: "GET", path: secrets, need: "admin", handle: listSecrets },
  {
    method: "GET",
    path: `${secrets}/:name`,
    need: "admin",
    handle: (call) => ok(presentSecret(find(call, "secret", param(call, "name")))),
  },
  { method: "PUT", path: `${secrets}/:name`, need: "admin", handle: putSecret },
  { method: "DELETE", path: `${secrets}/:name`, need: "admin", handle: deleteSetting("secret") },
];
