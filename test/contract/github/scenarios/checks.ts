import { describe, expect, it } from "vitest";
import { openTestJob, refusal } from "../harness.ts";
import { branchOff, commitFile, type Context } from "./context.ts";

/** Check runs, statuses, deployments, environments. */
export function describeChecks(context: () => Context): void {
  describe("check runs", () => {
    it("begin, end, and gather annotations", async () => {
      const { service, octokit, owner, repo, connect } = context();
      const head_sha = await commitFile(context(), { path: "checked.txt", text: "c" });
      const permissions = { checks: "write" } as const;
      const bot = connect(openTestJob(service, `${owner}/${repo}`, { permissions }).githubToken);
      const begun = await bot.checks.create({
        owner,
        repo,
        name: "gate",
        head_sha,
        status: "in_progress",
      });
      expect(begun.data).toMatchObject({ status: "in_progress", conclusion: null });
      const annotation = {
        path: "slipway.yml",
        start_line: 3,
        end_line: 3,
        annotation_level: "failure",
        message: "accuracy >= 0.75 failed",
      } as const;
      const one = { owner, repo, check_run_id: begun.data.id };
      const output = { title: "fail", summary: "worse", annotations: [annotation] };
      await bot.checks.update({ ...one, output });
      const ended = await bot.checks.update({ ...one, conclusion: "failure", output });
      expect(ended.data).toMatchObject({ status: "completed", output: { annotations_count: 2 } });
      const annotations = await bot.checks.listAnnotations({ ...one, per_page: 1 });
      expect(annotations.data).toMatchObject([annotation]);
      expect((await octokit.checks.get(one)).data.app?.slug).toBe("github-actions");
      const listed = await octokit.checks.listForRef({
        owner,
        repo,
        ref: "main",
        check_name: "gate",
      });
      expect(listed.data.check_runs.map(({ id }) => id)).toEqual([begun.data.id]);
    });

    it("take at most 50 annotations and 65,535 characters at once", async () => {
      const { octokit, owner, repo } = context();
      const head_sha = await branchOff(context(), "long-checks");
      const annotation = {
        path: "a",
        start_line: 1,
        end_line: 1,
        annotation_level: "notice",
        message: "m",
      } as const;
      const annotations = Array.from({ length: 51 }, () => annotation);
      const many = {
        owner,
        repo,
        name: "many",
        head_sha,
        output: { title: "t", summary: "s", annotations },
      };
      expect((await refusal(octokit.checks.create(many))).status).toBe(422);
      const long = { ...many, output: { title: "t", summary: "x".repeat(65_536) } };
      expect((await refusal(octokit.checks.create(long))).status).toBe(422);
    });
  });

  describe("statuses", () => {
    it("are set, listed and combined", async () => {
      const { octokit, owner, repo } = context();
      await branchOff(context(), "statuses");
      const sha = await commitFile(context(), { path: "s.txt", text: "s", branch: "statuses" });
      const status = { owner, repo, sha, context: "slipway/gate" };
      await octokit.repos.createCommitStatus({ ...status, state: "failure", description: "worse" });
      await octokit.repos.createCommitStatus({
        ...status,
        state: "success",
        target_url: "https://example.com",
      });
      const listed = await octokit.repos.listCommitStatusesForRef({ owner, repo, ref: sha });
      expect(listed.data.map(({ state }) => state)).toEqual(["success", "failure"]);
      const combined = await octokit.repos.getCombinedStatusForRef({
        owner,
        repo,
        ref: "statuses",
      });
      expect(combined.data).toMatchObject({ state: "success", total_count: 1 });
      const nowhere = octokit.repos.createCommitStatus({
        ...status,
        sha: "1".repeat(40),
        state: "error",
      });
      expect((await refusal(nowhere)).status).toBe(422);
    });
  });

  describe("deployments", () => {
    it("have statuses, and an environment that comes into being", async () => {
      const { octokit, owner, repo } = context();
      await branchOff(context(), "deployed");
      const { data } = await octokit.repos.createDeployment({
        owner,
        repo,
        ref: "deployed",
        environment: "staging",
        required_contexts: [],
        auto_merge: false,
        payload: { model: "weather", version: "v1.0.0" },
      });
      if (!("id" in data)) throw new Error("no deployment");
      expect(data).toMatchObject({ environment: "staging", payload: { version: "v1.0.0" } });
      const one = { owner, repo, deployment_id: data.id };
      await octokit.repos.createDeploymentStatus({ ...one, state: "in_progress" });
      const done = await octokit.repos.createDeploymentStatus({
        ...one,
        state: "success",
        environment_url: "https://weather.example.com",
        log_url: "https://example.com/log",
      });
      const read = await octokit.repos.getDeploymentStatus({ ...one, status_id: done.data.id });
      expect(read.data.environment_url).toBe("https://weather.example.com");
      const statuses = await octokit.repos.listDeploymentStatuses(one);
      expect(statuses.data.map(({ state }) => state)).toEqual(["success", "in_progress"]);
      const found = await octokit.repos.listDeployments({ owner, repo, environment: "staging" });
      expect(found.data.map(({ id }) => id)).toEqual([data.id]);
      expect((await octokit.repos.getDeployment(one)).data.ref).toBe("deployed");
      const environments = await octokit.repos.getAllEnvironments({ owner, repo });
      expect(environments.data.environments?.map(({ name }) => name)).toContain("staging");
    });

    it("make the earlier ones of a non-production environment inactive", async () => {
      const { octokit, owner, repo } = context();
      const deploy = async () => {
        const { data } = await octokit.repos.createDeployment({
          owner,
          repo,
          ref: "deployed",
          environment: "canary",
          required_contexts: [],
        });
        if (!("id" in data)) throw new Error("no deployment");
        const one = { owner, repo, deployment_id: data.id };
        await octokit.repos.createDeploymentStatus({ ...one, state: "success" });
        return one;
      };
      const first = await deploy();
      await deploy();
      const statuses = await octokit.repos.listDeploymentStatuses(first);
      expect(statuses.data[0]?.state).toBe("inactive");
      await octokit.repos.deleteDeployment(first);
      expect((await refusal(octokit.repos.getDeployment(first))).status).toBe(404);
    });

    it("wait for the commit's checks unless told not to", async () => {
      const { octokit, owner, repo } = context();
      await branchOff(context(), "unready");
      const sha = await commitFile(context(), { path: "u.txt", text: "u", branch: "unready" });
      await octokit.repos.createCommitStatus({ owner, repo, sha, context: "ci", state: "pending" });
      const deployment = { owner, repo, ref: "unready", environment: "staging" };
      expect((await refusal(octokit.repos.createDeployment(deployment))).status).toBe(409);
      const nowhere = octokit.repos.createDeployment({ ...deployment, ref: "no-such-branch" });
      expect((await refusal(nowhere)).status).toBe(422);
    });
  });

  describe("environments", () => {
    it("are put, read and deleted by who administers the repository", async () => {
      const { service, octokit, owner, repo, connect } = context();
      const one = { owner, repo, environment_name: "eu/production" };
      await octokit.repos.createOrUpdateEnvironment(one);
      expect((await octokit.repos.getEnvironment(one)).data.name).toBe("eu/production");
      const permissions = { actions: "write", deployments: "write" } as const;
      const bot = connect(openTestJob(service, `${owner}/${repo}`, { permissions }).githubToken);
      expect((await refusal(bot.repos.createOrUpdateEnvironment(one))).status).toBe(403);
      await octokit.repos.deleteAnEnvironment(one);
      expect((await refusal(octokit.repos.getEnvironment(one))).status).toBe(404);
    });
  });
}
