import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalGithub } from "../../packages/sandbox/src/contracts.ts";
import { startGithub } from "../../packages/sandbox/src/github/service.ts";
import {
  collectEvents,
  connect,
  git,
  makeFolder,
  openTestJob,
  remoteUrl,
  startInFolder,
} from "./github/harness.ts";

const run = promisify(execFile);
const repository = "octocat/weather";

describe("the local GitHub, driven by git", () => {
  let service: LocalGithub;
  let folder: string;
  let stop: () => Promise<void>;
  let clone: string;

  beforeAll(async () => {
    ({ service, folder, stop } = await startInFolder());
    await connect(service).repos.createForAuthenticatedUser({ name: "weather" });
    clone = join(folder, "clone");
    await mkdir(clone);
    await git(clone, "init", "--quiet", "--initial-branch=main");
    await git(clone, "remote", "add", "origin", remoteUrl(service, repository, service.adminToken));
  });

  afterAll(() => stop());

  async function commit(path: string, text: string): Promise<string> {
    await mkdir(join(clone, path, ".."), { recursive: true });
    await writeFile(join(clone, path), text);
    await git(clone, "add", path);
    await git(clone, "commit", "--quiet", "-m", `Write ${path}`);
    return git(clone, "rev-parse", "HEAD");
  }

  it("takes a first push and tells of it as GitHub does", async () => {
    const events = collectEvents(service);
    const first = await commit("train.py", "print(1)\n");
    const second = await commit(".github/workflows/ci.yml", "on: push\n");
    await git(clone, "push", "--quiet", "origin", "main");
    const event = await events.next("push");
    expect(event).toMatchObject({
      repository,
      ref: "refs/heads/main",
      sha: second,
      actor: "octocat",
      payload: {
        before: "0".repeat(40),
        after: second,
        created: true,
        deleted: false,
        commits: [
          { id: first, added: ["train.py"] },
          { id: second, added: [".github/workflows/ci.yml"] },
        ],
        head_commit: { id: second, message: "Write .github/workflows/ci.yml" },
        repository: { full_name: repository, default_branch: "main" },
      },
    });
    expect(await events.next("create")).toMatchObject({
      payload: { ref: "main", ref_type: "branch" },
    });
    events.stop();
  });

  it("tells of later pushes, forced ones, tags and deletions", async () => {
    const events = collectEvents(service);
    const before = await git(clone, "rev-parse", "HEAD");
    const after = await commit("train.py", "print(2)\n");
    await git(clone, "tag", "-a", "weather@v1.0.0", "-m", "one");
    await git(clone, "push", "--quiet", "origin", "main", "weather@v1.0.0");
    expect((await events.next("push")).payload).toMatchObject({
      before,
      after,
      forced: false,
      commits: [{ id: after, modified: ["train.py"] }],
    });
    const tagPush = await events.next("push");
    expect(tagPush).toMatchObject({ ref: "refs/tags/weather@v1.0.0", sha: after });
    expect(tagPush.payload["after"]).toBe(await git(clone, "rev-parse", "weather@v1.0.0"));
    await git(clone, "push", "--quiet", "origin", "main:refs/heads/side");
    await git(clone, "push", "--quiet", "--force", "origin", `${before}:refs/heads/side`);
    await events.next("push");
    expect((await events.next("push")).payload).toMatchObject({ forced: true, commits: [] });
    await git(clone, "push", "--quiet", "origin", ":refs/heads/side");
    expect(await events.next("delete")).toMatchObject({
      ref: "refs/heads/main",
      payload: { ref: "side", ref_type: "branch" },
    });
    events.stop();
  });

  it("does not tell of more than three tags at once", async () => {
    const events = collectEvents(service);
    const names = ["t1", "t2", "t3", "t4"];
    for (const name of names) await git(clone, "tag", name);
    await git(clone, "push", "--quiet", "origin", ...names);
    expect(await git(clone, "ls-remote", "origin", "refs/tags/t4")).toContain("refs/tags/t4");
    expect(events.all).toEqual([]);
    events.stop();
  });

  it("is cloned by anybody while it is public", async () => {
    const target = join(folder, "anonymous");
    await git(folder, "clone", "--quiet", "--depth=1", remoteUrl(service, repository), target);
    expect(await git(target, "rev-parse", "HEAD")).toBe(await git(clone, "rev-parse", "main"));
  });

  it("honours filters: the history of tags without trees or blobs", async () => {
    const target = join(folder, "partial");
    await git(folder, "init", "--quiet", target);
    const url = remoteUrl(service, repository);
    const filter = ["fetch", "--quiet", "--depth=1", "--filter=tree:0"];
    await git(target, ...filter, url, "+refs/tags/weather@*:refs/tags/weather@*");
    const kinds = await git(
      target,
      "cat-file",
      "--batch-check=%(objecttype)",
      "--batch-all-objects",
    );
    expect(kinds.split("\n").toSorted()).toEqual(["commit", "tag"]);
  });

  it("lets a job push what its permissions say, and nobody hears of it", async () => {
    const events = collectEvents(service);
    const permissions = { contents: "write" } as const;
    const writer = openTestJob(service, repository, { permissions });
    const reader = openTestJob(service, repository);
    await commit("by-job.txt", "x");
    const push = (token: string) =>
      git(clone, "push", "--quiet", remoteUrl(service, repository, token), "main");
    await expect(push(reader.githubToken)).rejects.toThrow(/403/);
    await push(writer.githubToken);
    await expect(push("ghs_wrong")).rejects.toThrow(/Authentication failed|could not read/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(events.all).toEqual([]);
    events.stop();
  });

  it("refuses a job's push of other workflow files, by branch and by tag", async () => {
    const permissions = { contents: "write" } as const;
    const url = remoteUrl(
      service,
      repository,
      openTestJob(service, repository, { permissions }).githubToken,
    );
    const main = await git(clone, "rev-parse", "HEAD");
    await commit(".github/workflows/ci.yml", "on: [push, pull_request]\n");
    await git(clone, "tag", "smuggled");
    for (const ref of ["HEAD:refs/heads/other", "smuggled"]) {
      await expect(git(clone, "push", "--quiet", url, ref)).rejects.toThrow(
        /refusing to allow a GitHub App to create or update workflow `\.github\/workflows\/ci\.yml`/,
      );
    }
    await git(clone, "reset", "--quiet", "--hard", main);
  });

  it("refuses to delete an immutable release's tag and to write under refs/pull", async () => {
    const octokit = connect(service);
    const one = { owner: "octocat", repo: "weather" };
    await octokit.repos.enableImmutableReleases(one);
    await octokit.repos.createRelease({ ...one, tag_name: "weather@v1.0.0" });
    await expect(git(clone, "push", "--quiet", "origin", ":weather@v1.0.0")).rejects.toThrow(
      /immutable release/,
    );
    await expect(git(clone, "push", "--quiet", "origin", "main:refs/pull/1/head")).rejects.toThrow(
      /hidden ref|rejected/,
    );
  });

  it("hides a private repository from strangers", async () => {
    await connect(service).repos.createForAuthenticatedUser({
      name: "hidden",
      private: true,
      auto_init: true,
    });
    const list = (token?: string) =>
      git(folder, "ls-remote", remoteUrl(service, "octocat/hidden", token));
    await expect(list()).rejects.toThrow(/could not read Username/);
    expect(await list(service.adminToken)).toContain("refs/heads/main");
    await expect(list(openTestJob(service, repository).githubToken)).rejects.toThrow(/not found/i);
  });

  it("brings pull requests along with a push, and closes those that it contains", async () => {
    const octokit = connect(service);
    const one = { owner: "octocat", repo: "weather" };
    const events = collectEvents(service);
    await git(clone, "checkout", "--quiet", "-b", "topic");
    await commit("topic.txt", "1");
    await git(clone, "push", "--quiet", "origin", "topic");
    const { data } = await octokit.pulls.create({
      ...one,
      title: "Topic",
      head: "topic",
      base: "main",
    });
    const opened = await events.next("pull_request");
    expect(opened).toMatchObject({
      ref: `refs/pull/${data.number}/merge`,
      sha: data.merge_commit_sha,
      payload: { action: "opened" },
    });
    const head = await commit("topic.txt", "2");
    await git(clone, "push", "--quiet", "origin", "topic");
    const moved = await events.next("pull_request");
    expect(moved.payload).toMatchObject({
      action: "synchronize",
      after: head,
      pull_request: { head: { sha: head } },
    });
    await git(clone, "fetch", "--quiet", "origin", moved.ref);
    expect(await git(clone, "rev-parse", "FETCH_HEAD", "FETCH_HEAD^2")).toBe(
      `${moved.sha}\n${head}`,
    );
    await git(clone, "checkout", "--quiet", "main");
    await git(clone, "merge", "--quiet", "--ff-only", "topic");
    await git(clone, "push", "--quiet", "origin", "main");
    expect((await events.next("pull_request")).payload).toMatchObject({
      action: "closed",
      pull_request: { state: "closed" },
    });
    expect((await octokit.pulls.get({ ...one, pull_number: data.number })).data.merged).toBe(true);
    events.stop();
  });

  it("has the same repository for git and for who looks at its folder", async () => {
    const path = service.repositoryPath(repository) ?? "";
    const { stdout } = await run("git", ["--git-dir", path, "fsck", "--strict"]);
    expect(stdout).not.toMatch(/error|missing/);
    expect(service.repositoryPath("octocat/nothing")).toBeUndefined();
  });
});

describe("the local GitHub's state", () => {
  it("survives a restart: refs, releases, files, numbers, tokens, port", async () => {
    const folder = await makeFolder();
    const stateDirectory = join(folder.path, "state");
    const one = { owner: "octocat", repo: "weather" };
    const first = await startGithub({ stateDirectory });
    const octokit = connect(first);
    await octokit.repos.createForAuthenticatedUser({ name: "weather", auto_init: true });
    const release = await octokit.repos.createRelease({ ...one, tag_name: "v1.0.0" });
    await octokit.request({
      method: "POST",
      url: release.data.upload_url,
      name: "a.txt",
      data: "hello",
      headers: { "content-type": "text/plain", "content-length": 5 },
    });
    const issue = await octokit.issues.create({ ...one, title: "kept", labels: ["drift"] });
    const runId = first.nextRunId();
    await first.close();

    const second = await startGithub({ stateDirectory });
    expect([second.url, second.adminToken]).toEqual([first.url, first.adminToken]);
    // The pool may still hold a connection to the first, which ends with this.
    await fetch(second.url).catch(() => undefined);
    const again = connect(second);
    expect((await again.git.getRef({ ...one, ref: "tags/v1.0.0" })).data.object.type).toBe(
      "commit",
    );
    const kept = await again.repos.getReleaseByTag({ ...one, tag: "v1.0.0" });
    expect(kept.data.assets).toMatchObject([{ name: "a.txt", size: 5, state: "uploaded" }]);
    const next = await again.issues.create({ ...one, title: "next" });
    expect(next.data.number).toBe(issue.data.number + 1);
    expect((await again.issues.get({ ...one, issue_number: issue.data.number })).data.title).toBe(
      "kept",
    );
    expect(second.nextRunId()).toBe(runId + 1);
    await second.close();
    await folder.remove();
  });
});
