import * as z from "zod/mini";
import { param, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { unsigned } from "./commits.ts";
import { nodeId, now, type Github } from "./github.ts";
import { GitError } from "./git.ts";
import { listTree, writeTree, type TreeChange, type TreeEntry } from "./git-trees.ts";
import {
  parseCommit,
  parseTag,
  readObject,
  resolveRevision,
  writeCommit,
  writeObject,
  writeTag,
  type GitCommit,
  type GitTag,
  type Signature,
} from "./git-objects.ts";
import { repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Repository } from "./records.ts";
import { ApiError, created, invalid, notFound, ok, type Reply } from "./replies.ts";
import { loginOf } from "./tokens.ts";

const shaPattern = /^[0-9a-f]{40}$/;

const newBlob = z.object({
  content: z.string(),
  encoding: z.optional(z.enum(["utf-8", "base64"])),
});

async function createBlob(call: RepositoryCall): Promise<Reply> {
  const { content, encoding } = await readBody(call, newBlob, "Blob");
  const bytes = Buffer.from(content, encoding === "base64" ? "base64" : "utf8");
  const sha = await writeObject(call.directory, "blob", bytes);
  return created({ sha, url: `${repositoryUrl(call.github, call.repository)}/git/blobs/${sha}` });
}

async function getBlob(call: RepositoryCall): Promise<Reply> {
  const object = await readObject(call.directory, param(call, "sha"));
  if (object?.type !== "blob") throw notFound();
  if (/vnd\.github\.(?:v3\.)?raw/.test(call.incoming.headers.accept ?? "")) {
    return {
      kind: "bytes",
      status: 200,
      body: object.content,
      headers: { "content-type": "application/vnd.github.raw; charset=utf-8" },
    };
  }
  return ok({
    sha: object.sha,
    node_id: nodeId("Blob", object.sha),
    size: object.content.length,
    url: `${repositoryUrl(call.github, call.repository)}/git/blobs/${object.sha}`,
    content: wrapBase64(object.content),
    encoding: "base64",
  });
}

/** Base64 in lines of 60, as GitHub sends it. */
export function wrapBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("base64")
    .replaceAll(/.{1,60}/g, "$&\n");
}

const newTree = z.object({
  base_tree: z.optional(z.nullable(z.string())),
  tree: z.array(
    z.object({
      path: z.string(),
      mode: z.optional(z.enum(["100644", "100755", "040000", "160000", "120000"])),
      type: z.optional(z.enum(["blob", "tree", "commit"])),
      sha: z.optional(z.nullable(z.string())),
      content: z.optional(z.string()),
    }),
  ),
});

async function createTree(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newTree, "Tree");
  const base =
    typeof body.base_tree !== "string"
      ? undefined
      : await resolveRevision(call.directory, `${body.base_tree}^{tree}`);
  if (typeof body.base_tree === "string" && base === undefined) {
    throw new ApiError(404, "Not Found");
  }
  const changes: TreeChange[] = [];
  for (const entry of body.tree) {
    const isBadPath = entry.path === "" || /(^|\/)(\.git|\.\.?)?(\/|$)/i.test(entry.path);
    if (isBadPath) {
      throw new ApiError(422, "tree.path contains a malformed path component");
    }
    const sha =
      entry.content === undefined
        ? (entry.sha ?? null)
        : await writeObject(call.directory, "blob", entry.content);
    if (sha !== null && entry.mode !== "160000") {
      const object = await readObject(call.directory, sha);
      if (object === undefined) throw new ApiError(422, `tree.sha ${sha} is not a valid sha`);
    }
    changes.push({ path: entry.path, mode: entry.mode ?? "100644", sha });
  }
  const sha = await writeTree(call.directory, base, changes);
  const entries = await listTree(call.directory, sha);
  return created(presentTree(call, sha, entries));
}

async function getTree(call: RepositoryCall): Promise<Reply> {
  const sha = await resolveRevision(call.directory, `${param(call, "sha")}^{tree}`);
  if (sha === undefined) throw notFound();
  const recursive = call.url.searchParams.has("recursive");
  return ok(presentTree(call, sha, await listTree(call.directory, sha, { recursive })));
}

function presentTree(
  call: RepositoryCall,
  sha: string,
  entries: readonly TreeEntry[],
): Record<string, unknown> {
  const url = `${repositoryUrl(call.github, call.repository)}/git`;
  return {
    sha,
    url: `${url}/trees/${sha}`,
    tree: entries.map((entry) => ({
      path: entry.path,
      mode: entry.mode,
      type: entry.type,
      sha: entry.sha,
      ...(entry.sizeBytes === null ? {} : { size: entry.sizeBytes }),
      ...(entry.type === "commit" ? {} : { url: `${url}/${entry.type}s/${entry.sha}` }),
    })),
    truncated: false,
  };
}

const signature = z.object({
  name: z.string(),
  email: z.string(),
  date: z.optional(z.string()),
});

