import * as z from "zod/mini";
import { createPersonalToken } from "./authentication.ts";
import { param, readBody, type Call, type Route } from "./calls.ts";
import { emit, findRepository } from "./github.ts";
import type { Repository, Setting } from "./records.ts";
import { ApiError, noContent, notFound, type Reply } from "./replies.ts";
import { saveSetting } from "./settings.ts";

// Whatever GitHub's API has no plain way for. A job must not be able to call it.
function requirePerson(call: Call): void {
  if (call.caller.kind !== "person") throw new ApiError(401, "A personal token is required.");
}

function requireRepository(call: Call): Repository {
  const repository = findRepository(call.github, param(call, "owner"), param(call, "repo"));
  if (repository === undefined) throw notFound();
  return repository;
}

const settingBody = z.object({ value: z.string() });

function putSetting(kind: Setting["kind"]): (call: Call) => Promise<Reply> {
  return async (call) => {
    requirePerson(call);
    const repository = requireRepository(call);
    const { value } = await readBody(call, settingBody, "Setting");
    saveSetting(call.github, repository, { kind, name: param(call, "name"), value });
    return noContent();
  };
}

const eventBody = z.object({
  name: z.string(),
  repository: z.string(),
  ref: z.string(),
  sha: z.string(),
  actor: z.string(),
  payload: z.record(z.string(), z.unknown()),
  workflow: z.optional(z.string()),
  runId: z.optional(z.int()),
});

async function postEvent(call: Call): Promise<Reply> {
  requirePerson(call);
  const { workflow, runId, ...event } = await readBody(call, eventBody, "RepositoryEvent");
  const [owner = "", name = ""] = event.repository.split("/");
  if (findRepository(call.github, owner, name) === undefined) throw notFound();
  const whole = {
    ...event,
    ...(workflow === undefined ? {} : { workflow }),
    ...(runId === undefined ? {} : { runId }),
  };
  emit(call.github, whole, { kind: "service" });
  return { kind: "empty", status: 202 };
}

const tokenBody = z.object({ login: z.string() });

async function postToken(call: Call): Promise<Reply> {
  requirePerson(call);
  const { login } = await readBody(call, tokenBody, "Token");
  return {
    kind: "json",
    status: 201,
    body: { login, token: createPersonalToken(call.github, login) },
  };
}

/** The sandbox's own handles: settings in the clear, events, further people. */
export const sandboxRoutes: readonly Route[] = [
  {
    method: "PUT",
    path: "/_sandbox/repos/:owner/:repo/secrets/:name",
    handle: putSetting("secret"),
  },
  {
    method: "PUT",
    path: "/_sandbox/repos/:owner/:repo/variables/:name",
    handle: putSetting("variable"),
  },
  { method: "POST", path: "/_sandbox/events", handle: postEvent },
  { method: "POST", path: "/_sandbox/tokens", handle: postToken },
];
