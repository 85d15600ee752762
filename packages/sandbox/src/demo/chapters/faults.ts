import { setTimeout as sleep } from "node:timers/promises";
import {
  dispatch,
  mergePull,
  openPull,
  pushParams,
  runOf,
  startBranch,
  successOf,
} from "../actions-of-people.ts";
import { readServices } from "../../console/read-state.ts";
import { outputOf, readModel } from "../findings.ts";
import { names, params } from "../project.ts";
import { expectThat, type World } from "../world.ts";
import { expectProduction } from "./releases.ts";

/** Revisions of a version, whatever their configuration: `v1.2.0` -> `weather-api-v1-2-0-…`. */
function revisionPattern(version: string): string {
  return `${names.service}-${version.replaceAll(".", "-")}-.*`;
}

const errorRate = 0.3;

/** Breaks a version's revision as soon as it gets real requests: no smoke test can see it before. */
async function breakUnderTraffic(
  world: World,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const serves = async () => {
    const service = (await readServices(world.sandbox)).find(({ name }) => name === names.service);
    return service?.revisions.some(
      ({ environment, percent }) => environment["MODEL_VERSION"] === version && percent > 0,
    );
  };
  while (!(await serves())) {
    if (signal.aborted) return;
    await sleep(100);
  }
  world.sandbox.cloudRun.addRevisionFault({
    service: names.service,
    revisionPattern: revisionPattern(version),
    errorRate,
    extraLatencyMs: 0,
  });
  world.terminal.say(
    `${version} gets its first users: from now on it fails ${errorRate * 100} % of them`,
  );
}

/** Step 8: the fault sits before the new revision only; the canary's statistics take it back. */
export async function releaseFaultyVersion(world: World): Promise<void> {
  const mark = world.traffic?.mark() ?? 0;
  await startBranch(world, "five-leaves");
  await pushParams(world, { params: params.another, message: "Trees of five leaves" });
  const number = await openPull(world, { branch: "five-leaves", title: "Trees of five leaves" });
  const judged = await runOf(world, "pull-request.yml", "pull_request");
  expectThat(
    world,
    `the model itself is fine: ${outputOf(judged, "Judge", "verdict")}`,
    judged.conclusion === "success",
    judged,
  );
  await mergePull(world, number);
  const over = new AbortController();
  const breaking = breakUnderTraffic(world, "v1.2.0", over.signal);
  const run = await runOf(world, "train-and-release.yml", "push").finally(() => over.abort());
  await breaking;
  const versions = (await readModel(world))?.versions.map(({ version }) => version) ?? [];
  expectThat(world, `released: ${versions.join(", ")}`, versions.includes("v1.2.0"), run);
  const rolledBack = outputOf(run, "Deploy", "rolled-back");
  expectThat(
    world,
    `rolled back by the canary's statistics, and the run is red`,
    rolledBack === "true" && run.conclusion === "failure",
    run,
  );
  await expectProduction(world, "v1.1.1");
  const during = world.traffic?.since(mark);
  const share = during === undefined ? 1 : during.errors / Math.max(1, during.requests);
  expectThat(
    world,
    `users saw ${during?.errors ?? 0} errors in ${during?.requests ?? 0} requests (${(100 * share).toFixed(1)} %)`,
    during !== undefined && during.errors > 0 && share < 0.25 * errorRate * 2,
    run,
  );
}

/** Step 9: the same version is good once the fault is gone; a rollback takes seconds. */
export async function rollBackByHand(world: World): Promise<void> {
  world.sandbox.cloudRun.clearRevisionFaults();
  await dispatch(world, "deploy.yml", { version: "v1.2.0" });
  await successOf(world, "deploy.yml", "workflow_dispatch");
  await expectProduction(world, "v1.2.0");
  const startedAt = Date.now();
  await dispatch(world, "rollback.yml", { reason: "The desk prefers the model before" });
  const run = await successOf(world, "rollback.yml", "workflow_dispatch");
  expectThat(
    world,
    `rolled back in ${((Date.now() - startedAt) / 1000).toFixed(1)} s, run and all`,
    run.conclusion === "success",
    run,
  );
  await expectProduction(world, "v1.1.1");
  const events = (await readModel(world))?.events ?? [];
  const last = events.at(-1);
  expectThat(
    world,
    `${last?.tag}: "${last?.reason ?? ""}" by ${last?.actor ?? "?"}`,
    last?.version === "v1.1.1",
    run,
  );
  const told = events.map(({ version }) => version).join(" → ");
  expectThat(world, `the history keeps all: ${told}`, events.length === 5, run);
}