/** A signature from a body, or the caller's own. */
export function composeSignature(
  call: RepositoryCall,
  given: z.infer<typeof signature> | undefined,
): Signature {
  const login = loginOf(call.caller);
  const date = given?.date === undefined ? now() : given.date;
  if (Number.isNaN(Date.parse(date))) throw new ApiError(422, `Invalid date: ${date}`);
  return {
    name: given?.name ?? login,
    email: given?.email ?? `${login}@users.noreply.github.localhost`,
    date,
  };
}

const newCommit = z.object({
  message: z.string(),
  tree: z.string(),
  parents: z.optional(z.array(z.string())),
  author: z.optional(signature),
  committer: z.optional(signature),
  signature: z.optional(z.string()),
});

async function createCommit(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newCommit, "Commit");
  if (body.signature !== undefined) {
    throw new ApiError(501, "The local GitHub does not implement signed commits.");
  }
  const tree = await readObject(call.directory, body.tree);
  if (tree?.type !== "tree") throw new ApiError(422, "Tree SHA does not exist");
  for (const parent of body.parents ?? []) {
    const object = await readObject(call.directory, parent);
    if (object?.type !== "commit") {
      throw new ApiError(422, "Parent SHA does not exist or is not a commit object");
    }
  }
  const author = composeSignature(call, body.author);
  const commit = {
    tree: body.tree,
    parents: body.parents ?? [],
    author,
    committer: body.committer === undefined ? author : composeSignature(call, body.committer),
    message: body.message,
  };
  const sha = await writeCommit(call.directory, commit);
  return created(presentGitCommit(call.github, call.repository, { ...commit, sha }));
}

/** A commit as the git database shows it. */
export function presentGitCommit(
  github: Github,
  repository: Repository,
  commit: GitCommit,
): Record<string, unknown> {
  const url = `${repositoryUrl(github, repository)}/git`;
  const page = repositoryPage(github, repository);
  return {
    sha: commit.sha,
    node_id: nodeId("Commit", commit.sha),
    url: `${url}/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    author: toUtc(commit.author),
    committer: toUtc(commit.committer),
    tree: { sha: commit.tree, url: `${url}/trees/${commit.tree}` },
    message: commit.message.replace(/\n$/, ""),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
    verification: unsigned,
  };
}

function toUtc(who: Signature): Signature {
  return { ...who, date: new Date(who.date).toISOString().replace(/\.\d+Z$/, "Z") };
}

async function getGitCommit(call: RepositoryCall): Promise<Reply> {
  const object = await readObject(call.directory, param(call, "sha"));
  if (object?.type !== "commit") throw notFound();
  return ok(presentGitCommit(call.github, call.repository, parseCommit(object)));
}

const newTag = z.object({
  tag: z.string(),
  message: z.string(),
  object: z.string(),
  type: z.enum(["commit", "tree", "blob", "tag"]),
  tagger: z.optional(signature),
});

async function createTag(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, newTag, "Tag");
  if (!shaPattern.test(body.object)) {
    throw invalid({ resource: "Tag", code: "invalid", field: "object" });
  }
  const target = await readObject(call.directory, body.object);
  if (target?.type !== body.type) throw new ApiError(422, "Object does not exist");
  const tag = {
    object: body.object,
    type: body.type,
    tag: body.tag,
    tagger: composeSignature(call, body.tagger),
    message: body.message,
  };
  try {
    const sha = await writeTag(call.directory, tag);
    return created(presentTag(call, { ...tag, sha }));
  } catch (error) {
    if (error instanceof GitError) {
      throw invalid({
        resource: "Tag",
        code: "invalid",
        field: "tag",
        message: error.stderr.trim(),
      });
    }
    throw error;
  }
}

function presentTag(call: RepositoryCall, tag: GitTag): Record<string, unknown> {
  const url = `${repositoryUrl(call.github, call.repository)}/git`;
  return {
    node_id: nodeId("Tag", tag.sha),
    sha: tag.sha,
    url: `${url}/tags/${tag.sha}`,
    tagger: toUtc(tag.tagger),
    object: { sha: tag.object, type: tag.type, url: `${url}/${tag.type}s/${tag.object}` },
    tag: tag.tag,
    message: tag.message,
    verification: unsigned,
  };
}

async function getTag(call: RepositoryCall): Promise<Reply> {
  const object = await readObject(call.directory, param(call, "sha"));
  if (object?.type !== "tag") throw notFound();
  return ok(presentTag(call, parseTag(object)));
}

/** Blobs, trees, commits and tag objects. */
export const gitDatabaseRoutes: readonly RepositoryRoute[] = [
  { method: "POST", path: "/git/blobs", need: "contents:write", handle: createBlob },
  { method: "GET", path: "/git/blobs/:sha", need: "contents:read", handle: getBlob },
  { method: "POST", path: "/git/trees", need: "contents:write", handle: createTree },
  { method: "GET", path: "/git/trees/:sha+", need: "contents:read", handle: getTree },
  { method: "POST", path: "/git/commits", need: "contents:write", handle: createCommit },
  { method: "GET", path: "/git/commits/:sha", need: "contents:read", handle: getGitCommit },
  { method: "POST", path: "/git/tags", need: "contents:write", handle: createTag },
  { method: "GET", path: "/git/tags/:sha", need: "contents:read", handle: getTag },
];
