import {
  directoryOf,
  emit,
  fullName,
  inTurn,
  updateRepository,
  now,
  type Github,
} from "./github.ts";
import { readRef, updateRef, type RefChange, type RefUpdate } from "./git-refs.ts";
import { resolveRevision, zeroSha } from "./git-objects.ts";
import { runGit } from "./git.ts";
import { composePushPayload } from "./push-events.ts";
import { refreshPulls } from "./pull-heads.ts";
import type { Repository } from "./records.ts";
import { notAccessible } from "./replies.ts";
import { loginOf, type Caller } from "./tokens.ts";

/**
 * Refuses a job token a ref whose commit has other workflow files than the default branch: GitHub
 * gives `GITHUB_TOKEN` no way to bring workflows in.
 */
export async function refuseForeignWorkflows(
  github: Github,
  repository: Repository,
  { caller, sha }: { readonly caller: Caller; readonly sha: string },
): Promise<void> {
  if (caller.kind !== "job" || sha === zeroSha) return;
  const directory = directoryOf(github, repository);
  const [own, main] = await Promise.all([
    resolveRevision(directory, `${sha}^{commit}:.github/workflows`),
    resolveRevision(directory, `refs/heads/${repository.defaultBranch}:.github/workflows`),
  ]);
  if (own !== main && own !== undefined) throw notAccessible("contents=write; workflows=write");
}

/** Moves a ref for a caller of the REST API and lets everything follow that follows a push. */
export async function moveRef(
  github: Github,
  repository: Repository,
  { change, caller }: { readonly change: RefChange; readonly caller: Caller },
): Promise<RefUpdate> {
  await refuseForeignWorkflows(github, repository, { caller, sha: change.after });
  const update = await updateRef(directoryOf(github, repository), change);
  if (update.kind === "updated")
    await followRefChanges(github, repository, { changes: [change], caller });
  return update;
}

/** What follows after refs have moved: the events, then pull requests. */
export function followRefChanges(
  github: Github,
  repository: Repository,
  moved: { readonly changes: readonly RefChange[]; readonly caller: Caller },
): Promise<void> {
  return inTurn(github, () => follow(github, repository, moved));
}

async function follow(
  github: Github,
  repository: Repository,
  { changes, caller }: { readonly changes: readonly RefChange[]; readonly caller: Caller },
): Promise<void> {
  const current = updateRepository(github, repository, {
    pushedAt: now(),
    ...(await chooseDefaultBranch(github, repository, changes)),
  });
  // Like GitHub: more than three tags at once are not told of.
  const tags = changes.filter(({ ref }) => ref.startsWith("refs/tags/"));
  const told =
    tags.length > 3 ? changes.filter(({ ref }) => !ref.startsWith("refs/tags/")) : changes;
  for (const change of told) {
    if (mayBeHeard(github, caller)) await emitRefEvents(github, current, { change, caller });
    if (change.ref.startsWith("refs/heads/")) {
      await refreshPulls(github, current, { change, caller });
    }
  }
}

// What nobody will hear need not be composed: that costs some calls of git.
function mayBeHeard(github: Github, caller: Caller): boolean {
  return github.eventListeners.size > 0 && caller.kind !== "job";
}

// The first branch that is pushed to an empty repository becomes its default.
async function chooseDefaultBranch(
  github: Github,
  repository: Repository,
  changes: readonly RefChange[],
): Promise<Partial<Repository>> {
  const directory = directoryOf(github, repository);
  if ((await readRef(directory, `refs/heads/${repository.defaultBranch}`)) !== undefined) return {};
  const first = changes.find(
    ({ ref, before }) => ref.startsWith("refs/heads/") && before === zeroSha,
  );
  if (first === undefined) return {};
  await runGit(directory, ["symbolic-ref", "HEAD", first.ref]);
  return { defaultBranch: first.ref.slice("refs/heads/".length) };
}

async function emitRefEvents(
  github: Github,
  repository: Repository,
  { change, caller }: { readonly change: RefChange; readonly caller: Caller },
): Promise<void> {
  if (!/^refs\/(heads|tags)\//.test(change.ref)) return;
  const actor = loginOf(caller);
  const payload = await composePushPayload(github, repository, { change, actor });
  const isDeletion = change.after === zeroSha;
  const common = { repository: fullName(repository), actor };
  const lifecycle = {
    ref: change.ref.replace(/^refs\/(heads|tags)\//, ""),
    ref_type: change.ref.startsWith("refs/heads/") ? "branch" : "tag",
    master_branch: repository.defaultBranch,
    pusher_type: "user",
    repository: payload["repository"],
    sender: payload["sender"],
  };
  if (isDeletion) {
    const head = await resolveRevision(
      directoryOf(github, repository),
      `refs/heads/${repository.defaultBranch}`,
    );
    const main = { ref: `refs/heads/${repository.defaultBranch}`, sha: head ?? zeroSha };
    emit(github, { ...common, ...main, name: "delete", payload: lifecycle }, caller);
  } else if (change.before === zeroSha) {
    emit(
      github,
      {
        ...common,
        name: "create",
        ref: change.ref,
        sha: headSha(payload, change),
        payload: lifecycle,
      },
      caller,
    );
  }
  if (isDeletion) return;
  emit(
    github,
    { ...common, name: "push", ref: change.ref, sha: headSha(payload, change), payload },
    caller,
  );
}

// A tag object's push has the tag in `after`, but runs on the commit.
function headSha(payload: Readonly<Record<string, unknown>>, change: RefChange): string {
  const head = payload["head_commit"] as { readonly id?: string } | null;
  return head?.id ?? change.after;
}
