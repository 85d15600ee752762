import { describe, expect, it } from "vitest";
import { openTestJob, refusal } from "../harness.ts";
import type { Context } from "./context.ts";

/** Issues, labels, comments, search. */
export function describeIssues(context: () => Context): void {
  describe("issues", () => {
    it("are opened, changed, closed and reopened", async () => {
      const { octokit, owner, repo } = context();
      const { data } = await octokit.issues.create({
        owner,
        repo,
        title: "Drift of wind",
        body: "<!-- slipway:drift weather -->",
        labels: ["drift", { name: "model: weather" }],
        assignees: ["octocat"],
      });
      expect(data.labels).toMatchObject([{ name: "drift" }, { name: "model: weather" }]);
      const one = { owner, repo, issue_number: data.number };
      const closed = await octokit.issues.update({
        ...one,
        state: "closed",
        state_reason: "completed",
      });
      expect(closed.data).toMatchObject({ state: "closed", closed_by: { login: "octocat" } });
      const open = await octokit.issues.update({ ...one, state: "open", title: "Drift" });
      expect(open.data).toMatchObject({ state: "open", state_reason: "reopened", title: "Drift" });
      expect((await octokit.issues.get(one)).data.closed_at).toBeNull();
    });

    it("are listed by state, label and page", async () => {
      const { octokit, owner, repo } = context();
      for (const title of ["p1", "p2", "p3"]) {
        await octokit.issues.create({ owner, repo, title, labels: ["paged"] });
      }
      const all = await octokit.paginate(octokit.issues.listForRepo, {
        owner,
        repo,
        labels: "paged",
        per_page: 2,
      });
      expect(all.map(({ title }) => title)).toEqual(["p3", "p2", "p1"]);
      const none = await octokit.issues.listForRepo({
        owner,
        repo,
        labels: "paged",
        state: "closed",
      });
      expect(none.data).toEqual([]);
    });

    it("are found by search in a body", async () => {
      const { octokit, owner, repo } = context();
      await octokit.issues.create({
        owner,
        repo,
        title: "Marked",
        body: "hidden-marker-7",
        labels: ["seek"],
      });
      const q = `repo:${owner}/${repo} is:issue is:open label:seek in:body hidden-marker-7`;
      const { data } = await octokit.request("GET /search/issues", { q });
      expect(data.items.map(({ title }) => title)).toEqual(["Marked"]);
    });

    it("have labels that are added, set, taken off and cleared", async () => {
      const { octokit, owner, repo } = context();
      const { data } = await octokit.issues.create({ owner, repo, title: "Labels" });
      const one = { owner, repo, issue_number: data.number };
      await octokit.issues.addLabels({ ...one, labels: ["x", "y"] });
      await octokit.issues.removeLabel({ ...one, name: "x" });
      expect((await refusal(octokit.issues.removeLabel({ ...one, name: "x" }))).status).toBe(404);
      await octokit.issues.setLabels({ ...one, labels: ["z"] });
      const left = await octokit.issues.listLabelsOnIssue(one);
      expect(left.data.map(({ name }) => name)).toEqual(["z"]);
      await octokit.issues.removeAllLabels(one);
    });

    it("of too long a body are refused", async () => {
      const { octokit, owner, repo } = context();
      const long = { owner, repo, title: "t", body: "x".repeat(65_537) };
      expect((await refusal(octokit.issues.create(long))).status).toBe(422);
      const missing = octokit.request("POST /repos/{owner}/{repo}/issues", {
        owner,
        repo,
      } as never);
      expect((await refusal(missing)).errors).toMatchObject([
        { field: "title", code: "missing_field" },
      ]);
      expect((await refusal(octokit.issues.get({ owner, repo, issue_number: 9999 }))).status).toBe(
        404,
      );
    });
  });

  describe("labels", () => {
    it("are made, read, changed, listed and taken away", async () => {
      const { octokit, owner, repo } = context();
      await octokit.issues.createLabel({ owner, repo, name: "bug now", color: "ff0000" });
      const again = octokit.issues.createLabel({ owner, repo, name: "BUG now" });
      expect((await refusal(again)).errors).toMatchObject([{ code: "already_exists" }]);
      const one = { owner, repo, name: "bug now" };
      expect((await octokit.issues.getLabel(one)).data.color).toBe("ff0000");
      await octokit.issues.updateLabel({ ...one, new_name: "bug", description: "a fault" });
      const listed = await octokit.issues.listLabelsForRepo({ owner, repo });
      expect(listed.data.find(({ name }) => name === "bug")?.description).toBe("a fault");
      await octokit.issues.deleteLabel({ owner, repo, name: "bug" });
    });
  });

  describe("comments", () => {
    it("are made by the bot, found by page, updated in place and deleted", async () => {
      const { service, octokit, owner, repo, connect } = context();
      const { data } = await octokit.issues.create({ owner, repo, title: "Talk" });
      const permissions = { issues: "write" } as const;
      const bot = connect(openTestJob(service, `${owner}/${repo}`, { permissions }).githubToken);
      const one = { owner, repo, issue_number: data.number };
      for (const body of ["1", "2", "3"]) await bot.issues.createComment({ ...one, body });
      const all = await bot.paginate(bot.issues.listComments, { ...one, per_page: 2 });
      expect(all.map(({ body, user }) => [body, user?.login])).toEqual([
        ["1", "github-actions[bot]"],
        ["2", "github-actions[bot]"],
        ["3", "github-actions[bot]"],
      ]);
      const comment = { owner, repo, comment_id: all[1]?.id ?? 0 };
      await bot.issues.updateComment({ ...comment, body: "two" });
      expect((await bot.issues.getComment(comment)).data.body).toBe("two");
      await bot.issues.deleteComment(comment);
      expect((await refusal(bot.issues.getComment(comment))).status).toBe(404);
      const left = await bot.issues.listCommentsForRepo({ owner, repo });
      expect(left.data.map(({ body }) => body)).toEqual(expect.arrayContaining(["1", "3"]));
      const long = bot.issues.createComment({ ...one, body: "x".repeat(65_537) });
      expect((await refusal(long)).status).toBe(422);
    });
  });
}
