import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { composeMessage, latestVersion, stageTag, type ModelHistory } from "#core";
import { claimTag, nextTagTime, renewReleaseCommit } from "#github";
import type { Check, PeerSuite } from "./check.ts";
import {
  commitAll,
  git,
  startRegistry,
  startRepository,
  type LocalRegistry,
} from "./local-registry.ts";
import { requireProgram } from "./tools.ts";

interface GtoModel {
  readonly version: string | null;
  readonly stage: Readonly<Record<string, string | null>>;
  readonly registered: boolean;
  readonly active: boolean;
}
interface GtoEvent {
  readonly timestamp: string;
  readonly artifact: string;
  readonly event: string;
  readonly version: string | null;
  readonly stage: string | null;
  readonly commit: string;
  readonly ref: string;
}
/** What both readers can say of an event. */
type Told = Pick<GtoEvent, "event" | "version" | "stage" | "commit" | "ref"> & {
  readonly at: number;
};
type Gto = <T>(...parameters: string[]) => Promise<T>;

/** Repositories read by GTO and by Slipway, whoever of the two wrote them. */
export const gtoSuite: PeerSuite = {
  peer: "gto 1.10.1",
  run: async (check, { gto }) => {
    await readWhatSlipwayWrote(check, gto);
    await readWhatGtoWrote(check, gto);
  },
};

function gtoIn(program: string, directory: string): Gto {
  return async <T>(...parameters: string[]) => {
    const [command = "", ...rest] = parameters;
    const options = [command, "--repo", directory, "--json", ...rest];
    return JSON.parse(await requireProgram(program, options)) as T;
  };
}

/**
 * Slipway's reading in GTO's `show --json` form: the greatest version, prereleases included, and
 * every stage that any model of the repository has.
 */
function showOf(history: ModelHistory, stages: readonly string[]): GtoModel {
  const present = history.versions.filter((entry) => !entry.deregistered);
  return {
    version: present.at(-1)?.version ?? null,
    stage: Object.fromEntries(stages.map((stage) => [stage, history.stages[stage] ?? null])),
    registered: history.versions.length > 0,
    active: !history.deprecated,
  };
}

/** Slipway's reading as GTO's history lists it: registrations and stage events, newest first. */
function eventsOf(history: ModelHistory): readonly Told[] {
  const registrations = history.versions.map((entry) => ({
    event: "registration",
    version: entry.version,
    stage: null,
    commit: entry.commit,
    ref: entry.tag,
    at: Date.parse(entry.createdAt),
  }));
  const stages = history.events.map((event) => ({
    event: event.kind === "assigned" ? "assignment" : "unassignment",
    version: event.version,
    stage: event.stage,
    commit: event.commit,
    ref: event.tag,
    at: Date.parse(event.at),
  }));
  return [...registrations, ...stages].toSorted((left, right) => right.at - left.at);
}

/** GTO's list without what Slipway keeps as marks on versions and models. */
function toldBy(events: readonly GtoEvent[], model: string): readonly Told[] {
  return events
    .filter(({ artifact }) => artifact === model)
    .filter(({ event }) => event !== "deregistration" && event !== "deprecation")
    .map(({ event, version, stage, commit, ref, timestamp }) => ({
      event,
      version,
      stage,
      commit,
      ref,
      at: Date.parse(timestamp),
    }));
}

const model = "weather";
const nested = "eu/churn_2-b";

