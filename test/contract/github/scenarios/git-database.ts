import { describe, expect, it } from "vitest";
import { openTestJob, refusal } from "../harness.ts";
import { branchOff, commitFile, type Context } from "./context.ts";

/** Objects and refs. */
export function describeGitDatabase(context: () => Context): void {
  describe("git objects", () => {
    it("make a commit on no branch, a tag object and a ref, readable again", async () => {
      const { octokit, owner, repo } = context();
      const parent = await commitFile(context(), { path: "src/train.py", text: "print(1)\n" });
      const base = await octokit.git.getCommit({ owner, repo, commit_sha: parent });
      const blob = await octokit.git.createBlob({
        owner,
        repo,
        content: '{"a":1}',
        encoding: "utf-8",
      });
      const tree = await octokit.git.createTree({
        owner,
        repo,
        base_tree: base.data.tree.sha,
        tree: [
          { path: ".slipway/weather.json", mode: "100644", type: "blob", sha: blob.data.sha },
          { path: "src/extra/deep.txt", mode: "100644", type: "blob", content: "deep" },
        ],
      });
      const commit = await octokit.git.createCommit({
        owner,
        repo,
        message: "weather v1.0.0",
        tree: tree.data.sha,
        parents: [parent],
        author: { name: "Ada", email: "ada@example.com", date: "2026-01-02T03:04:05Z" },
      });
      expect(commit.data.author).toEqual({
        name: "Ada",
        email: "ada@example.com",
        date: "2026-01-02T03:04:05Z",
      });
      const tag = await octokit.git.createTag({
        owner,
        repo,
        tag: "weather@v1.0.0",
        message: "weather v1.0.0\n\nSlipway-Model: weather\n",
        object: commit.data.sha,
        type: "commit",
        tagger: { name: "Ada", email: "ada@example.com", date: "2026-01-02T03:04:06Z" },
      });
      await octokit.git.createRef({
        owner,
        repo,
        ref: "refs/tags/weather@v1.0.0",
        sha: tag.data.sha,
      });
      const ref = await octokit.git.getRef({ owner, repo, ref: "tags/weather@v1.0.0" });
      expect(ref.data.object).toMatchObject({ type: "tag", sha: tag.data.sha });
      const read = await octokit.git.getTag({ owner, repo, tag_sha: tag.data.sha });
      expect(read.data.message).toBe("weather v1.0.0\n\nSlipway-Model: weather\n");
      const whole = await octokit.git.getTree({
        owner,
        repo,
        tree_sha: tree.data.sha,
        recursive: "1",
      });
      expect(whole.data.tree.map(({ path }) => path)).toEqual(
        expect.arrayContaining([".slipway/weather.json", "src/train.py", "src/extra/deep.txt"]),
      );
      const content = await octokit.git.getBlob({ owner, repo, file_sha: blob.data.sha });
      expect(Buffer.from(content.data.content, "base64").toString()).toBe('{"a":1}');
    });

    it("take paths and whole folders out of a tree, and put trees in", async () => {
      const { octokit, owner, repo } = context();
      const blob = (content: string, path: string) =>
        ({ path, mode: "100644", type: "blob", content }) as const;
      const one = await octokit.git.createTree({
        owner,
        repo,
        tree: [blob("1", "a/x"), blob("2", "a/y"), blob("3", "b"), blob("4", "c/z")],
      });
      const sub = await octokit.git.createTree({ owner, repo, tree: [blob("5", "new")] });
      const two = await octokit.git.createTree({
        owner,
        repo,
        base_tree: one.data.sha,
        tree: [
          { path: "a", mode: "040000", type: "tree", sha: sub.data.sha },
          { path: "b", mode: "100644", type: "blob", sha: null },
          { path: "c", mode: "040000", type: "tree", sha: null },
          blob("6", "b/now-a-folder"),
        ],
      });
      const read = await octokit.git.getTree({
        owner,
        repo,
        tree_sha: two.data.sha,
        recursive: "1",
      });
      const files = read.data.tree.filter(({ type }) => type === "blob").map(({ path }) => path);
      expect(files).toEqual(["a/new", "b/now-a-folder"]);
    });

    it("refuse what does not exist", async () => {
      const { octokit, owner, repo } = context();
      const nothing = "1".repeat(40);
      const commit = octokit.git.createCommit({ owner, repo, message: "m", tree: nothing });
      expect(await refusal(commit)).toMatchObject({
        status: 422,
        message: "Tree SHA does not exist",
      });
      const tag = { owner, repo, tag: "t", message: "m", object: nothing, type: "commit" } as const;
      expect((await refusal(octokit.git.createTag(tag))).status).toBe(422);
      expect((await refusal(octokit.git.getBlob({ owner, repo, file_sha: nothing }))).status).toBe(
        404,
      );
      const missing = await refusal(
        octokit.request("POST /repos/{owner}/{repo}/git/commits", { owner, repo } as never),
      );
      expect(missing.errors).toMatchObject([
        { resource: "Commit", field: "message", code: "missing_field" },
        { resource: "Commit", field: "tree", code: "missing_field" },
      ]);
    });
  });

  describe("refs", () => {
    it("are claimed by one of many at once", async () => {
      const { octokit, owner, repo } = context();
      const sha = await branchOff(context(), "claims");
      const claims = await Promise.allSettled(
        Array.from({ length: 6 }, () =>
          octokit.git.createRef({ owner, repo, ref: "refs/tags/churn@v1.0.0", sha }),
        ),
      );
      expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const refused = claims.flatMap((claim) =>
        claim.status === "rejected" ? [claim.reason] : [],
      );
      for (const error of refused) {
        expect(error).toMatchObject({
          status: 422,
          response: { data: { message: "Reference already exists" } },
        });
      }
    });

    it("are matched by prefix, moved forward only, and deleted", async () => {
      const { octokit, owner, repo } = context();
      const before = await branchOff(context(), "moving");
      const after = await commitFile(context(), { path: "m.txt", text: "m", branch: "moving" });
      for (const number of [1, 2, 10]) {
        await octokit.git.createRef({
          owner,
          repo,
          ref: `refs/tags/m#prod#${number}`,
          sha: before,
        });
      }
      const matching = await octokit.git.listMatchingRefs({ owner, repo, ref: "tags/m#prod#1" });
      expect(matching.data.map(({ ref }) => ref)).toEqual([
        "refs/tags/m#prod#1",
        "refs/tags/m#prod#10",
      ]);
      const back = { owner, repo, ref: "heads/moving", sha: before };
      expect(await refusal(octokit.git.updateRef(back))).toMatchObject({
        status: 422,
        message: "Update is not a fast forward",
      });
      await octokit.git.updateRef({ ...back, force: true });
      const forward = await octokit.git.updateRef({ ...back, sha: after });
      expect(forward.data.object.sha).toBe(after);
      await octokit.git.deleteRef({ owner, repo, ref: "tags/m#prod#2" });
      expect(
        (await refusal(octokit.git.getRef({ owner, repo, ref: "tags/m#prod#2" }))).status,
      ).toBe(404);
    });

    it("of bad names or missing objects are refused", async () => {
      const { octokit, owner, repo } = context();
      const sha = await branchOff(context(), "names");
      for (const ref of ["main", "refs/tags/a..b", "refs/tags/sp ace", "refs/pull/1/head"]) {
        expect((await refusal(octokit.git.createRef({ owner, repo, ref, sha }))).status).toBe(422);
      }
      const missing = octokit.git.createRef({
        owner,
        repo,
        ref: "refs/tags/x",
        sha: "1".repeat(40),
      });
      expect(await refusal(missing)).toMatchObject({
        status: 422,
        message: "Object does not exist",
      });
    });
  });

  describe("job tokens", () => {
    it("do what their permissions say and no more", async () => {
      const { service, owner, repo, connect } = context();
      const job = openTestJob(service, `${owner}/${repo}`);
      const client = connect(job.githubToken);
      const { data } = await client.git.getRef({ owner, repo, ref: "heads/main" });
      const claim = client.git.createRef({
        owner,
        repo,
        ref: "refs/tags/no",
        sha: data.object.sha,
      });
      expect(await refusal(claim)).toMatchObject({
        status: 403,
        message: "Resource not accessible by integration",
      });
      expect((await refusal(client.users.getAuthenticated())).status).toBe(403);
      service.closeJob(job.jobId);
      expect((await refusal(client.git.getRef({ owner, repo, ref: "heads/main" }))).status).toBe(
        401,
      );
    });

    it("may not bring workflow files that differ from the default branch's", async () => {
      const { service, octokit, owner, repo, connect } = context();
      await commitFile(context(), { path: ".github/workflows/ci.yml", text: "on: push\n" });
      await branchOff(context(), "other-workflows");
      const path = ".github/workflows/ci.yml";
      const sha = await commitFile(context(), {
        path,
        text: "on: [push]\n",
        branch: "other-workflows",
      });
      const job = openTestJob(service, `${owner}/${repo}`, { permissions: { contents: "write" } });
      const client = connect(job.githubToken);
      const ref = "refs/tags/smuggled";
      expect((await refusal(client.git.createRef({ owner, repo, ref, sha }))).status).toBe(403);
      const release = { owner, repo, tag_name: "smuggled", target_commitish: sha };
      expect((await refusal(client.repos.createRelease(release))).status).toBe(403);
      const main = await octokit.git.getRef({ owner, repo, ref: "heads/main" });
      await client.git.createRef({ owner, repo, ref, sha: main.data.object.sha });
    });

    it("see nothing of another private repository, and only read a public one", async () => {
      const { service, octokit, owner, repo, connect } = context();
      await octokit.repos.createForAuthenticatedUser({
        name: "hidden",
        private: true,
        auto_init: true,
      });
      await octokit.repos.createForAuthenticatedUser({ name: "open", auto_init: true });
      const permissions = { contents: "write" } as const;
      const client = connect(openTestJob(service, `${owner}/${repo}`, { permissions }).githubToken);
      expect((await refusal(client.repos.get({ owner, repo: "hidden" }))).status).toBe(404);
      expect((await client.repos.get({ owner, repo: "open" })).data.name).toBe("open");
      const write = { owner, repo: "open", path: "x", message: "m", content: "eA==" };
      expect((await refusal(client.repos.createOrUpdateFileContents(write))).status).toBe(403);
      expect((await refusal(connect("").repos.get({ owner, repo: "hidden" }))).status).toBe(404);
    });
  });
}
