/** What the people of the story do: commit, push, open and merge pull requests, start workflows. */
import type { RunOutcome } from "../runner/outcomes.ts";
import { writeSettings } from "./project.ts";
import { describeFailure } from "./workflow-runs.ts";
import { Mismatch, type ParamsChange, type World } from "./world.ts";

const runTimeoutMs = 120_000;

/** Commits other params on the current branch and pushes it. */
export async function pushParams(world: World, change: ParamsChange): Promise<void> {
  writeSettings(world.projectDirectory, { ...world.settings, params: change.params });
  await world.git("add", "--all");
  await world.git("commit", "--quiet", "--message", change.message);
  await world.git("push", "--quiet", "origin", "HEAD");
}

/** Starts a branch at the newest main. */
export async function startBranch(world: World, branch: string): Promise<void> {
  await world.git("fetch", "--quiet", "origin");
  await world.git("checkout", "--quiet", "-B", branch, "origin/main");
}

/** Opens a pull request of a branch into main. @returns its number */
export async function openPull(
  world: World,
  pull: { readonly branch: string; readonly title: string },
): Promise<number> {
  const { number } = await world.github.json<{ readonly number: number }>(
    `/repos/${world.repository}/pulls`,
    { body: { title: pull.title, head: pull.branch, base: "main" } },
  );
  return number;
}

/** Merges a pull request and brings the clone's main up to it. */
export async function mergePull(world: World, number: number): Promise<void> {
  await world.github.json(`/repos/${world.repository}/pulls/${number}/merge`, {
    method: "PUT",
    body: { merge_method: "merge" },
  });
  await world.git("fetch", "--quiet", "origin");
  await world.git("checkout", "--quiet", "-B", "main", "origin/main");
}

/** The texts of a pull request's or issue's comments, oldest first. */
export async function readComments(world: World, number: number): Promise<readonly string[]> {
  const comments = await world.github.json<readonly { readonly body: string }[]>(
    `/repos/${world.repository}/issues/${number}/comments?per_page=100`,
  );
  return comments.map(({ body }) => body);
}

/** Starts a workflow by hand. */
export async function dispatch(
  world: World,
  workflow: string,
  inputs: Readonly<Record<string, string>>,
): Promise<void> {
  await world.github.json(`/repos/${world.repository}/actions/workflows/${workflow}/dispatches`, {
    body: { ref: "main", inputs },
  });
}

/** Lets a workflow's schedule come due: as on GitHub, on the newest commit of the default branch. */
export async function letScheduleComeDue(world: World, cron: string): Promise<void> {
  const sha = await world.git("ls-remote", "origin", "refs/heads/main");
  await world.github.json("/_sandbox/events", {
    body: {
      name: "schedule",
      repository: world.repository,
      ref: "refs/heads/main",
      sha: sha.split("\t")[0],
      actor: world.repository.split("/")[0],
      payload: { schedule: cron },
    },
  });
}

/** Waits for the end of the next run of a workflow, however it ends. */
export function runOf(world: World, workflow: string, event: string): Promise<RunOutcome> {
  const { runs, signal } = world;
  return runs.take({ workflow, event, timeoutMs: runTimeoutMs, signal });
}

/** Waits for a run that must end well. */
export async function successOf(
  world: World,
  workflow: string,
  event: string,
): Promise<RunOutcome> {
  const run = await runOf(world, workflow, event);
  if (run.conclusion === "success") return run;
  throw new Mismatch(`${workflow} ended with ${run.conclusion}.\n${describeFailure(run)}`);
}