async function readWhatSlipwayWrote(check: Check, program: string): Promise<void> {
  const registry = await startRegistry();
  try {
    await writeLife(registry);
    const agree = agreement(registry, program);
    await check("show agrees on versions and stages of two models, one with a / in its name", () =>
      agree.show([model, nested]),
    );
    await check("history agrees: event, version, stage, commit, tag and time, newest first", () =>
      agree.history([model, nested]),
    );
    await check("a stage that is taken back shows the version before it, to both", async () => {
      await unassign(registry, "production");
      assert.equal((await registry.read(model)).stages["production"], "v1.1.0");
      await agree.show([model]);
      await agree.history([model]);
    });
    await check("a stage is empty once every holder is taken back, to both", async () => {
      while ((await registry.read(model)).stages["production"] !== null)
        await unassign(registry, "production");
      await agree.show([model]);
      await agree.history([model]);
    });
    await check("a deregistered version is out of view, and drops its stages", async () => {
      await registry.register({ model, deregister: "v1.0.0" });
      const { versions } = await registry.read(model);
      assert.deepEqual(
        versions.filter((entry) => entry.deregistered).map(({ version }) => version),
        ["v1.0.0"],
      );
      await agree.show([model]);
      await agree.history([model]);
    });
    await checkNamedDifferences(check, { registry, program });
  } finally {
    await registry.close();
  }
}

function agreement(registry: LocalRegistry, program: string) {
  return {
    show: async (models: readonly string[]) => {
      const gto = gtoIn(program, await registry.clone());
      const theirs = await gto<Record<string, GtoModel>>("show");
      const all = Object.values(theirs).flatMap(({ stage }) => Object.keys(stage));
      for (const name of models) {
        const history = await registry.read(name);
        const stages = [...new Set([...all, ...Object.keys(history.stages)])];
        assert.deepEqual(theirs[name], showOf(history, stages), name);
      }
    },
    history: async (models: readonly string[]) => {
      const gto = gtoIn(program, await registry.clone());
      const theirs = await gto<readonly GtoEvent[]>("history");
      for (const name of models) {
        const own = eventsOf(await registry.read(name));
        assert.ok(own.length > 0);
        assert.deepEqual(toldBy(theirs, name), own, name);
      }
    },
  };
}

/** Three versions and one of another model, stages, a rollback: by register-version's own code. */
async function writeLife(registry: LocalRegistry): Promise<void> {
  const { register } = registry;
  await register({ model, stage: "production", reason: "first" }, "one");
  await register({ model, stage: "staging", reason: "to be tried" }, "two");
  await register({ model: nested, stage: "production", reason: "first" }, "a");
  await register({ model, version: "v1.1.0", stage: "production", reason: "it is better" });
  await register({ model }, "three");
  await register({ model, version: "v1.2.0", stage: "production", reason: "better yet" });
  await register({ model, version: "v1.1.0", stage: "production", reason: "rollback: slow" });
  await register({ model, version: "v2.0.0-rc.1" }, "four");
  await register({ model, version: "v1.2.0", stage: "production", reason: "the fault is gone" });
}

/** Writes `weather#stage!#n` on the commit of the version that holds the stage. */
async function unassign(registry: LocalRegistry, stage: string): Promise<void> {
  const history = await registry.read(model);
  const holder = history.stages[stage];
  const entry = history.versions.find(({ version }) => version === holder);
  if (entry === undefined) throw new Error(`nothing is in ${stage}`);
  const event = Math.max(...history.events.map((known) => known.event ?? 0)) + 1;
  const tag = stageTag({ model, stage, event, unassign: true });
  const message = composeMessage(`${entry.tag} leaves ${stage}`, "", {
    "Slipway-Model": model,
    "Slipway-Version": entry.version,
    "Slipway-Stage": stage,
  });
  const now = new Date();
  await registry.registry.claimMark({ tag, commit: entry.commit, message, history, now });
}

