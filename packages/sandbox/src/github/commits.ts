import { paginate, param, type RepositoryCall, type RepositoryRoute } from "./calls.ts";
import { listFileChanges, presentFileChange } from "./diffs.ts";
import { nodeId, type Github } from "./github.ts";
import { runGitText } from "./git.ts";
import { listRefs } from "./git-refs.ts";
import { readCommits, resolveCommit, type GitCommit } from "./git-objects.ts";
import { presentUser, repositoryPage, repositoryUrl } from "./presenters.ts";
import type { Repository } from "./records.ts";
import { ApiError, notFound, ok, type Reply } from "./replies.ts";

/** What GitHub says of a commit without a signature. */
export const unsigned = {
  verified: false,
  reason: "unsigned",
  signature: null,
  payload: null,
  verified_at: null,
} as const;

/** A commit as lists show it. */
export function presentCommit(
  github: Github,
  repository: Repository,
  commit: GitCommit,
): Record<string, unknown> {
  const url = repositoryUrl(github, repository);
  const page = repositoryPage(github, repository);
  return {
    sha: commit.sha,
    node_id: nodeId("Commit", commit.sha),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message.replace(/\n$/, ""),
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      url: `${url}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: unsigned,
    },
    url: `${url}/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${url}/commits/${commit.sha}/comments`,
    author: presentAuthor(github, commit.author.email),
    committer: presentAuthor(github, commit.committer.email),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
  };
}

// GitHub links a commit to an account by its e-mail; here an account's is its no-reply address.
function presentAuthor(github: Github, email: string): Record<string, unknown> | null {
  const login = /^(?:\d+\+)?(.+)@users\.noreply\.github\.(?:com|localhost)$/.exec(email)?.[1];
  return login === undefined ? null : presentUser(github, login);
}

/** The commit a name stands for, or 404 (422 where GitHub says that no commit has this sha). */
async function requireCommit(call: RepositoryCall, name: string): Promise<GitCommit> {
  const sha = await resolveCommit(call.directory, name);
  const [commit] = sha === undefined ? [] : await readCommits(call.directory, [sha]);
  if (commit === undefined) throw new ApiError(422, `No commit found for SHA: ${name}`);
  return commit;
}

async function listCommits(call: RepositoryCall): Promise<Reply> {
  const query = call.url.searchParams;
  const name = query.get("sha") ?? call.repository.defaultBranch;
  const head = await resolveCommit(call.directory, name);
  if (head === undefined) {
    if ((await listRefs(call.directory, "refs/heads/")).length > 0) throw notFound();
    throw new ApiError(409, "Git Repository is empty.");
  }
  const limits = (["since", "until"] as const).flatMap((key) => {
    const value = query.get(key);
    return value === null ? [] : [`--${key}=${value}`];
  });
  const author = query.get("author");
  const path = query.get("path");
  const shas = await runGitText(call.directory, [
    "rev-list",
    ...limits,
    ...(author === null ? [] : ["--fixed-strings", `--author=${author}`]),
    head,
    ...(path === null ? [] : ["--", path]),
  ]);
  const found = shas.split("\n").filter(Boolean);
  const page = paginate(call, found, (shown) => shown);
  if (page.kind !== "json") return page;
  const commits = await readCommits(call.directory, page.body as readonly string[]);
  return {
    ...page,
    body: commits.map((commit) => presentCommit(call.github, call.repository, commit)),
  };
}

async function getCommit(call: RepositoryCall): Promise<Reply> {
  const commit = await requireCommit(call, param(call, "ref"));
  if (/vnd\.github\.(?:v3\.)?sha/.test(call.incoming.headers.accept ?? "")) {
    return {
      kind: "bytes",
      status: 200,
      body: Buffer.from(commit.sha),
      headers: { "content-type": "application/vnd.github.sha; charset=utf-8" },
    };
  }
  const changes = await listFileChanges(call.directory, commit.parents[0], commit.sha);
  const additions = changes.reduce((sum, change) => sum + change.additions, 0);
  const deletions = changes.reduce((sum, change) => sum + change.deletions, 0);
  return ok({
    ...presentCommit(call.github, call.repository, commit),
    stats: { total: additions + deletions, additions, deletions },
    files: changes.map((change) =>
      presentFileChange(call.github, call.repository, { change, sha: commit.sha }),
    ),
  });
}

async function compareCommits(call: RepositoryCall): Promise<Reply> {
  const [baseName = "", headName = ""] = param(call, "basehead").split(/\.{2,3}/);
  const [base, head] = await Promise.all([
    resolveCommit(call.directory, baseName),
    resolveCommit(call.directory, headName),
  ]);
  if (base === undefined || head === undefined) throw notFound();
  const mergeBase = await runGitText(call.directory, ["merge-base", base, head], {
    accept: [0, 1],
  });
  if (mergeBase === "") {
    throw notFound(`No common ancestor between ${baseName} and ${headName}.`);
  }
  const counts = await runGitText(call.directory, [
    "rev-list",
    "--left-right",
    "--count",
    `${base}...${head}`,
  ]);
  const [behind = 0, ahead = 0] = counts.split("\t").map(Number);
  const shas = await runGitText(call.directory, ["rev-list", "--reverse", head, "--not", base]);
  const commits = await readCommits(call.directory, shas.split("\n").filter(Boolean).slice(0, 250));
  const [baseCommit, mergeBaseCommit] = await readCommits(call.directory, [base, mergeBase]);
  const changes = await listFileChanges(call.directory, mergeBase, head);
  const { github, repository } = call;
  const present = (commit: GitCommit | undefined) =>
    commit === undefined ? null : presentCommit(github, repository, commit);
  const page = `${repositoryPage(github, repository)}/compare/${base}...${head}`;
  return ok({
    url: `${repositoryUrl(github, repository)}/compare/${encodeURIComponent(baseName)}...${encodeURIComponent(headName)}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: present(baseCommit),
    merge_base_commit: present(mergeBaseCommit),
    status: describeRelation(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.map(present),
    files: changes.map((change) => presentFileChange(github, repository, { change, sha: head })),
  });
}

