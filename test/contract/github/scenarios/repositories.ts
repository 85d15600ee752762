import { describe, expect, it } from "vitest";
import { refusal } from "../harness.ts";
import { branchOff, commitFile, type Context } from "./context.ts";

/** Repositories, accounts, files, commits. */
export function describeRepositories(context: () => Context): void {
  describe("repositories", () => {
    it("are made, read, changed, listed and taken away", async () => {
      const { octokit, owner } = context();
      const { data } = await octokit.repos.createForAuthenticatedUser({
        name: "spare",
        private: true,
      });
      expect(data).toMatchObject({
        full_name: "octocat/spare",
        private: true,
        visibility: "private",
      });
      const again = await refusal(octokit.repos.createForAuthenticatedUser({ name: "spare" }));
      expect(again.status).toBe(422);
      const changed = await octokit.repos.update({
        owner,
        repo: "spare",
        description: "for tests",
      });
      expect(changed.data.description).toBe("for tests");
      const listed = await octokit.repos.listForAuthenticatedUser();
      expect(listed.data.map(({ name }) => name)).toContain("spare");
      await octokit.repos.delete({ owner, repo: "spare" });
      expect((await refusal(octokit.repos.get({ owner, repo: "spare" }))).status).toBe(404);
    });

    it("of organisations exist too", async () => {
      const { octokit } = context();
      const { data } = await octokit.repos.createInOrg({
        org: "acme",
        name: "models",
        auto_init: true,
      });
      expect(data.full_name).toBe("acme/models");
    });

    it("show their permissions to who asks", async () => {
      const { octokit, owner, repo, connect } = context();
      const own = await octokit.repos.get({ owner, repo });
      expect(own.data.permissions).toMatchObject({ admin: true, push: true });
      const strange = await connect("").repos.get({ owner, repo });
      expect(strange.data.permissions).toBeUndefined();
    });

    it("tell accounts and limits", async () => {
      const { octokit, connect } = context();
      expect((await octokit.users.getAuthenticated()).data.login).toBe("octocat");
      expect((await octokit.users.getByUsername({ username: "octocat" })).data.type).toBe("User");
      expect((await refusal(connect("").users.getAuthenticated())).status).toBe(401);
      expect(await refusal(connect("ghp_wrong").users.getAuthenticated())).toMatchObject({
        status: 401,
        message: "Bad credentials",
      });
      const { data, headers } = await octokit.rateLimit.get();
      expect(data.rate.limit).toBe(5000);
      expect(Number(headers["x-ratelimit-remaining"])).toBe(data.rate.remaining);
    });

    it("switch immutable releases on and off", async () => {
      const { octokit, owner, repo } = context();
      expect((await refusal(octokit.repos.checkImmutableReleases({ owner, repo }))).status).toBe(
        404,
      );
      await octokit.repos.enableImmutableReleases({ owner, repo });
      const { data } = await octokit.repos.checkImmutableReleases({ owner, repo });
      expect(data.enabled).toBe(true);
      await octokit.repos.disableImmutableReleases({ owner, repo });
    });
  });

  describe("files", () => {
    it("are written, read, listed and deleted, a commit each", async () => {
      const { octokit, owner, repo } = context();
      const path = "notes/über uns.md";
      await commitFile(context(), { path, text: "hello\n" });
      const { data } = await octokit.repos.getContent({ owner, repo, path });
      if (!("content" in data)) throw new Error("no file");
      expect(Buffer.from(data.content, "base64").toString()).toBe("hello\n");
      const raw = await octokit.repos.getContent({
        owner,
        repo,
        path,
        mediaType: { format: "raw" },
      });
      expect(raw.data).toBe("hello\n");
      const folder = await octokit.repos.getContent({ owner, repo, path: "notes" });
      expect(folder.data).toMatchObject([{ name: "über uns.md", type: "file" }]);
      const root = await octokit.repos.getContent({ owner, repo, path: "" });
      expect(Array.isArray(root.data)).toBe(true);
      const page = await fetch(data.download_url?.replace("github.localhost", "127.0.0.1") ?? "");
      expect(await page.text()).toBe("hello\n");
      await octokit.repos.deleteFile({ owner, repo, path, message: "Delete it", sha: data.sha });
      expect((await refusal(octokit.repos.getContent({ owner, repo, path }))).status).toBe(404);
    });

    it("refuse a write that does not know the present content", async () => {
      const { octokit, owner, repo } = context();
      await commitFile(context(), { path: "a.txt", text: "1" });
      const write = { owner, repo, path: "a.txt", message: "m", content: "Mg==" };
      expect((await refusal(octokit.repos.createOrUpdateFileContents(write))).status).toBe(422);
      const stale = octokit.repos.createOrUpdateFileContents({ ...write, sha: "1".repeat(40) });
      expect((await refusal(stale)).status).toBe(409);
    });

    it("come as archives", async () => {
      const { octokit, owner, repo } = context();
      const tar = await octokit.repos.downloadTarballArchive({ owner, repo, ref: "main" });
      expect(Buffer.from(tar.data as ArrayBuffer).readUInt16BE(0)).toBe(0x1f8b);
      const zip = await octokit.repos.downloadZipballArchive({ owner, repo, ref: "main" });
      expect(Buffer.from(zip.data as ArrayBuffer).toString("latin1", 0, 2)).toBe("PK");
    });
  });

  describe("commits", () => {
    it("are listed newest first, by page, by path, and whole", async () => {
      const { octokit, owner, repo } = context();
      const first = await commitFile(context(), { path: "log.txt", text: "1\n" });
      const second = await commitFile(context(), { path: "log.txt", text: "1\n2\n" });
      const page = await octokit.repos.listCommits({ owner, repo, per_page: 1 });
      expect(page.data.map(({ sha }) => sha)).toEqual([second]);
      expect(page.headers.link).toContain('rel="next"');
      const ofPath = await octokit.repos.listCommits({ owner, repo, path: "log.txt" });
      expect(ofPath.data.map(({ sha }) => sha)).toEqual([second, first]);
      const { data } = await octokit.repos.getCommit({ owner, repo, ref: second });
      expect(data.stats).toEqual({ total: 1, additions: 1, deletions: 0 });
      expect(data.files).toMatchObject([
        { filename: "log.txt", status: "modified", patch: "@@ -1 +1,2 @@\n 1\n+2" },
      ]);
    });

    it("compare", async () => {
      const { octokit, owner, repo } = context();
      await branchOff(context(), "side/one");
      await commitFile(context(), { path: "side.txt", text: "x", branch: "side/one" });
      await commitFile(context(), { path: "main.txt", text: "y" });
      const { data } = await octokit.repos.compareCommitsWithBasehead({
        owner,
        repo,
        basehead: "main...side/one",
      });
      expect(data).toMatchObject({ status: "diverged", ahead_by: 1, behind_by: 1 });
      expect(data.files?.map(({ filename }) => filename)).toEqual(["side.txt"]);
    });

    it("have branches and tags, also with slashes", async () => {
      const { octokit, owner, repo } = context();
      const sha = await branchOff(context(), "topic/deep");
      const branches = await octokit.repos.listBranches({ owner, repo });
      expect(branches.data.map(({ name }) => name)).toContain("topic/deep");
      const one = await octokit.repos.getBranch({ owner, repo, branch: "topic/deep" });
      expect(one.data.commit.sha).toBe(sha);
      await octokit.git.createRef({ owner, repo, ref: "refs/tags/plain", sha });
      const tags = await octokit.repos.listTags({ owner, repo });
      expect(tags.data.find(({ name }) => name === "plain")?.commit.sha).toBe(sha);
    });
  });
}
