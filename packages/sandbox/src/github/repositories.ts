import { rm } from "node:fs/promises";
import * as z from "zod/mini";
import {
  paginate,
  param,
  readBody,
  type Call,
  type RepositoryCall,
  type RepositoryRoute,
  type Route,
} from "./calls.ts";
import {
  directoryOf,
  findRepository,
  findUser,
  fullName,
  now,
  updateRepository,
  type Github,
} from "./github.ts";
import { initializeRepository, runGit } from "./git.ts";
import { readRef } from "./git-refs.ts";
import { writeCommit, writeObject, zeroSha } from "./git-objects.ts";
import { writeTree } from "./git-trees.ts";
import { presentRepository, presentUser } from "./presenters.ts";
import type { Repository } from "./records.ts";
import { moveRef } from "./ref-updates.ts";
import { ApiError, created, invalid, noContent, notFound, ok, type Reply } from "./replies.ts";
import { loginOf, type Caller } from "./tokens.ts";

/** What a new repository is made from. */
interface NewRepository {
  readonly owner: string;
  readonly name: string;
  readonly private?: boolean | undefined;
  readonly description?: string | null | undefined;
  readonly homepage?: string | null | undefined;
}

/** Makes a repository and its empty bare git repository. */
async function createRepository(github: Github, wanted: NewRepository): Promise<Repository> {
  if (!/^[A-Za-z0-9._-]+$/.test(wanted.name)) {
    throw invalid({ resource: "Repository", code: "invalid", field: "name" });
  }
  if (findRepository(github, wanted.owner, wanted.name) !== undefined) {
    throw new ApiError(422, "Repository creation failed.", {
      errors: [
        {
          resource: "Repository",
          code: "custom",
          field: "name",
          message: "name already exists on this account",
        },
      ],
    });
  }
  const at = now();
  const repository: Repository = {
    id: 700_000_000 + github.store.nextId("repository"),
    owner: findUser(github, wanted.owner).login,
    name: wanted.name,
    private: wanted.private ?? false,
    description: wanted.description ?? null,
    homepage: wanted.homepage ?? null,
    defaultBranch: "main",
    immutableReleases: false,
    archived: false,
    topics: [],
    latestReleaseId: null,
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
  };
  await initializeRepository(directoryOf(github, repository), repository.defaultBranch);
  return github.records.repositories.put(repository.id, repository);
}

const newRepository = z.object({
  name: z.string(),
  private: z.optional(z.boolean()),
  visibility: z.optional(z.string()),
  description: z.optional(z.nullable(z.string())),
  homepage: z.optional(z.nullable(z.string())),
  auto_init: z.optional(z.boolean()),
});

function createIn(ownerOf: (call: Call) => string): (call: Call) => Promise<Reply> {
  return async (call) => {
    if (call.caller.kind === "anonymous") throw new ApiError(401, "Requires authentication");
    if (call.caller.kind === "job") {
      throw new ApiError(403, "Resource not accessible by integration");
    }
    const body = await readBody(call, newRepository, "Repository");
    const repository = await createRepository(call.github, {
      owner: ownerOf(call),
      ...body,
      private: body.private ?? body.visibility === "private",
    });
    if (body.auto_init === true) await commitReadme(call, repository);
    return created(presentFor(call.github, repository, call.caller));
  };
}

async function commitReadme(call: Call, repository: Repository): Promise<void> {
  const directory = directoryOf(call.github, repository);
  const sha = await writeObject(directory, "blob", `# ${repository.name}\n`);
  const tree = await writeTree(directory, undefined, [{ path: "README.md", mode: "100644", sha }]);
  const login = loginOf(call.caller);
  const who = { name: login, email: `${login}@users.noreply.github.localhost`, date: now() };
  const message = "Initial commit";
  const after = await writeCommit(directory, {
    tree,
    parents: [],
    author: who,
    committer: who,
    message,
  });
  const change = { ref: `refs/heads/${repository.defaultBranch}`, before: zeroSha, after };
  await moveRef(call.github, repository, { change, caller: call.caller });
}

function presentFor(
  github: Github,
  repository: Repository,
  caller: Caller,
): Record<string, unknown> {
  const canPush =
    caller.kind === "person" ||
    (caller.kind === "job" && caller.job.permissions["contents"] === "write");
  const isPerson = caller.kind === "person";
  return {
    ...presentRepository(github, repository),
    ...(caller.kind === "anonymous"
      ? {}
      : {
          permissions: {
            admin: isPerson,
            maintain: isPerson,
            push: canPush,
            triage: canPush,
            pull: true,
          },
        }),
  };
}

function getRepository(call: RepositoryCall): Reply {
  return ok(presentFor(call.github, call.repository, call.caller));
}