function describeRelation(ahead: number, behind: number): string {
  if (ahead === 0) return behind === 0 ? "identical" : "behind";
  return behind === 0 ? "ahead" : "diverged";
}

async function listBranches(call: RepositoryCall): Promise<Reply> {
  const refs = await listRefs(call.directory, "refs/heads/");
  const url = repositoryUrl(call.github, call.repository);
  return paginate(call, refs, (shown) =>
    shown.map(({ ref, sha }) => ({
      name: ref.slice("refs/heads/".length),
      commit: { sha, url: `${url}/commits/${sha}` },
      protected: false,
    })),
  );
}

async function getBranch(call: RepositoryCall): Promise<Reply> {
  const name = param(call, "branch");
  const sha = await resolveCommit(call.directory, `refs/heads/${name}`);
  const [commit] = sha === undefined ? [] : await readCommits(call.directory, [sha]);
  if (commit === undefined) throw notFound("Branch not found");
  const path = `/branches/${encodeURIComponent(name)}`;
  const url = `${repositoryUrl(call.github, call.repository)}${path}`;
  return ok({
    name,
    commit: presentCommit(call.github, call.repository, commit),
    _links: { self: url, html: `${repositoryPage(call.github, call.repository)}/tree/${name}` },
    protected: false,
    protection: {
      enabled: false,
      required_status_checks: { enforcement_level: "off", contexts: [], checks: [] },
    },
    protection_url: `${url}/protection`,
  });
}

async function listTags(call: RepositoryCall): Promise<Reply> {
  const refs = (await listRefs(call.directory, "refs/tags/")).toReversed();
  const url = repositoryUrl(call.github, call.repository);
  const page = paginate(call, refs, (shown) => shown);
  if (page.kind !== "json") return page;
  const shown = page.body as typeof refs;
  const body = await Promise.all(
    shown.map(async ({ ref }) => {
      const name = ref.slice("refs/tags/".length);
      const sha = await resolveCommit(call.directory, ref);
      return {
        name,
        commit: { sha, url: `${url}/commits/${sha}` },
        zipball_url: `${url}/zipball/${ref}`,
        tarball_url: `${url}/tarball/${ref}`,
        node_id: nodeId("Ref", ref),
      };
    }),
  );
  return { ...page, body };
}

/** Commits, comparisons, branches and tags. */
export const commitRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: "/commits", need: "contents:read", handle: listCommits },
  { method: "GET", path: "/commits/:ref+", need: "contents:read", handle: getCommit },
  { method: "GET", path: "/compare/:basehead+", need: "contents:read", handle: compareCommits },
  { method: "GET", path: "/branches", need: "contents:read", handle: listBranches },
  { method: "GET", path: "/branches/:branch+", need: "contents:read", handle: getBranch },
  { method: "GET", path: "/tags", need: "contents:read", handle: listTags },
];
