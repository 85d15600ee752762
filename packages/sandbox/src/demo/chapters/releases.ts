import { mergePull, pushParams, successOf } from "../actions-of-people.ts";
import { outputOf, numbersOf, readModel, readService, versionOf } from "../findings.ts";
import { startDemoTraffic } from "../demo-traffic.ts";
import { names, params } from "../project.ts";
import { expectThat, type World } from "../world.ts";
import { findPull } from "./pull-requests.ts";

/** Step 1: everything from the first push to the first deployment. */
export async function releaseFirstVersion(world: World): Promise<void> {
  await pushParams(world, { params: params.first, message: "Predict the kind of day" });
  const run = await successOf(world, "train-and-release.yml", "push");
  const metrics = numbersOf(outputOf(run, "Judge", "metrics"), [
    "accuracy",
    "f1_macro",
    "log_loss",
  ]);
  expectThat(world, `judged on rows it never saw: ${metrics}`, metrics !== "", run);
  await expectProduction(world, "v1.0.0");
  const { repositories } = await world.state();
  const release = repositories[0]?.releases.find(({ tag_name: tag }) => tag === "weather@v1.0.0");
  const assets = release?.assets.map(({ name }) => name) ?? [];
  expectThat(
    world,
    `a release with the model card and ${assets.length} files`,
    assets.includes("model.onnx"),
    run,
  );
  const stored = await world.storage.list(names.bucket, `models/${names.model}/v1.0.0/`);
  const complete = stored.some(({ name }) => name.endsWith("/push.json"));
  expectThat(
    world,
    `gs://${names.bucket}/models/weather/v1.0.0/ holds ${stored.length} files, each checked`,
    complete,
    run,
  );
  await startDemoTraffic(world);
}

/** Holds that a version is the production stage's and has all the traffic. */
export async function expectProduction(world: World, version: string): Promise<void> {
  const model = await readModel(world);
  const staged = model?.stages["production"];
  const event = model?.events.at(-1);
  expectThat(
    world,
    `${event?.tag ?? "no stage tag"}: production is ${staged ?? "nothing"}`,
    staged === version,
  );
  const service = await readService(world);
  const serving = service?.traffic.filter(({ percent }) => percent > 0) ?? [];
  const served =
    service === undefined ? [] : serving.map(({ revision }) => versionOf(service, revision));
  expectThat(
    world,
    `${served.join(", ") || "nothing"} serves all requests`,
    served.length === 1 && served[0] === version && serving[0]?.percent === 100,
  );
}

/** Step 4: the merge trains, judges and releases anew, and the canary goes up under real traffic. */
export async function mergeBetterModel(world: World): Promise<void> {
  world.terminal.say(
    "Steps of 25, 50 and 100 %, 3 s each: the local Monitoring samples each second, the live one each minute",
  );
  const mark = world.traffic?.mark() ?? 0;
  await mergePull(world, await findPull(world));
  const run = await successOf(world, "train-and-release.yml", "push");
  await expectProduction(world, "v1.1.0");
  const verdict = outputOf(run, "Judge", "verdict");
  expectThat(
    world,
    `the gate compared it with v1.0.0 anew: ${verdict}`,
    verdict !== "" && verdict !== "fail",
    run,
  );
  const during = world.traffic?.since(mark);
  const shares = Object.entries(during?.byVersion ?? {}).map(
    ([version, count]) => `${version} ${count}`,
  );
  expectThat(
    world,
    `meanwhile ${during?.requests ?? 0} requests, ${during?.errors ?? 0} errors (${shares.join(", ")})`,
    during !== undefined && during.errors === 0 && (during.byVersion["v1.1.0"] ?? 0) > 0,
    run,
  );
}
