import { openPull, pushParams, readComments, runOf, startBranch } from "../actions-of-people.ts";
import { outputOf, readModel } from "../findings.ts";
import { params } from "../project.ts";
import { readMarkup } from "../read-markup.ts";
import { expectThat, type World } from "../world.ts";

const title = "Smaller trees";

/** The number of the story's first pull request. */
export async function findPull(world: World): Promise<number> {
  const pulls = await world.github.json<
    readonly { readonly number: number; readonly title: string }[]
  >(`/repos/${world.repository}/pulls?state=open`);
  const found = pulls.find((pull) => pull.title === title);
  if (found === undefined) throw new Error(`no open pull request is called ${title}`);
  return found.number;
}

async function expectOneComment(world: World, number: number): Promise<string> {
  const comments = await readComments(world, number);
  expectThat(
    world,
    `pull request #${number} has one comment, kept up to date`,
    comments.length === 1,
  );
  return comments[0] ?? "";
}

async function expectNothingReleased(world: World): Promise<void> {
  const versions = (await readModel(world))?.versions.map(({ version }) => version) ?? [];
  expectThat(
    world,
    `nothing was released: still only ${versions.join(", ")}`,
    versions.join() === "v1.0.0",
  );
}

/** The rows of a comment's table of thresholds that compare with production, as a reader sees them. */
function comparisons(comment: string): readonly string[] {
  const [table = ""] = comment.split("\n### ");
  return table
    .split("\n")
    .map(readMarkup)
    .filter((line) => line.startsWith("|") && line.includes("production"));
}

/** Step 2: the gate fails the change, with the paired difference and its interval. */
export async function openWorsePullRequest(world: World): Promise<void> {
  await startBranch(world, "smaller-trees");
  await pushParams(world, { params: params.worse, message: "One tree of two leaves" });
  const number = await openPull(world, { branch: "smaller-trees", title });
  const run = await runOf(world, "pull-request.yml", "pull_request");
  const verdict = outputOf(run, "Judge", "verdict");
  expectThat(
    world,
    `verdict: ${verdict}, and the check is red`,
    verdict === "fail" && run.conclusion === "failure",
    run,
  );
  const comment = await expectOneComment(world, number);
  for (const line of comparisons(comment)) world.terminal.say(line);
  expectThat(
    world,
    "the comment shows the difference to production with its interval",
    /fail/i.test(comment) && comparisons(comment).length > 0,
    run,
  );
  await expectNothingReleased(world);
}

/** Step 3: the same comment, a better verdict. */
export async function improvePullRequest(world: World): Promise<void> {
  await pushParams(world, { params: params.better, message: "Two hundred trees of four leaves" });
  const run = await runOf(world, "pull-request.yml", "pull_request");
  const verdict = outputOf(run, "Judge", "verdict");
  const fits = (verdict === "pass" || verdict === "inconclusive") && run.conclusion === "success";
  expectThat(world, `verdict: ${verdict}, and the check is green`, fits, run);
  const comment = await expectOneComment(world, await findPull(world));
  for (const line of comparisons(comment)) world.terminal.say(line);
  await expectNothingReleased(world);
}