/** Where contracts.md says that GTO reads something else, it does, and Slipway reads its own. */
async function checkNamedDifferences(
  check: Check,
  { registry, program }: { readonly registry: LocalRegistry; readonly program: string },
): Promise<void> {
  await check("named difference: a renewed release commit is a commit to GTO", async () => {
    const renewed = await assignOnRenewedCommit(registry);
    const gto = gtoIn(program, await registry.clone());
    const shown = await gto<Record<string, GtoModel>>("show");
    assert.equal((await registry.read(nested)).stages["production"], "v1.0.0");
    assert.equal(shown[nested]?.stage["production"], renewed);
  });
  await check("named difference: GTO hides a deprecated model until its next tag", async () => {
    await registry.register({ model, deprecate: "true", reason: "replaced" });
    const history = await registry.read(model);
    assert.equal(history.deprecated, true);
    const gto = gtoIn(program, await registry.clone());
    const shown = await gto<Record<string, GtoModel>>("show");
    assert.equal(shown[model], undefined);
    const listed = await gto<readonly GtoEvent[]>("history");
    assert.equal(listed.find(({ artifact }) => artifact === model)?.event, "deprecation");
  });
  await check("a deprecated model's next tag brings it back, to both", async () => {
    await registry.register({ model, version: "v1.2.0", stage: "staging", reason: "needed again" });
    assert.equal((await registry.read(model)).deprecated, false);
    await agreement(registry, program).show([model]);
  });
}

/** What assignStage does where GitHub refuses the old release commit for its workflow files. */
async function assignOnRenewedCommit(registry: LocalRegistry): Promise<string> {
  const { connection } = registry;
  const history = await registry.read(nested);
  const entry = latestVersion(history);
  if (entry === null) throw new Error(`${nested} has no version`);
  const at = nextTagTime(new Date(), [history.newestTagAt]);
  const commit = await renewReleaseCommit(connection, {
    commit: entry.commit,
    message: "renewed\n",
    at,
  });
  const event = Math.max(...history.events.map((known) => known.event ?? 0)) + 1;
  await claimTag(connection, {
    name: stageTag({ model: nested, stage: "production", event }),
    commit,
    message: composeMessage("production again", "", { "Slipway-Version": entry.version }),
    at: nextTagTime(new Date(), [at]),
  });
  return commit;
}

async function readWhatGtoWrote(check: Check, program: string): Promise<void> {
  const registry = await startRegistry();
  try {
    const directory = join(registry.folder, "gto");
    await startRepository(directory);
    await writeLifeWithGto(directory, program);
    await registry.push(directory);
    const agree = agreement(registry, program);
    await check("Slipway reads what GTO wrote: versions, stages, a stage taken back", () =>
      agree.show([model, nested]),
    );
    await check("Slipway reads the same events of it, in the same order", () =>
      agree.history([model, nested]),
    );
    await check("Slipway numbers on from GTO's tags", async () => {
      await registry.register({ model, version: "v1.1.0", stage: "production", reason: "back" });
      const { events, stages } = await registry.read(model);
      assert.equal(events.at(-1)?.tag, "weather#production#5");
      assert.equal(stages["production"], "v1.1.0");
      await agree.show([model]);
    });
  } finally {
    await registry.close();
  }
}

/** GTO breaks ties of a second wrongly, so its commands are a second apart. */
async function writeLifeWithGto(directory: string, program: string): Promise<void> {
  await git(directory, "config", "user.name", "ann");
  await git(directory, "config", "user.email", "ann@example.com");
  const gto = async (command: string, name: string, ...rest: string[]) => {
    await wait(1050);
    await requireProgram(program, [command, "--repo", directory, name, ...rest]);
  };
  const change = async (text: string) => {
    writeFileSync(join(directory, "train.py"), text);
    await commitAll(directory, text);
  };
  await gto("register", model, "--version", "v1.0.0");
  await gto("assign", model, "--version", "v1.0.0", "--stage", "production");
  await gto("register", nested, "--version", "v0.3.0");
  await gto("assign", nested, "--version", "v0.3.0", "--stage", "staging");
  await change("second");
  await gto("register", model, "--bump-minor");
  await gto("assign", model, "--version", "v1.1.0", "--stage", "staging");
  await gto("assign", model, "--version", "v1.1.0", "--stage", "production");
  await gto("deprecate", model, "v1.1.0", "production");
}
