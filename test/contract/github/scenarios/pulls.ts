import { describe, expect, it } from "vitest";
import { git, refusal, remoteUrl } from "../harness.ts";
import { branchOff, commitFile, type Context } from "./context.ts";

type Pull = Awaited<ReturnType<Context["octokit"]["pulls"]["create"]>>["data"];

async function openPull(context: Context, branch: string, text = "params: 2\n"): Promise<Pull> {
  const { octokit, owner, repo } = context;
  await branchOff(context, branch);
  await commitFile(context, { path: `${branch}.yml`, text, branch });
  const title = `Change ${branch}`;
  const { data } = await octokit.pulls.create({
    owner,
    repo,
    title,
    head: branch,
    base: "main",
    body: "why",
  });
  return data;
}

/** Pull requests with their real merges. */
export function describePulls(context: () => Context): void {
  describe("pull requests", () => {
    it("have a head and a test merge that git can fetch", async () => {
      const { service, owner, repo } = context();
      const pull = await openPull(context(), "pull-refs");
      expect(pull).toMatchObject({ mergeable: true, commits: 1, changed_files: 1, additions: 1 });
      const refs = await git(
        ".",
        "ls-remote",
        remoteUrl(service, `${owner}/${repo}`),
        `refs/pull/${pull.number}/*`,
      );
      expect(refs).toContain(`${pull.head.sha}\trefs/pull/${pull.number}/head`);
      expect(refs).toContain(`${pull.merge_commit_sha}\trefs/pull/${pull.number}/merge`);
    });

    it("follow a new push to their branch and to their base", async () => {
      const { octokit, owner, repo } = context();
      const pull = await openPull(context(), "followed");
      const one = { owner, repo, pull_number: pull.number };
      const sha = await commitFile(context(), { path: "more.txt", text: "m", branch: "followed" });
      const after = await octokit.pulls.get(one);
      expect(after.data.head.sha).toBe(sha);
      expect(after.data.merge_commit_sha).not.toBe(pull.merge_commit_sha);
      const base = await commitFile(context(), { path: "on-main.txt", text: "m" });
      const later = await octokit.pulls.get(one);
      expect(later.data.base.sha).toBe(base);
      const merge = await octokit.repos.getCommit({
        owner,
        repo,
        ref: later.data.merge_commit_sha ?? "",
      });
      expect(merge.data.parents.map((parent) => parent.sha)).toEqual([base, sha]);
      const files = await octokit.pulls.listFiles(one);
      expect(files.data.map(({ filename }) => filename)).toEqual(["followed.yml", "more.txt"]);
      const commits = await octokit.pulls.listCommits(one);
      expect(commits.data).toHaveLength(2);
      const diff = await octokit.pulls.get({ ...one, mediaType: { format: "diff" } });
      expect(diff.data).toContain("+params: 2");
    });

    it("say when they conflict, and are not merged then", async () => {
      const { octokit, owner, repo } = context();
      await commitFile(context(), { path: "clash.txt", text: "base\n" });
      await branchOff(context(), "clash");
      await commitFile(context(), { path: "clash.txt", text: "theirs\n", branch: "clash" });
      await commitFile(context(), { path: "clash.txt", text: "ours\n" });
      const pull = await octokit.pulls.create({
        owner,
        repo,
        title: "Clash",
        head: "clash",
        base: "main",
      });
      expect(pull.data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
      const one = { owner, repo, pull_number: pull.data.number };
      expect((await refusal(octokit.pulls.merge(one))).status).toBe(405);
    });

    it.each(["merge", "squash"] as const)("are merged by %s", async (method) => {
      const { octokit, owner, repo } = context();
      const pull = await openPull(context(), `by-${method}`);
      const one = { owner, repo, pull_number: pull.number };
      expect((await refusal(octokit.pulls.checkIfMerged(one))).status).toBe(404);
      const stale = octokit.pulls.merge({ ...one, sha: "1".repeat(40) });
      expect((await refusal(stale)).status).toBe(409);
      const merged = await octokit.pulls.merge({ ...one, merge_method: method });
      await octokit.pulls.checkIfMerged(one);
      const { data } = await octokit.pulls.get(one);
      expect(data).toMatchObject({
        merged: true,
        state: "closed",
        merge_commit_sha: merged.data.sha,
        merged_by: { login: "octocat" },
        commits: 1,
      });
      const commit = await octokit.repos.getCommit({ owner, repo, ref: "main" });
      expect(commit.data.sha).toBe(merged.data.sha);
      expect(commit.data.parents).toHaveLength(method === "merge" ? 2 : 1);
      const ofCommit = await octokit.repos.listPullRequestsAssociatedWithCommit({
        owner,
        repo,
        commit_sha: merged.data.sha,
      });
      expect(ofCommit.data.map(({ number }) => number)).toEqual([pull.number]);
    });

    it("are listed, edited, closed and reopened", async () => {
      const { octokit, owner, repo } = context();
      const pull = await openPull(context(), "edited");
      const one = { owner, repo, pull_number: pull.number };
      const head = `${owner}:edited`;
      const twice = octokit.pulls.create({ owner, repo, title: "t", head: "edited", base: "main" });
      expect((await refusal(twice)).status).toBe(422);
      await octokit.pulls.update({ ...one, title: "New title" });
      await octokit.pulls.update({ ...one, state: "closed" });
      expect((await octokit.pulls.list({ owner, repo, head })).data).toEqual([]);
      await octokit.pulls.update({ ...one, state: "open" });
      const listed = await octokit.pulls.list({ owner, repo, head });
      expect(listed.data.map(({ title }) => title)).toEqual(["New title"]);
      const issue = await octokit.issues.get({ owner, repo, issue_number: pull.number });
      expect(issue.data.pull_request?.url).toContain(`/pulls/${pull.number}`);
    });

    it("without a difference or a branch are refused", async () => {
      const { octokit, owner, repo } = context();
      await branchOff(context(), "same");
      const same = octokit.pulls.create({ owner, repo, title: "t", head: "same", base: "main" });
      expect((await refusal(same)).errors).toMatchObject([
        { message: "No commits between main and same" },
      ]);
      const nothing = octokit.pulls.create({
        owner,
        repo,
        title: "t",
        head: "nowhere",
        base: "main",
      });
      expect((await refusal(nothing)).errors).toMatchObject([{ field: "head", code: "invalid" }]);
    });
  });
}
