import * as z from "zod/mini";
import { param, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { composeSignature, presentGitCommit, wrapBase64 } from "./git-database.ts";
import { listTree, writeTree, type TreeEntry } from "./git-trees.ts";
import {
  parseCommit,
  readObject,
  resolveCommit,
  resolveRevision,
  writeCommit,
  writeObject,
  zeroSha,
} from "./git-objects.ts";
import { readRef } from "./git-refs.ts";
import { repositoryPage, repositoryUrl } from "./presenters.ts";
import { moveRef } from "./ref-updates.ts";
import { ApiError, notFound, ok, type Reply } from "./replies.ts";

const inlineLimitBytes = 1024 * 1024;

interface Place {
  readonly ref: string;
  readonly commit: string;
  readonly path: string;
}

async function findPlace(call: RepositoryCall, path: string): Promise<Place> {
  const ref = call.url.searchParams.get("ref") ?? call.repository.defaultBranch;
  const commit = await resolveCommit(call.directory, ref);
  if (commit === undefined) throw notFound(`No commit found for the ref ${ref}`);
  return { ref, commit, path: path.replace(/^\/|\/$/g, "") };
}

async function getContents(call: RepositoryCall): Promise<Reply> {
  const place = await findPlace(call, call.params["path"] ?? "");
  const revision = `${place.commit}:${place.path}`;
  const sha = await resolveRevision(call.directory, revision);
  const object = sha === undefined ? undefined : await readObject(call.directory, sha);
  if (object === undefined) throw notFound();
  const accept = call.incoming.headers.accept ?? "";
  if (object.type === "tree") {
    const entries = await listTree(call.directory, object.sha);
    return ok(
      entries.map((entry) =>
        presentEntry(call, place, { ...entry, path: join(place.path, entry.path) }),
      ),
    );
  }
  if (/vnd\.github\.(?:v3\.)?raw/.test(accept)) {
    return {
      kind: "bytes",
      status: 200,
      body: object.content,
      headers: { "content-type": "application/vnd.github.raw; charset=utf-8" },
    };
  }
  const isInline = object.content.length <= inlineLimitBytes;
  const entry: TreeEntry = {
    mode: "100644",
    type: "blob",
    sha: object.sha,
    path: place.path,
    sizeBytes: object.content.length,
  };
  return ok({
    ...presentEntry(call, place, entry),
    content: isInline ? wrapBase64(object.content) : "",
    encoding: isInline ? "base64" : "none",
  });
}

function join(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

function presentEntry(
  call: RepositoryCall,
  place: Place,
  entry: TreeEntry,
): Record<string, unknown> {
  const path = entry.path.split("/").map(encodeURIComponent).join("/");
  const url = `${repositoryUrl(call.github, call.repository)}/contents/${path}?ref=${encodeURIComponent(place.ref)}`;
  const kind = entry.type === "tree" ? "tree" : "blob";
  const gitUrl = `${repositoryUrl(call.github, call.repository)}/git/${kind}s/${entry.sha}`;
  const page = `${repositoryPage(call.github, call.repository)}/${kind}/${place.ref}/${path}`;
  const types: Readonly<Record<string, string>> = {
    tree: "dir",
    blob: "file",
    commit: "submodule",
  };
  return {
    name: entry.path.split("/").at(-1) ?? "",
    path: entry.path,
    sha: entry.sha,
    size: entry.sizeBytes ?? 0,
    url,
    html_url: page,
    git_url: gitUrl,
    download_url:
      kind === "blob"
        ? `${repositoryPage(call.github, call.repository)}/raw/${place.ref}/${path}`
        : null,
    type: entry.mode === "120000" ? "symlink" : (types[entry.type] ?? "file"),
    _links: { self: url, git: gitUrl, html: page },
  };
}

const person = z.object({
  name: z.string(),
  email: z.string(),
  date: z.optional(z.string()),
});

const fileWrite = z.object({
  message: z.string(),
  content: z.string(),
  sha: z.optional(z.string()),
  branch: z.optional(z.string()),
  committer: z.optional(person),
  author: z.optional(person),
});

async function writeFile(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, fileWrite, "Content");
  const sha = await writeObject(call.directory, "blob", Buffer.from(body.content, "base64"));
  const { commit, isNew } = await commitFile(call, { ...body, blob: sha });
  const place = { ref: body.branch ?? call.repository.defaultBranch, commit: "", path: "" };
  const [entry] = await listTree(call.directory, `${commit}^{tree}`, { path: param(call, "path") });
  if (entry === undefined) throw new Error("The committed file is not in its commit.");
  return {
    kind: "json",
    status: isNew ? 201 : 200,
    body: { content: presentEntry(call, place, entry), commit: await showCommit(call, commit) },
  };
}

const fileDeletion = z.object({
  message: z.string(),
  sha: z.string(),
  branch: z.optional(z.string()),
  committer: z.optional(person),
  author: z.optional(person),
});

async function deleteFile(call: RepositoryCall): Promise<Reply> {
  const body = await readBody(call, fileDeletion, "Content");
  const { commit } = await commitFile(call, { ...body, blob: null });
  return ok({ content: null, commit: await showCommit(call, commit) });
}

async function showCommit(call: RepositoryCall, sha: string): Promise<Record<string, unknown>> {
  const object = await readObject(call.directory, sha);
  if (object === undefined) throw notFound();
  return presentGitCommit(call.github, call.repository, parseCommit(object));
}

interface FileChange {
  readonly message: string;
  readonly blob: string | null;
  readonly sha?: string | undefined;
  readonly branch?: string | undefined;
  readonly author?: z.infer<typeof person> | undefined;
  readonly committer?: z.infer<typeof person> | undefined;
}

async function commitFile(
  call: RepositoryCall,
  change: FileChange,
): Promise<{ readonly commit: string; readonly isNew: boolean }> {
  const path = param(call, "path");
  const ref = `refs/heads/${change.branch ?? call.repository.defaultBranch}`;
  const branch = await readRef(call.directory, ref);
  const isFirst = branch === undefined && change.branch === undefined;
  if (branch === undefined && !isFirst) throw notFound(`Branch ${change.branch} not found`);
  const current = await resolveRevision(call.directory, `${ref}:${path}`);
  refuseStaleSha({ path, current, given: change.sha, isDeletion: change.blob === null });
  const base = branch === undefined ? undefined : `${branch.sha}^{tree}`;
  const mode = "100644";
  const tree = await writeTree(call.directory, base, [{ path, mode, sha: change.blob }]);
  const author = composeSignature(call, change.author ?? change.committer);
  const commit = await writeCommit(call.directory, {
    tree,
    parents: branch === undefined ? [] : [branch.sha],
    author,
    committer: change.committer === undefined ? author : composeSignature(call, change.committer),
    message: change.message,
  });
  const update = await moveRef(call.github, call.repository, {
    change: { ref, before: branch?.sha ?? zeroSha, after: commit },
    caller: call.caller,
  });
  if (update.kind !== "updated") {
    throw new ApiError(409, `is at ${branch?.sha ?? zeroSha} but expected ${commit}`);
  }
  return { commit, isNew: current === undefined };
}

function refuseStaleSha(file: {
  readonly path: string;
  readonly current: string | undefined;
  readonly given: string | undefined;
  readonly isDeletion: boolean;
}): void {
  const { path, current, given, isDeletion } = file;
  if (isDeletion && current === undefined) throw notFound();
  if (current !== undefined && given === undefined) {
    throw new ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  }
  if (given !== undefined && given !== current) {
    throw new ApiError(409, `${path} does not match ${given}`);
  }
}

/** Files through the REST API, a commit for each change. */
export const contentRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/contents", need: "contents:read", handle: getContents },
  { method: "GET", path: "/contents/:path+", need: "contents:read", handle: getContents },
  { method: "PUT", path: "/contents/:path+", need: "contents:write", handle: writeFile },
  { method: "DELETE", path: "/contents/:path+", need: "contents:write", handle: deleteFile },
];
