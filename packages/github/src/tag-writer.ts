import { formatDocument, type Manifest } from "#core";
import { hasStatus, type GithubConnection } from "./client.ts";
import { manifestPath } from "./history.ts";

/** A commit on no branch that carries a version: the source tree plus the manifest. */
export interface ReleaseCommitRequest {
  readonly model: string;
  /** The commit that the model was trained on. */
  readonly source: string;
  readonly manifest: Manifest;
  readonly message: string;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/**
 * Makes a release commit: parent and tree are the source's, with `.slipway/<model>.json` and the
 * default branch's workflow files (GitHub refuses a tag on others).
 *
 * @returns the commit's sha
 */
export async function createReleaseCommit(
  connection: GithubConnection,
  request: ReleaseCommitRequest,
): Promise<string> {
  const { place } = connection;
  const [sourceTree, workflows] = await Promise.all([
    treeOf(connection, request.source),
    workflowsOfDefaultBranch(connection),
  ]);
  const replaced = await workflowEntry(connection, { sourceTree, workflows });
  const { data: tree } = await connection.call("POST git/trees", (octokit) =>
    octokit.rest.git.createTree({
      ...place,
      base_tree: sourceTree,
      tree: [
        {
          path: manifestPath(request.model),
          mode: "100644",
          type: "blob",
          content: formatDocument(request.manifest),
        },
        ...replaced,
      ],
    }),
  );
  const { data: commit } = await connection.call("POST git/commits", (octokit) =>
    octokit.rest.git.createCommit({
      ...place,
      message: request.message,
      tree: tree.sha,
      parents: [request.source],
      author: identityOf(connection, request.at),
    }),
  );
  return commit.sha;
}

/** Another release commit of a version, with the default branch's workflow files of today. */
export async function renewReleaseCommit(
  connection: GithubConnection,
  request: { readonly commit: string; readonly message: string; readonly at: string },
): Promise<string> {
  const sourceTree = await treeOf(connection, request.commit);
  const replaced = await workflowEntry(connection, {
    sourceTree,
    workflows: await workflowsOfDefaultBranch(connection),
  });
  const tree =
    replaced.length === 0
      ? sourceTree
      : (
          await connection.call("POST git/trees", (octokit) =>
            octokit.rest.git.createTree({
              ...connection.place,
              base_tree: sourceTree,
              tree: replaced,
            }),
          )
        ).data.sha;
  const { data } = await connection.call("POST git/commits", (octokit) =>
    octokit.rest.git.createCommit({
      ...connection.place,
      message: request.message,
      tree,
      parents: [request.commit],
      author: identityOf(connection, request.at),
    }),
  );
  return data.sha;
}

type TreeEntry = {
  readonly path: string;
  readonly mode: "040000" | "100644";
  readonly type: "tree" | "blob";
  readonly sha: string | null;
};

async function treeOf(connection: GithubConnection, commit: string): Promise<string> {
  const { data } = await connection.call(`GET git/commits/${commit}`, (octokit) =>
    octokit.rest.git.getCommit({ ...connection.place, commit_sha: commit }),
  );
  return data.tree.sha;
}

async function workflowsOfDefaultBranch(connection: GithubConnection): Promise<string | null> {
  const { data: repository } = await connection.call("GET repository", (octokit) =>
    octokit.rest.repos.get(connection.place),
  );
  return findWorkflows(connection, repository.default_branch);
}

async function workflowEntry(
  connection: GithubConnection,
  { sourceTree, workflows }: { readonly sourceTree: string; readonly workflows: string | null },
): Promise<TreeEntry[]> {
  const own = await findWorkflows(connection, sourceTree);
  if (own === workflows) return [];
  return [{ path: ".github/workflows", mode: "040000", type: "tree", sha: workflows }];
}

/** The sha of `.github/workflows` in a commit, branch or tree. */
async function findWorkflows(connection: GithubConnection, start: string): Promise<string | null> {
  let current: string | null = start;
  for (const name of [".github", "workflows"]) {
    if (current === null) return null;
    current = await findSubtree(connection, current, name);
  }
  return current;
}

async function findSubtree(
  connection: GithubConnection,
  tree: string,
  name: string,
): Promise<string | null> {
  const { data } = await connection.call(`GET git/trees/${tree}`, (octokit) =>
    octokit.rest.git.getTree({ ...connection.place, tree_sha: tree }),
  );
  return data.tree.find((entry) => entry.path === name && entry.type === "tree")?.sha ?? null;
}

/** An annotated tag to be claimed. */
export interface TagRequest {
  readonly name: string;
  readonly commit: string;
  readonly message: string;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** Whether a ref was ours to take. */
export type Claim = { readonly kind: "created" } | { readonly kind: "taken" };

/**
 * Makes the tag object, then its ref: the one atomic step. Of two at once, one is told `taken`.
 */
export async function claimTag(connection: GithubConnection, request: TagRequest): Promise<Claim> {
  const { data: tag } = await connection.call("POST git/tags", (octokit) =>
    octokit.rest.git.createTag({
      ...connection.place,
      tag: request.name,
      message: request.message,
      object: request.commit,
      type: "commit",
      tagger: identityOf(connection, request.at),
    }),
  );
  return connection.call("POST git/refs", async (octokit) => {
    try {
      await octokit.rest.git.createRef({
        ...connection.place,
        ref: `refs/tags/${request.name}`,
        sha: tag.sha,
      });
      return { kind: "created" } as const;
    } catch (error) {
      if (hasStatus(error, 422) && /already exists/i.test(String(error)))
        return { kind: "taken" } as const;
      throw error;
    }
  });
}

/**
 * A time for the next tag: GTO orders by it, so it is at least a second after each of the given
 * ones (the model's newest tag, the tag's commit).
 */
export function nextTagTime(now: Date, earlier: readonly (string | null)[]): string {
  const newest = earlier.reduce(
    (latest, at) => Math.max(latest, at === null ? 0 : Date.parse(at)),
    0,
  );
  const wholeSecond = Math.floor(now.getTime() / 1000) * 1000;
  return new Date(Math.max(wholeSecond, newest + 1000)).toISOString().replace(/\.\d+Z$/, "Z");
}

function identityOf(connection: GithubConnection, at: string) {
  const actor = connection.access.actor || "github-actions[bot]";
  return { name: actor, email: `${actor}@users.noreply.github.com`, date: at };
}
