import { param, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { fullName } from "./github.ts";
import { runGit } from "./git.ts";
import { readObject, resolveCommit, resolveRevision } from "./git-objects.ts";
import { ApiError, notFound, redirect, type Reply } from "./replies.ts";

const extensions = { tarball: "tar.gz", zipball: "zip" } as const;

function sendToArchive(format: keyof typeof extensions): (call: RepositoryCall) => Promise<Reply> {
  return async (call) => {
    const name = call.params["ref"] ?? call.repository.defaultBranch;
    const sha = await resolveCommit(call.directory, name);
    if (sha === undefined) throw notFound();
    const path = `/_codeload/${fullName(call.repository)}/${extensions[format]}/${sha}`;
    const signature = call.github.signingKey.signUrl(path);
    return redirect(`${call.github.url}${path}?sig=${signature}`);
  };
}

/** A commit's files as an archive, on a signed address. */
export async function serveArchive(call: RepositoryCall): Promise<Reply> {
  if (call.url.searchParams.get("sig") !== call.github.signingKey.signUrl(call.url.pathname)) {
    throw new ApiError(403, "The address was changed.");
  }
  const [format, sha] = [param(call, "format"), param(call, "sha")];
  const { owner, name } = call.repository;
  const { stdout } = await runGit(call.directory, [
    "archive",
    `--format=${format === "zip" ? "zip" : "tar.gz"}`,
    `--prefix=${owner}-${name}-${sha.slice(0, 7)}/`,
    sha,
  ]);
  return {
    kind: "bytes",
    status: 200,
    body: stdout,
    headers: {
      "content-type": format === "zip" ? "application/zip" : "application/x-gzip",
      "content-disposition": `attachment; filename=${owner}-${name}-${sha.slice(0, 7)}.${format}`,
    },
  };
}

/** A file of a commit as it is. */
export async function serveRawFile(call: RepositoryCall): Promise<Reply> {
  const commit = await resolveCommit(call.directory, param(call, "ref"));
  const path = param(call, "path");
  const sha =
    commit === undefined ? undefined : await resolveRevision(call.directory, `${commit}:${path}`);
  const object = sha === undefined ? undefined : await readObject(call.directory, sha);
  if (object?.type !== "blob") throw notFound();
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return { kind: "bytes", status: 200, body: object.content, headers };
}

/** Archives of a commit's files. */
export const archiveRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/tarball", need: "contents:read", handle: sendToArchive("tarball") },
  {
    method: "GET",
    path: "/tarball/:ref+",
    need: "contents:read",
    handle: sendToArchive("tarball"),
  },
  { method: "GET", path: "/zipball", need: "contents:read", handle: sendToArchive("zipball") },
  {
    method: "GET",
    path: "/zipball/:ref+",
    need: "contents:read",
    handle: sendToArchive("zipball"),
  },
];
