import { directoryOf, type Github } from "./github.ts";
import { runGitText } from "./git.ts";
import { readCommits, resolveRevision, zeroSha, type GitCommit } from "./git-objects.ts";
import { type RefChange } from "./git-refs.ts";
import { presentRepository, presentUser, repositoryPage } from "./presenters.ts";
import type { Repository } from "./records.ts";

const maxCommits = 2048;

/** The payload of a push, as in `GITHUB_EVENT_PATH`. */
export async function composePushPayload(
  github: Github,
  repository: Repository,
  { change, actor }: { readonly change: RefChange; readonly actor: string },
): Promise<Record<string, unknown>> {
  const directory = directoryOf(github, repository);
  const { ref, before, after } = change;
  const head =
    after === zeroSha ? undefined : await resolveRevision(directory, `${after}^{commit}`);
  const commits = head === undefined ? [] : await listPushedCommits(directory, { ...change, head });
  const presented = await Promise.all(
    commits.map((commit) => presentPushedCommit(github, repository, commit)),
  );
  const known = presented.find((commit) => commit["id"] === head);
  const [headCommit] = head === undefined ? [] : await readCommits(directory, [head]);
  const page = repositoryPage(github, repository);
  return {
    ref,
    before,
    after,
    created: before === zeroSha,
    deleted: after === zeroSha,
    forced: await isForced(directory, change),
    base_ref: null,
    compare:
      before === zeroSha || after === zeroSha
        ? `${page}/commit/${after.slice(0, 12)}`
        : `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: presented,
    head_commit:
      known ??
      (headCommit === undefined ? null : await presentPushedCommit(github, repository, headCommit)),
    repository: presentRepository(github, repository),
    pusher: { name: actor, email: `${actor}@users.noreply.github.localhost` },
    sender: presentUser(github, actor),
  };
}

async function listPushedCommits(
  directory: string,
  { ref, before, head }: RefChange & { readonly head: string },
): Promise<readonly GitCommit[]> {
  if (ref.startsWith("refs/tags/")) return [];
  const known =
    before === zeroSha ? [`--exclude=${ref.slice("refs/heads/".length)}`, "--branches"] : [before];
  const shas = await runGitText(directory, [
    "rev-list",
    "--reverse",
    `--max-count=${maxCommits}`,
    head,
    "--not",
    ...known,
  ]);
  return readCommits(directory, shas.split("\n").filter(Boolean));
}

async function isForced(directory: string, { before, after }: RefChange): Promise<boolean> {
  if (before === zeroSha || after === zeroSha) return false;
  const ahead = await runGitText(directory, ["rev-list", "--count", before, "--not", after]);
  return ahead !== "0";
}

async function presentPushedCommit(
  github: Github,
  repository: Repository,
  commit: GitCommit,
): Promise<Record<string, unknown>> {
  const changes = await runGitText(directoryOf(github, repository), [
    "diff-tree",
    "-r",
    "-m",
    "--first-parent",
    "--root",
    "--no-commit-id",
    "--name-status",
    "-z",
    commit.sha,
  ]);
  const fields = changes.split("\0");
  const pathsWith = (status: string) =>
    fields.flatMap((field, index) =>
      index % 2 === 0 && field === status ? [fields[index + 1] ?? ""] : [],
    );
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message.replace(/\n$/, ""),
    timestamp: commit.committer.date,
    url: `${repositoryPage(github, repository)}/commit/${commit.sha}`,
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
    added: pathsWith("A"),
    removed: pathsWith("D"),
    modified: [...pathsWith("M"), ...pathsWith("T")],
  };
}
