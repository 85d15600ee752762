import * as z from "zod/mini";
import { param, readBody, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { nodeId } from "./github.ts";
import { runGit, runGitText } from "./git.ts";
import { listRefs, readRef, type GitRef } from "./git-refs.ts";
import { readObject, zeroSha } from "./git-objects.ts";
import { repositoryUrl } from "./presenters.ts";
import { moveRef, refuseForeignWorkflows } from "./ref-updates.ts";
import { ApiError, created, noContent, notFound, ok, type Reply } from "./replies.ts";

function presentRef(call: RepositoryCall, { ref, sha, type }: GitRef): Record<string, unknown> {
  const url = `${repositoryUrl(call.github, call.repository)}/git`;
  const path = ref.split("/").map(encodeURIComponent).join("/");
  return {
    ref,
    node_id: nodeId("Ref", `${call.repository.id}:${ref}`),
    url: `${url}/${path}`,
    object: { sha, type, url: `${url}/${type}s/${sha}` },
  };
}

async function requireRef(call: RepositoryCall): Promise<GitRef> {
  const ref = await readRef(call.directory, `refs/${param(call, "ref")}`);
  if (ref === undefined) throw notFound();
  return ref;
}

async function getRef(call: RepositoryCall): Promise<Reply> {
  return ok(presentRef(call, await requireRef(call)));
}

async function listMatchingRefs(call: RepositoryCall): Promise<Reply> {
  const refs = await listRefs(call.directory, `refs/${param(call, "ref")}`);
  // GitHub has no paging here.
  return ok(refs.map((ref) => presentRef(call, ref)));
}

const newRef = z.object({ ref: z.string(), sha: z.string() });

async function createRef(call: RepositoryCall): Promise<Reply> {
  const { ref, sha } = await readBody(call, newRef, "Reference");
  if (!/^refs\/[^/]+\/.+/.test(ref)) {
    throw new ApiError(
      422,
      "Reference name must start with 'refs' and contain at least two slashes",
    );
  }
  const check = await runGit(call.directory, ["check-ref-format", ref], { accept: [0, 1] });
  if (check.exitCode !== 0) {
    throw new ApiError(422, `${ref} is not a valid ref name.`);
  }
  refuseHiddenRefs(ref);
  const object = await readObject(call.directory, sha);
  if (object === undefined) throw new ApiError(422, "Object does not exist");
  if (ref.startsWith("refs/heads/") && object.type !== "commit") {
    throw new ApiError(422, "Object is not a commit");
  }
  refuseBurnedTag(call, ref);
  const change = { ref, before: zeroSha, after: object.sha };
  const update = await moveRef(call.github, call.repository, { change, caller: call.caller });
  switch (update.kind) {
    case "updated":
      return created(presentRef(call, { ref, sha: object.sha, type: object.type }));
    case "moved":
      throw new ApiError(422, "Reference already exists");
    case "invalid":
      throw new ApiError(422, update.detail);
  }
}

function refuseHiddenRefs(ref: string): void {
  if (ref.startsWith("refs/pull/")) {
    throw new ApiError(422, "Reference update failed: refs/pull is read-only");
  }
}

function burnedKey(call: RepositoryCall, ref: string): string {
  return `${call.repository.id}:${ref.slice("refs/tags/".length)}`;
}

// Once an immutable release has carried a tag name, the name is gone, with the release or without.
function refuseBurnedTag(call: RepositoryCall, ref: string): void {
  if (!ref.startsWith("refs/tags/")) return;
  if (call.github.records.burnedTags.get(burnedKey(call, ref)) !== undefined) {
    throw new ApiError(422, "Cannot create or move a tag that was used by an immutable release");
  }
}

const refMove = z.object({ sha: z.string(), force: z.optional(z.boolean()) });

async function moveExistingRef(call: RepositoryCall): Promise<Reply> {
  const { sha, force } = await readBody(call, refMove, "Reference");
  const current = await readRef(call.directory, `refs/${param(call, "ref")}`);
  if (current === undefined) throw new ApiError(422, "Reference does not exist");
  refuseHiddenRefs(current.ref);
  refuseBurnedTag(call, current.ref);
  const object = await readObject(call.directory, sha);
  if (object === undefined) throw new ApiError(422, "Object does not exist");
  if (force !== true && !(await isFastForward(call.directory, current.sha, sha))) {
    throw new ApiError(422, "Update is not a fast forward");
  }
  const change = { ref: current.ref, before: current.sha, after: object.sha };
  const update = await moveRef(call.github, call.repository, { change, caller: call.caller });
  if (update.kind !== "updated") {
    throw new ApiError(409, "Reference cannot be updated: it has moved in the meantime");
  }
  return ok(presentRef(call, { ref: current.ref, sha: object.sha, type: object.type }));
}

async function isFastForward(directory: string, from: string, to: string): Promise<boolean> {
  const behind = await runGitText(directory, ["rev-list", "--count", from, "--not", to]);
  return behind === "0";
}

async function deleteRef(call: RepositoryCall): Promise<Reply> {
  const current = await readRef(call.directory, `refs/${param(call, "ref")}`);
  if (current === undefined) throw new ApiError(422, "Reference does not exist");
  refuseHiddenRefs(current.ref);
  if (current.ref === `refs/heads/${call.repository.defaultBranch}`) {
    throw new ApiError(422, "Cannot delete the default branch");
  }
  const protectedBy = call.github.records.releases
    .all()
    .find(
      (release) =>
        release.repositoryId === call.repository.id &&
        release.immutable &&
        `refs/tags/${release.tagName}` === current.ref,
    );
  if (protectedBy !== undefined) {
    throw new ApiError(422, "Cannot delete a tag that belongs to an immutable release");
  }
  const change = { ref: current.ref, before: current.sha, after: zeroSha };
  const update = await moveRef(call.github, call.repository, { change, caller: call.caller });
  if (update.kind !== "updated") throw new ApiError(409, "Reference has moved in the meantime");
  return noContent();
}

/**
 * Makes a lightweight tag for a release when there is none.
 *
 * @returns whether the tag is there now; false when its target does not exist
 */
export async function ensureReleaseTag(
  call: RepositoryCall,
  tag: string,
  target: string | undefined,
): Promise<boolean> {
  const ref = `refs/tags/${tag}`;
  const existing = await readRef(call.directory, ref);
  const sha = existing?.sha ?? target;
  if (sha === undefined) return false;
  const { github, repository, caller } = call;
  if (existing !== undefined) {
    await refuseForeignWorkflows(github, repository, { caller, sha });
    return true;
  }
  refuseBurnedTag(call, ref);
  const change = { ref, before: zeroSha, after: sha };
  const update = await moveRef(github, repository, { change, caller });
  return update.kind !== "invalid";
}

/** Refs: the only atomic claim that GitHub offers. */
export const refRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/git/ref/:ref+", need: "contents:read", handle: getRef },
  {
    method: "GET",
    path: "/git/matching-refs/:ref+",
    need: "contents:read",
    handle: listMatchingRefs,
  },
  { method: "POST", path: "/git/refs", need: "contents:write", handle: createRef },
  { method: "PATCH", path: "/git/refs/:ref+", need: "contents:write", handle: moveExistingRef },
  { method: "DELETE", path: "/git/refs/:ref+", need: "contents:write", handle: deleteRef },
];
