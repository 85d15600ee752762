import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { startGithub } from "#sandbox";

/** A local GitHub with one pull request to comment on. */
export interface LocalPull {
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly repository: string;
  readonly token: string;
  readonly headSha: string;
  /** The event that started the job, as a file. */
  readonly eventPath: string;
  readonly commentsUrl: string;
  /** Takes away the comments that were made and says how many there were. */
  takeComments(): Promise<number>;
  close(): Promise<void>;
}

/** Starts it in a folder of its own. */
export async function startLocalPull(folder: string): Promise<LocalPull> {
  const service = await startGithub({ stateDirectory: join(folder, "github") });
  const octokit = new Octokit({ baseUrl: service.url, auth: service.adminToken });
  const { data: made } = await octokit.repos.createForAuthenticatedUser({
    name: "models",
    auto_init: true,
  });
  const [owner, repo] = [made.owner.login, made.name];
  const { data: main } = await octokit.git.getRef({ owner, repo, ref: "heads/main" });
  const branch = { owner, repo, ref: "refs/heads/better", sha: main.object.sha };
  await octokit.git.createRef(branch);
  await octokit.repos.createOrUpdateFileContents({
    owner,
    repo,
    path: "params.yml",
    branch: "better",
    message: "Change params",
    content: Buffer.from("c: 2\n").toString("base64"),
  });
  const { data: pull } = await octokit.pulls.create({
    owner,
    repo,
    title: "Better",
    head: "better",
    base: "main",
  });
  const eventPath = join(folder, "event.json");
  writeFileSync(eventPath, JSON.stringify({ action: "opened", pull_request: pull }));
  const issue = { owner, repo, issue_number: pull.number };
  return {
    apiUrl: service.url,
    serverUrl: service.serverUrl,
    repository: `${owner}/${repo}`,
    token: service.adminToken,
    headSha: pull.head.sha,
    eventPath,
    commentsUrl: `${service.url}/repos/${owner}/${repo}/issues/${pull.number}/comments`,
    takeComments: async () => {
      const { data: comments } = await octokit.issues.listComments(issue);
      for (const { id } of comments) {
        await octokit.issues.deleteComment({ owner, repo, comment_id: id });
      }
      return comments.length;
    },
    close: () => service.close(),
  };
}
