import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RepositoryEvent } from "../../packages/sandbox/src/contracts.ts";
import {
  startDispatcher,
  type Dispatcher,
  type RunOutcome,
} from "../../packages/sandbox/src/runner/index.ts";
import { pushEvent, startFakeGithub, type FakeGithub } from "./runner-fakes.ts";

let github: FakeGithub;
let dispatcher: Dispatcher;
let runs: RunOutcome[];

beforeEach(async () => {
  github = await startFakeGithub();
  runs = [];
  dispatcher = startDispatcher({
    github,
    workDirectory: path.join(github.directory, "runner"),
    actionSources: {},
    environment: {},
    ladder: { interruptMs: 200, terminateMs: 200 },
    onRun: (run) => runs.push(run),
  });
});
afterEach(async () => {
  await dispatcher.close();
  await github.close();
});

const workflow = (name: string, on: string, run = "echo ran") => ({
  [`.github/workflows/${name}.yml`]: `name: ${name}\non: ${on}\njobs: { job: { runs-on: ubuntu-latest, steps: [{ run: "${run}" }] } }\n`,
});

async function startedBy(event: RepositoryEvent): Promise<string[]> {
  runs = [];
  github.emit(event);
  await dispatcher.idle();
  return runs.map(({ name }) => name).toSorted();
}

describe("the dispatcher", () => {
  it("starts what a push asks for by branch, tag and path", async () => {
    const first = github.commit({
      ...workflow("every", "push"),
      ...workflow("main-only", "{ push: { branches: [main] } }"),
      ...workflow("releases", "{ push: { branches: ['release/**', '!release/old'] } }"),
      ...workflow("tags", "{ push: { tags: ['v*'] } }"),
      ...workflow("data", "{ push: { paths: ['data/**.csv', '!data/skip.csv'] } }"),
      ...workflow("no-docs", "{ push: { paths-ignore: ['**.md'] } }"),
      ...workflow("pulls", "pull_request"),
    });
    const push = (before: string, files: Record<string, string>, ref = "refs/heads/main") => {
      const sha = github.commit(files);
      return pushEvent(sha, { ref, payload: { before, after: sha } });
    };
    const data = push(first, { "data/a.csv": "1" });
    expect(await startedBy(data)).toEqual(["data", "every", "main-only", "no-docs"]);
    const docs = push(data.sha, { "docs/a.md": "1", "data/skip.csv": "2" });
    expect(await startedBy(docs)).toEqual(["every", "main-only", "no-docs"]);
    const onlyDocs = push(docs.sha, { "b.md": "1" });
    expect(await startedBy(onlyDocs)).toEqual(["every", "main-only"]);
    const release = push(onlyDocs.sha, { "c.md": "1" }, "refs/heads/release/1/2");
    expect(await startedBy(release)).toEqual(["every", "releases"]);
    const old = push(release.sha, { "d.md": "1" }, "refs/heads/release/old");
    expect(await startedBy(old)).toEqual(["every"]);
    expect(await startedBy(pushEvent(old.sha, { ref: "refs/tags/v1" }))).toEqual([
      "data",
      "every",
      "no-docs",
      "tags",
    ]);
    const skipped = pushEvent(old.sha, { payload: { head_commit: { message: "x [skip ci]" } } });
    expect(await startedBy(skipped)).toEqual([]);
  });

  it("starts what pull requests, schedules, dispatches and issues ask for", async () => {
    const sha = github.commit({
      ...workflow("pulls", "{ pull_request: { branches: [main] } }"),
      ...workflow("labels", "{ pull_request: { types: [labeled] } }"),
      ...workflow("nightly", "{ schedule: [{ cron: '0 3 * * *' }] }"),
      ...workflow("retrain", "{ repository_dispatch: { types: [drift] } }"),
      ...workflow("manual", "workflow_dispatch"),
      ...workflow("issues", "{ issues: { types: [opened] } }"),
    });
    const event = (
      name: string,
      payload: RepositoryEvent["payload"],
      more: Partial<RepositoryEvent> = {},
    ) => pushEvent(sha, { name, payload, ...more });
    const pull = { base: { ref: "main", sha }, head: { ref: "feature", sha } };
    expect(
      await startedBy(event("pull_request", { action: "opened", pull_request: pull })),
    ).toEqual(["pulls"]);
    expect(runs[0]).toMatchObject({ headBranch: "feature", event: "pull_request" });
    expect(
      await startedBy(event("pull_request", { action: "labeled", pull_request: pull })),
    ).toEqual(["labels"]);
    expect(
      await startedBy(event("pull_request", { action: "closed", pull_request: pull })),
    ).toEqual([]);
    expect(await startedBy(event("schedule", { schedule: "0 3 * * *" }))).toEqual(["nightly"]);
    expect(await startedBy(event("schedule", { schedule: "1 1 * * *" }))).toEqual([]);
    expect(await startedBy(event("repository_dispatch", { action: "drift" }))).toEqual(["retrain"]);
    expect(await startedBy(event("repository_dispatch", { action: "other" }))).toEqual([]);
    const manual = { workflow: ".github/workflows/manual.yml", runId: 777 };
    expect(await startedBy(event("workflow_dispatch", { inputs: {} }, manual))).toEqual(["manual"]);
    expect(runs[0]?.id).toBe(777);
    expect(await startedBy(event("issues", { action: "opened" }))).toEqual(["issues"]);
  });

  it("starts what waits for another workflow to end", async () => {
    const sha = github.commit({
      ...workflow("train", "push", "exit 1"),
      ...workflow(
        "after",
        "{ workflow_run: { workflows: [train], types: [completed] } }",
        "echo ${{ github.event.workflow_run.conclusion }}",
      ),
      ...workflow("other", "{ workflow_run: { workflows: [nothing] } }"),
    });
    expect(await startedBy(pushEvent(sha))).toEqual(["after", "train"]);
    expect(runs.find(({ name }) => name === "after")).toMatchObject({
      event: "workflow_run",
      conclusion: "success",
    });
  });

  it("makes a failed run of a workflow that cannot be read, and says why", async () => {
    const sha = github.commit({
      ".github/workflows/bad.yml": "on: push\njobs:\n  a: { runs-on: x, stepz: [] }\n",
    });
    github.emit(pushEvent(sha));
    await dispatcher.idle();
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ conclusion: "failure", workflow: ".github/workflows/bad.yml" });
    expect(runs[0]?.error).toMatch(/^\.github\/workflows\/bad\.yml:3: Unexpected value 'stepz'/);
  });

  it("lets runs of one concurrency group take turns, and drops all but the newest that wait", async () => {
    const sha = github.commit({
      ".github/workflows/deploy.yml":
        "on: push\nconcurrency: deploy\njobs: { job: { runs-on: x, steps: [{ run: sleep 0.5 }] } }\n",
    });
    for (let index = 0; index < 3; index += 1) github.emit(pushEvent(sha));
    await dispatcher.idle();
    expect(runs.map(({ conclusion }) => String(conclusion)).toSorted()).toEqual([
      "cancelled",
      "success",
      "success",
    ]);
  });

  it("ends all programs when it is closed", async () => {
    const sha = github.commit(workflow("long", "push", "exec sleep 60"));
    const started = Date.now();
    github.emit(pushEvent(sha));
    while (![...github.jobs.values()].some(({ steps }) => steps.length === 2)) {
      if (Date.now() - started > 5000) throw new Error("the job did not start");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await dispatcher.close();
    expect(Date.now() - started).toBeLessThan(5000);
    expect(runs[0]?.conclusion).toBe("cancelled");
  });
});
