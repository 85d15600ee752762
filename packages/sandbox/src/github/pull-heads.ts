import { directoryOf, emit, fullName, now, type Github } from "./github.ts";
import { runGit, runGitText } from "./git.ts";
import { readRef, updateRef, type RefChange } from "./git-refs.ts";
import { resolveCommit, writeCommit, zeroSha, type Signature } from "./git-objects.ts";
import { setIssueState } from "./issues.ts";
import { presentRepository, presentUser } from "./presenters.ts";
import { presentPull } from "./pull-views.ts";
import type { Issue, Pull, Repository } from "./records.ts";
import { loginOf, type Caller } from "./tokens.ts";

/** The tree of a merge, or `undefined` where the two sides conflict. */
export async function mergeTrees(
  directory: string,
  base: string,
  head: string,
): Promise<string | undefined> {
  const { exitCode, stdout } = await runGit(directory, ["merge-tree", "--write-tree", base, head], {
    accept: [0, 1],
  });
  return exitCode === 0 ? stdout.toString("utf8").split("\n")[0] : undefined;
}

/** Whom GitHub names as committer of merges. */
export function webFlow(): Signature {
  return { name: "GitHub", email: "noreply@github.com", date: now() };
}

async function setRef(directory: string, ref: string, after: string | undefined): Promise<void> {
  const current = await readRef(directory, ref);
  if (current === undefined && after === undefined) return;
  const before = current?.sha ?? zeroSha;
  await updateRef(directory, { ref, before, after: after ?? zeroSha });
}

/** Brings `refs/pull/N/head` and `refs/pull/N/merge` up to where the branches are now. */
export async function refreshTestMerge(
  github: Github,
  repository: Repository,
  pull: Pull,
): Promise<Pull> {
  const directory = directoryOf(github, repository);
  const base = await resolveCommit(directory, `refs/heads/${pull.baseRef}`);
  const prefix = `refs/pull/${pull.number}`;
  await setRef(directory, `${prefix}/head`, pull.headSha);
  const tree = base === undefined ? undefined : await mergeTrees(directory, base, pull.headSha);
  const author = webFlow();
  const mergeCommitSha =
    base === undefined || tree === undefined
      ? undefined
      : await writeCommit(directory, {
          tree,
          parents: [base, pull.headSha],
          author,
          committer: author,
          message: `Merge ${pull.headSha} into ${base}`,
        });
  await setRef(directory, `${prefix}/merge`, mergeCommitSha);
  const refreshed: Pull = {
    ...pull,
    baseSha: base ?? pull.baseSha,
    mergeCommitSha: mergeCommitSha ?? null,
    mergeable: mergeCommitSha !== undefined,
  };
  return github.records.pulls.put(pullKey(repository, pull.number), refreshed);
}

/** Where a pull request is kept. */
export function pullKey(repository: Repository, number: number): string {
  return `${repository.id}:${number}`;
}

/** The issue side of a pull request. */
export function issueOfPull(github: Github, pull: Pull): Issue {
  const issue = github.records.issues
    .all()
    .find((one) => one.repositoryId === pull.repositoryId && one.number === pull.number);
  if (issue === undefined) throw new Error(`Pull request ${pull.number} has no issue.`);
  return issue;
}

/** Tells of a pull request; what cannot be merged starts no workflow, as on GitHub. */
export function emitPull(
  github: Github,
  repository: Repository,
  event: {
    readonly pull: Pull;
    readonly action: string;
    readonly caller: Caller;
    readonly more?: Readonly<Record<string, unknown>>;
  },
): void {
  const { pull, action, caller } = event;
  if (action !== "closed" && pull.mergeCommitSha === null) return;
  const actor = loginOf(caller);
  emit(
    github,
    {
      name: "pull_request",
      repository: fullName(repository),
      ref: `refs/pull/${pull.number}/merge`,
      sha: pull.mergeCommitSha ?? pull.headSha,
      actor,
      payload: {
        action,
        number: pull.number,
        pull_request: presentPull(github, repository, pull),
        ...event.more,
        repository: presentRepository(github, repository),
        sender: presentUser(github, actor),
      },
    },
    caller,
  );
}

/** Closes a pull request, merged or not. */
export function closePull(
  github: Github,
  repository: Repository,
  end: {
    readonly pull: Pull;
    readonly caller: Caller;
    readonly mergeCommitSha?: string;
  },
): Pull {
  const by = loginOf(end.caller);
  const issue = issueOfPull(github, end.pull);
  github.records.issues.put(issue.id, {
    ...setIssueState(issue, { state: "closed", reason: null, by }),
    updatedAt: now(),
  });
  const closed: Pull =
    end.mergeCommitSha === undefined
      ? end.pull
      : { ...end.pull, mergeCommitSha: end.mergeCommitSha, mergedAt: now(), mergedBy: by };
  github.records.pulls.put(pullKey(repository, closed.number), closed);
  emitPull(github, repository, { pull: closed, action: "closed", caller: end.caller });
  return closed;
}

/** Lets open pull requests follow a branch that has moved. */
export async function refreshPulls(
  github: Github,
  repository: Repository,
  { change, caller }: { readonly change: RefChange; readonly caller: Caller },
): Promise<void> {
  const branch = change.ref.slice("refs/heads/".length);
  const open = github.records.pulls
    .all()
    .filter((pull) => pull.repositoryId === repository.id)
    .filter((pull) => issueOfPull(github, pull).state === "open");
  for (const pull of open) {
    if (pull.headRef === branch) await followHead(github, repository, { pull, change, caller });
    else if (pull.baseRef === branch)
      await followBase(github, repository, { pull, change, caller });
  }
}

interface Following {
  readonly pull: Pull;
  readonly change: RefChange;
  readonly caller: Caller;
}

async function followHead(
  github: Github,
  repository: Repository,
  { pull, change, caller }: Following,
): Promise<void> {
  if (change.after === zeroSha) {
    closePull(github, repository, { pull, caller });
    return;
  }
  const moved = await refreshTestMerge(github, repository, { ...pull, headSha: change.after });
  const issue = issueOfPull(github, pull);
  github.records.issues.put(issue.id, { ...issue, updatedAt: now() });
  const more = { before: change.before, after: change.after };
  emitPull(github, repository, { pull: moved, action: "synchronize", caller, more });
}

async function followBase(
  github: Github,
  repository: Repository,
  { pull, change, caller }: Following,
): Promise<void> {
  if (change.after === zeroSha) {
    closePull(github, repository, { pull, caller });
    return;
  }
  const missing = await runGitText(directoryOf(github, repository), [
    "rev-list",
    "--count",
    pull.headSha,
    "--not",
    change.after,
  ]);
  if (missing === "0") {
    closePull(github, repository, { pull, caller, mergeCommitSha: change.after });
    return;
  }
  await refreshTestMerge(github, repository, pull);
}
