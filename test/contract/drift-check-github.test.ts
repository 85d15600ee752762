import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GithubAccess } from "#core";
import { connectGithub } from "#github";
import { githubIssues, githubRetraining } from "../../actions/drift-check/src/github-desk.ts";
import type { IssueDesk } from "../../actions/drift-check/src/ports.ts";
import { memoryDesk } from "../../actions/drift-check/src/testing/memory-desk.ts";
import { startGithub } from "../../packages/sandbox/src/github/service.ts";

type LocalGithub = Awaited<ReturnType<typeof startGithub>>;

let folder: string;
let github: LocalGithub;
let access: GithubAccess;

/** Never synchronous: the server that git talks to runs in this very process. */
const run = promisify(execFile);
const git = async (...parameters: string[]): Promise<void> => {
  await run("git", [
    "-C",
    join(folder, "work"),
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b.c",
    ...parameters,
  ]);
};

const RETRAIN = `on:
  workflow_dispatch:
    inputs:
      model: { type: string }
      reason: { type: string }
      issue: { type: string }
jobs:
  retrain: { runs-on: ubuntu-latest, steps: [{ run: "true" }] }
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "slipway-desk-"));
  github = await startGithub({ stateDirectory: join(folder, "github") });
  const created = await fetch(`${github.url}/user/repos`, {
    method: "POST",
    headers: { authorization: `Bearer ${github.adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "models", private: true }),
  });
  const { full_name } = (await created.json()) as { full_name: string };
  mkdirSync(join(folder, "work/.github/workflows"), { recursive: true });
  writeFileSync(join(folder, "work/.github/workflows/retrain.yml"), RETRAIN);
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("commit", "-qm", "first");
  const remote = `${github.serverUrl}/${full_name}`.replace(
    "://",
    `://x-access-token:${github.adminToken}@`,
  );
  await git("push", "-q", remote, "main");
  const [owner = "", repository = ""] = full_name.split("/");
  access = {
    token: github.adminToken,
    apiUrl: github.url,
    serverUrl: github.serverUrl,
    owner,
    repository,
    sha: "",
    ref: "refs/heads/main",
    eventName: "schedule",
    event: {},
    actor: "someone",
    runId: 1,
    runAttempt: 1,
    workflow: "drift",
    job: "drift",
  };
});

afterAll(async () => {
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

const desks: readonly (readonly [string, () => IssueDesk])[] = [
  ["in memory", memoryDesk],
  ["on the local GitHub", () => githubIssues(connectGithub(access), "weather")],
];

describe.each(desks)("the desk of drift issues %s", (_name, open) => {
  it("opens, updates, closes, comments once and forgets duplicates", async () => {
    const desk = open();
    expect(await desk.list()).toEqual([]);
    const first = await desk.open({ title: "Drift", body: "<!-- state -->\nfirst" });
    const second = await desk.open({ title: "Drift", body: "second" });
    expect(await desk.list()).toMatchObject([
      { number: first.number, open: true, body: "<!-- state -->\nfirst" },
      { number: second.number, open: true },
    ]);
    await desk.closeDuplicate(second.number, first.number);
    await desk.comment(first.number, "gone 1", "gone");
    await desk.comment(first.number, "gone 1", "gone");
    const closed = await desk.update(first.number, { body: "calm", state: "closed" });
    expect(closed).toMatchObject({ number: first.number, open: false, body: "calm" });
    expect(await desk.list()).toMatchObject([{ number: first.number, open: false, body: "calm" }]);
    expect(await desk.update(first.number, { state: "open" })).toMatchObject({
      open: true,
      body: "calm",
    });
  });
});

describe("on the local GitHub", () => {
  it("keeps models' issues apart", async () => {
    const other = githubIssues(connectGithub(access), "weather/north");
    expect(await other.list()).toEqual([]);
  });

  it("writes a comment of one key once", async () => {
    const url = `${access.apiUrl}/repos/${access.owner}/${access.repository}/issues/1/comments`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${access.token}` } });
    expect(await answer.json()).toHaveLength(1);
  });

  it("starts the retraining workflow and finds it again by its time", async () => {
    const retraining = githubRetraining(connectGithub(access));
    const before = new Date();
    expect(await retraining.startedSince("retrain.yml", before)).toBeNull();
    const started = await retraining.start("retrain.yml", {
      model: "weather",
      reason: "drift",
      issue: "1",
    });
    expect(started.id).toBeGreaterThan(0);
    expect(await retraining.startedSince("retrain.yml", before)).toMatchObject({ id: started.id });
    const tomorrow = new Date(before.getTime() + 86_400_000);
    expect(await retraining.startedSince("retrain.yml", tomorrow)).toBeNull();
  });
});