const repositoryChange = z.object({
  name: z.optional(z.string()),
  private: z.optional(z.boolean()),
  visibility: z.optional(z.string()),
  description: z.optional(z.nullable(z.string())),
  homepage: z.optional(z.nullable(z.string())),
  default_branch: z.optional(z.string()),
  archived: z.optional(z.boolean()),
});

async function changeRepository(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, repositoryChange, "Repository");
  const branch = body.default_branch;
  if (branch !== undefined) {
    const ref = `refs/heads/${branch}`;
    if ((await readRef(call.directory, ref)) === undefined) {
      throw invalid({
        resource: "Repository",
        code: "invalid",
        field: "default_branch",
        message: `The branch ${branch} was not found. Please push that ref first or create it via the Git Data API.`,
      });
    }
    await runGit(call.directory, ["symbolic-ref", "HEAD", ref]);
  }
  const isPrivate =
    body.private ?? (body.visibility === undefined ? undefined : body.visibility === "private");
  const change: Partial<Repository> = {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(isPrivate === undefined ? {} : { private: isPrivate }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...(body.homepage === undefined ? {} : { homepage: body.homepage }),
    ...(branch === undefined ? {} : { defaultBranch: branch }),
    ...(body.archived === undefined ? {} : { archived: body.archived }),
  };
  return ok(
    presentFor(call.github, updateRepository(call.github, call.repository, change), call.caller),
  );
}

async function deleteRepository(call: RepositoryCall): Promise<Reply> {
  const { records } = call.github;
  const owned = [
    records.releases,
    records.assets,
    records.labels,
    records.issues,
    records.comments,
    records.pulls,
    records.checkRuns,
    records.statuses,
    records.deployments,
    records.deploymentStatuses,
    records.environments,
    records.workflows,
    records.artifacts,
    records.caches,
    records.settings,
  ];
  for (const collection of owned) {
    for (const record of collection.all()) {
      if (record.repositoryId === call.repository.id) collection.delete(record.id);
    }
  }
  for (const { repositoryId, run } of records.runs.all()) {
    if (repositoryId === call.repository.id) records.runs.delete(run.id);
  }
  records.repositories.delete(call.repository.id);
  await rm(call.directory, { recursive: true, force: true });
  return noContent();
}

async function listOwnRepositories(call: Call): Promise<Reply> {
  if (call.caller.kind === "anonymous") throw new ApiError(401, "Requires authentication");
  const { caller } = call;
  const visible = call.github.records.repositories
    .all()
    .filter((one) => caller.kind !== "job" || caller.job.repository === fullName(one));
  return paginate(call, visible, (shown) =>
    shown.map((repository) => presentFor(call.github, repository, caller)),
  );
}

function getUser(call: Call): Reply {
  if (call.caller.kind === "anonymous") throw new ApiError(401, "Requires authentication");
  if (call.caller.kind === "job") throw new ApiError(403, "Resource not accessible by integration");
  return ok(presentAccount(call.github, call.caller.login));
}

function getUserByName(call: Call): Reply {
  const login = param(call, "username");
  if (call.github.records.users.get(login) === undefined) throw notFound();
  return ok(presentAccount(call.github, login));
}

function presentAccount(github: Github, login: string): Record<string, unknown> {
  const repositories = github.records.repositories.all().filter((one) => one.owner === login);
  return {
    ...presentUser(github, login),
    name: login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: repositories.filter((one) => !one.private).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: "2020-01-01T00:00:00Z",
    updated_at: "2020-01-01T00:00:00Z",
  };
}

/** Accounts and the making of repositories. */
export const accountRoutes: readonly Route[] = [
  { method: "GET", path: "/user", handle: getUser },
  { method: "GET", path: "/users/:username", handle: getUserByName },
  { method: "GET", path: "/user/repos", handle: listOwnRepositories },
  { method: "POST", path: "/user/repos", handle: createIn((call) => loginOf(call.caller)) },
  { method: "POST", path: "/orgs/:org/repos", handle: createIn((call) => param(call, "org")) },
];

function getImmutability(call: RepositoryCall): Reply {
  // GitHub answers 404 where the setting is off.
  if (!call.repository.immutableReleases) throw notFound();
  return ok({ enabled: true, enforced_by_owner: false });
}

function setImmutability(immutableReleases: boolean): (call: RepositoryCall) => Reply {
  return (call) => {
    updateRepository(call.github, call.repository, { immutableReleases });
    return noContent();
  };
}

/** A repository's own settings. */
export const repositoryRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "", need: "none", handle: getRepository },
  { method: "PATCH", path: "", need: "admin", handle: changeRepository },
  { method: "DELETE", path: "", need: "admin", handle: deleteRepository },
  { method: "GET", path: "/immutable-releases", need: "admin", handle: getImmutability },
  { method: "PUT", path: "/immutable-releases", need: "admin", handle: setImmutability(true) },
  { method: "DELETE", path: "/immutable-releases", need: "admin", handle: setImmutability(false) },
];
