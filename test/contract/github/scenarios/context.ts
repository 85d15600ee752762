import type { Octokit } from "@octokit/rest";
import type { LocalGithub } from "../../../../packages/sandbox/src/contracts.ts";

/** What every scenario works with: one repository, its owner's client, and a job's by permission. */
export interface Context {
  readonly service: LocalGithub;
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  /** A checked client without a token, or with another one. */
  connect(token?: string): Octokit;
}

/** Commits one file on a branch and answers the commit's sha. */
export async function commitFile(
  { octokit, owner, repo }: Context,
  file: { readonly path: string; readonly text: string; readonly branch?: string },
): Promise<string> {
  const { path, text, branch = "main" } = file;
  const known = await octokit.repos
    .getContent({ owner, repo, path, ref: branch })
    .then(({ data }) => ("sha" in data ? data.sha : undefined))
    .catch(() => undefined);
  const { data } = await octokit.repos.createOrUpdateFileContents({
    owner,
    repo,
    path,
    branch,
    message: `Write ${path}`,
    content: Buffer.from(text).toString("base64"),
    ...(known === undefined ? {} : { sha: known }),
  });
  return data.commit.sha ?? "";
}

/** Makes a branch at the head of another and answers its sha. */
export async function branchOff(
  { octokit, owner, repo }: Context,
  name: string,
  from = "main",
): Promise<string> {
  const { data } = await octokit.git.getRef({ owner, repo, ref: `heads/${from}` });
  await octokit.git.createRef({ owner, repo, ref: `refs/heads/${name}`, sha: data.object.sha });
  return data.object.sha;
}
