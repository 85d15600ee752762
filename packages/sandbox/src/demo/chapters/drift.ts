import { letScheduleComeDue, readComments, successOf } from "../actions-of-people.ts";
import { daysOf, waitForRounds } from "../demo-traffic.ts";
import { outputOf } from "../findings.ts";
import { names } from "../project.ts";
import { objectName } from "../weather-data.ts";
import { expectThat, type World } from "../world.ts";
import { expectProduction } from "./releases.ts";

/** As in drift-check.yml. */
const everyMorning = "17 5 * * *";

interface DriftScore {
  readonly score: number | null;
  readonly threshold: number | null;
  readonly noise?: number | null;
  readonly drifted: boolean;
}

function sayScores(world: World, json: string): void {
  const scores = (json === "" ? {} : JSON.parse(json)) as Readonly<Record<string, DriftScore>>;
  for (const [column, { score, threshold, noise, drifted }] of Object.entries(scores)) {
    const number = (value: number | null | undefined) => value?.toFixed(3) ?? "–";
    world.terminal.say(
      `  ${column.padEnd(16)} ${number(score)}  noise ${number(noise)}  bound ${number(threshold)}  ${drifted ? "moved" : "did not move"}`,
    );
  }
}

async function findDriftIssue(world: World) {
  const { repositories } = await world.state();
  const issues = repositories[0]?.issues ?? [];
  return issues.find(({ pull_request: pull, title }) => pull === undefined && /drift/i.test(title));
}

/** Step 5: two more years of the same city. */
export async function findNoDrift(world: World): Promise<void> {
  await waitForRounds(world, { city: "Seattle", years: [2014, 2015] });
  await letScheduleComeDue(world, everyMorning);
  const run = await successOf(world, "drift-check.yml", "schedule");
  sayScores(world, outputOf(run, "Check", "drift-scores"));
  const drifted = outputOf(run, "Check", "drifted");
  expectThat(
    world,
    `no drift that alerts (verdict ${outputOf(run, "Check", "verdict")})`,
    drifted === "false",
    run,
  );
  expectThat(world, "no issue was opened", (await findDriftIssue(world)) === undefined, run);
}

/** Step 6: another city's weather. */
export async function findDrift(world: World): Promise<void> {
  for (const part of world.parts.filter(({ city }) => city === "New York")) {
    await world.storage.upload({ bucket: names.bucket, name: objectName(part), text: part.csv });
  }
  await waitForRounds(world, { city: "New York", years: [2012, 2013, 2014, 2015] });
  await letScheduleComeDue(world, everyMorning);
  const run = await successOf(world, "drift-check.yml", "schedule");
  sayScores(world, outputOf(run, "Check", "drift-scores"));
  const columns = outputOf(run, "Check", "drifted-columns");
  expectThat(world, `drift: ${columns}`, outputOf(run, "Check", "drifted") === "true", run);
  const issue = await findDriftIssue(world);
  expectThat(
    world,
    `issue #${issue?.number ?? "–"}: ${issue?.title ?? "none"}`,
    issue?.state === "open",
    run,
  );
  const started = outputOf(run, "Check", "dispatched-run-id");
  expectThat(
    world,
    `and the retraining was started: run ${started || "none"}`,
    started !== "",
    run,
  );
}

/** Step 7: the retraining that step 6 has started. */
export async function retrain(world: World): Promise<void> {
  const run = await successOf(world, "retrain.yml", "workflow_dispatch");
  await expectProduction(world, "v1.1.1");
  const issue = await findDriftIssue(world);
  const comments = await readComments(world, issue?.number ?? 0);
  expectThat(
    world,
    `issue #${issue?.number ?? "–"} is ${issue?.state ?? "absent"} after ${comments.length} comments: what moved is known now`,
    issue?.state === "closed",
    run,
  );
  world.traffic?.send(daysOf(world, { city: "Seattle", years: [2014, 2015] }));
}
