import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../../../packages/sandbox/src/contracts.ts";
import { collectEvents, openTestJob, refusal } from "../harness.ts";
import { branchOff, commitFile, type Context } from "./context.ts";

const workflow = `
name: Deploy
on:
  workflow_dispatch:
    inputs:
      version: { required: true, type: string }
      environment: { type: choice, options: [staging, production], default: staging }
      dry-run: { type: boolean }
jobs: {}
`;

async function addWorkflow(context: Context): Promise<void> {
  await commitFile(context, { path: ".github/workflows/deploy.yml", text: workflow });
}

function composeRun(
  { service, owner, repo }: Context,
  sha: string,
  more: Partial<RunRecord> = {},
): RunRecord {
  const at = new Date().toISOString();
  return {
    id: service.nextRunId(),
    attempt: 1,
    repository: `${owner}/${repo}`,
    workflow: ".github/workflows/deploy.yml",
    name: "Deploy",
    event: "push",
    headSha: sha,
    headBranch: "main",
    actor: "octocat",
    status: "queued",
    conclusion: null,
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}

/** Workflows, dispatches, runs, settings. */
export function describeWorkflows(context: () => Context): void {
  describe("workflows", () => {
    it("are listed by the files of the default branch, and switched", async () => {
      const { octokit, owner, repo } = context();
      await addWorkflow(context());
      const listed = await octokit.actions.listRepoWorkflows({ owner, repo });
      const deploy = listed.data.workflows.find(({ name }) => name === "Deploy");
      expect(deploy?.path).toBe(".github/workflows/deploy.yml");
      const one = { owner, repo, workflow_id: "deploy.yml" };
      expect((await octokit.actions.getWorkflow(one)).data.id).toBe(deploy?.id);
      await octokit.actions.disableWorkflow(one);
      const dispatch = octokit.actions.createWorkflowDispatch({
        ...one,
        ref: "main",
        inputs: { version: "v1" },
      });
      expect((await refusal(dispatch)).status).toBe(422);
      await octokit.actions.enableWorkflow(one);
    });

    it("are dispatched with checked inputs and a promised run", async () => {
      const { service, octokit, owner, repo } = context();
      await addWorkflow(context());
      const events = collectEvents(service);
      const one = { owner, repo, workflow_id: "deploy.yml", ref: "main" };
      const { data, status } = await octokit.request(
        "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
        { ...one, inputs: { version: "v1.2.0" }, return_run_details: true },
      );
      expect(status).toBe(200);
      const event = await events.next("workflow_dispatch");
      expect(event).toMatchObject({
        ref: "refs/heads/main",
        workflow: ".github/workflows/deploy.yml",
        runId: Number(data.workflow_run_id),
        payload: { inputs: { version: "v1.2.0", environment: "staging", "dry-run": "false" } },
      });
      const run = await octokit.actions.getWorkflowRun({
        owner,
        repo,
        run_id: Number(data.workflow_run_id),
      });
      expect(run.data).toMatchObject({ status: "queued", event: "workflow_dispatch" });
      const plain = await octokit.actions.createWorkflowDispatch({
        ...one,
        inputs: { version: "v1" },
      });
      expect(plain.status).toBe(204);
      events.stop();
    });

    it.each([
      [{}, "Required input 'version' not provided"],
      [{ version: "1", colour: "red" }, 'Unexpected inputs provided: ["colour"]'],
      [{ version: "1", environment: "moon" }, /not in the list of allowed values/],
      [{ version: "1", "dry-run": "maybe" }, /not in the list of allowed values/],
    ])("refuse the inputs %j", async (inputs, message) => {
      const { octokit, owner, repo } = context();
      const one = { owner, repo, workflow_id: "deploy.yml", ref: "main", inputs };
      const refused = await refusal(octokit.actions.createWorkflowDispatch(one));
      expect(refused.status).toBe(422);
      expect(refused.message).toMatch(message);
    });

    it("refuse a ref or a file that is not there, or has no such trigger", async () => {
      const { octokit, owner, repo } = context();
      await commitFile(context(), { path: ".github/workflows/ci.yml", text: "on: push\n" });
      const one = { owner, repo, workflow_id: "deploy.yml", ref: "nowhere" };
      expect((await refusal(octokit.actions.createWorkflowDispatch(one))).status).toBe(422);
      const missing = { ...one, workflow_id: "no.yml", ref: "main" };
      expect((await refusal(octokit.actions.createWorkflowDispatch(missing))).status).toBe(404);
      const push = { ...one, workflow_id: "ci.yml", ref: "main" };
      expect((await refusal(octokit.actions.createWorkflowDispatch(push))).message).toContain(
        "workflow_dispatch",
      );
    });
  });

  describe("repository dispatches", () => {
    it("start workflows even from a job, within their limits", async () => {
      const { service, owner, repo, connect } = context();
      const events = collectEvents(service);
      const permissions = { contents: "write" } as const;
      const bot = connect(openTestJob(service, `${owner}/${repo}`, { permissions }).githubToken);
      const dispatch = { owner, repo, event_type: "retrain" };
      await bot.repos.createDispatchEvent({ ...dispatch, client_payload: { model: "weather" } });
      expect((await events.next("repository_dispatch")).payload).toMatchObject({
        action: "retrain",
        client_payload: { model: "weather" },
      });
      const keys = Object.fromEntries(
        Array.from({ length: 11 }, (_unused, index) => [`k${index}`, 1]),
      );
      const many = bot.repos.createDispatchEvent({ ...dispatch, client_payload: keys });
      expect((await refusal(many)).status).toBe(422);
      const large = bot.repos.createDispatchEvent({
        ...dispatch,
        client_payload: { x: "x".repeat(65_536) },
      });
      expect((await refusal(large)).status).toBe(422);
      events.stop();
    });
  });

  describe("runs", () => {
    it("and their jobs are what the runner reports, logs and all", async () => {
      const { service, octokit, owner, repo } = context();
      const sha = await branchOff(context(), "runs");
      const run = composeRun(context(), sha);
      service.saveRun(run);
      const job = {
        id: service.nextJobId(),
        runId: run.id,
        name: "build",
        status: "in_progress",
        conclusion: null,
        startedAt: run.createdAt,
        completedAt: null,
        steps: [{ name: "Train", number: 1, status: "completed", conclusion: "success" }],
      } as const;
      service.saveJob(job);
      service.saveJobLog(job.id, "trained\n");
      const one = { owner, repo, run_id: run.id };
      const jobs = await octokit.actions.listJobsForWorkflowRun(one);
      expect(jobs.data.jobs).toMatchObject([
        { id: job.id, name: "build", steps: [{ name: "Train" }] },
      ]);
      expect(
        (await octokit.actions.getJobForWorkflowRun({ owner, repo, job_id: job.id })).data.run_id,
      ).toBe(run.id);
      const log = await octokit.actions.downloadJobLogsForWorkflowRun({
        owner,
        repo,
        job_id: job.id,
      });
      expect(log.data).toBe("trained\n");
      const logs = await octokit.actions.downloadWorkflowRunLogs(one);
      expect(Buffer.from(logs.data as ArrayBuffer).toString("latin1", 0, 2)).toBe("PK");
      const checks = await octokit.checks.listForRef({
        owner,
        repo,
        ref: sha,
        check_name: "build",
      });
      expect(checks.data.check_runs.map(({ id }) => id)).toEqual([job.id]);
      const attempt = { ...one, attempt_number: 1 };
      expect((await octokit.actions.getWorkflowRunAttempt(attempt)).data.id).toBe(run.id);
      expect((await octokit.actions.listJobsForWorkflowRunAttempt(attempt)).data.total_count).toBe(
        1,
      );
    });

    it("are listed by workflow, event and status, cancelled and deleted", async () => {
      const { service, octokit, owner, repo } = context();
      const sha = await branchOff(context(), "cancelled-runs");
      const run = composeRun(context(), sha, { event: "schedule", status: "in_progress" });
      service.saveRun(run);
      const cancelled: number[] = [];
      const stop = service.onCancel((id) => cancelled.push(id));
      const one = { owner, repo, run_id: run.id };
      expect((await refusal(octokit.actions.deleteWorkflowRun(one))).status).toBe(403);
      await octokit.actions.cancelWorkflowRun(one);
      await octokit.actions.forceCancelWorkflowRun(one);
      await expect.poll(() => cancelled).toEqual([run.id, run.id]);
      stop();
      service.saveRun({ ...run, status: "completed", conclusion: "cancelled" });
      expect((await refusal(octokit.actions.cancelWorkflowRun(one))).status).toBe(409);
      const byStatus = await octokit.actions.listWorkflowRunsForRepo({
        owner,
        repo,
        status: "cancelled",
      });
      expect(byStatus.data.workflow_runs.map(({ id }) => id)).toEqual([run.id]);
      const byFile = await octokit.actions.listWorkflowRuns({
        owner,
        repo,
        workflow_id: "deploy.yml",
        event: "schedule",
      });
      expect(byFile.data.workflow_runs.map(({ id }) => id)).toEqual([run.id]);
      await octokit.actions.deleteWorkflowRun(one);
      expect((await refusal(octokit.actions.getWorkflowRun(one))).status).toBe(404);
    });

    it("tell other workflows when they are requested and completed", async () => {
      const { service } = context();
      const sha = await branchOff(context(), "told-runs");
      const events = collectEvents(service);
      const run = composeRun(context(), sha);
      service.saveRun(run);
      service.saveRun({ ...run, status: "completed", conclusion: "success" });
      const actions = [await events.next("workflow_run"), await events.next("workflow_run")];
      expect(actions.map(({ payload }) => payload["action"])).toEqual(["requested", "completed"]);
      events.stop();
    });
  });

  describe("settings", () => {
    it("are variables in the clear and secrets by name", async () => {
      const { service, octokit, owner, repo } = context();
      const one = { owner, repo, name: "PROJECT" };
      await octokit.actions.createRepoVariable({ ...one, value: "acme" });
      expect(
        (await refusal(octokit.actions.createRepoVariable({ ...one, value: "x" }))).status,
      ).toBe(409);
      await octokit.actions.updateRepoVariable({ ...one, value: "acme-prod" });
      expect((await octokit.actions.getRepoVariable(one)).data.value).toBe("acme-prod");
      expect((await octokit.actions.listRepoVariables({ owner, repo })).data.total_count).toBe(1);
      expect(service.variables(`${owner}/${repo}`)).toEqual({ PROJECT: "acme-prod" });
      await octokit.actions.deleteRepoVariable(one);
      const put = await fetch(`${service.url}/_sandbox/repos/${owner}/${repo}/secrets/deploy_key`, {
        method: "PUT",
        headers: { authorization: `Bearer ${service.adminToken}` },
        body: JSON.stringify({ value: "s3cret" }),
      });
      expect(put.status).toBe(204);
      expect(service.secrets(`${owner}/${repo}`)).toEqual({ DEPLOY_KEY: "s3cret" });
      const listed = await octokit.actions.listRepoSecrets({ owner, repo });
      expect(listed.data.secrets.map(({ name }) => name)).toEqual(["DEPLOY_KEY"]);
      const secret = { owner, repo, secret_name: "DEPLOY_KEY" };
      expect((await octokit.actions.getRepoSecret(secret)).data).not.toHaveProperty("value");
      await octokit.actions.deleteRepoSecret(secret);
      const sealed = { ...secret, encrypted_value: "eA==", key_id: "1" };
      expect((await refusal(octokit.actions.createOrUpdateRepoSecret(sealed))).status).toBe(501);
    });
  });
}
