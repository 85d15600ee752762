import { readHistory, RemoteError, type ModelHistory, type TagFacts, type Version } from "#core";
import { memoryHistory, rememberingLog, someManifest, steppingClock } from "#core/testing";
import type { DeploymentProgress } from "#github";
import type { SmokeOutcome, SmokePlan } from "#probe";
import { rawInputs } from "#toolkit";
import { parseInputs, type Inputs } from "../inputs.ts";
import type { Ports } from "../ports.ts";
import { shortRevision } from "../traffic.ts";
import { fakeCloud, versionIn, type FakeCloud, type FakeCloudOptions } from "./fake-cloud-run.ts";

export const IMAGE = `europe-docker.pkg.dev/acme/server@sha256:${"a".repeat(64)}`;

/** A world for tests: Cloud Run, GitHub's records and a model with versions, all in memory. */
export interface World {
  readonly cloud: FakeCloud;
  readonly clock: ReturnType<typeof steppingClock>;
  readonly log: ReturnType<typeof rememberingLog>;
  /** Statuses by Deployment, in order. */
  readonly deployments: DeploymentProgress[][];
  readonly stageTags: { stage: string; version: Version; reason: string }[];
  readonly documents: object[];
  /** Versions whose smoke test fails. */
  readonly broken: Set<string>;
  /** The plans that were asked. */
  readonly probes: SmokePlan[];
  refuseTags: boolean;
  ports(overrides?: Partial<Ports>): Ports;
}

/** Makes a {@link World} with versions of the model `weather`. */
export function makeWorld(
  versions: readonly Version[] = ["v1.0.0", "v1.1.0", "v1.2.0"],
  options: Partial<FakeCloudOptions> = {},
): World {
  const clock = steppingClock();
  const cloud = fakeCloud({ clock, ...options });
  const log = rememberingLog();
  let rollouts = 0;
  const history = memoryHistory({
    versions: versions.map((version) => ({
      manifest: someManifest({
        version,
        home: `gs://acme-models/weather/${version}`,
        files: [
          ...someManifest().files,
          { path: "golden.jsonl", role: "golden", bytes: 1, digest: `sha256:${"2".repeat(64)}` },
        ],
      }),
    })),
  });
  const world: World = {
    cloud,
    clock,
    log,
    deployments: [],
    stageTags: [],
    documents: [],
    broken: new Set(),
    probes: [],
    refuseTags: false,
    ports: (overrides = {}) => ({
      run: cloud.run,
      monitoring: cloud.monitoring,
      history: { ...history, read: (model) => readWithStages(world, versions, model) },
      records: {
        startDeployment: () => Promise.resolve(world.deployments.push([]) - 1),
        reportDeployment: (id, progress) => {
          world.deployments[id]?.push(progress);
          return Promise.resolve();
        },
        assignStage: async ({ stage, version, reason }) => {
          if (world.refuseTags) throw refusedTag();
          const before = (await readWithStages(world, versions, "weather")).stages[stage] ?? null;
          const tag = `weather#${stage}#${world.stageTags.length + 1}`;
          if (before === version) return { kind: "unchanged", tag, previous: before };
          world.stageTags.push({ stage, version, reason });
          return { kind: "assigned", tag, previous: before };
        },
      },
      project: "acme-prod",
      identity: { id: "1/deploy", url: "https://github.test/acme/models/actions/runs/1" },
      clock,
      log,
      signal: new AbortController().signal,
      newRolloutId: () => `rollout-${++rollouts}`,
      probe: (plan) => Promise.resolve(probe(world, plan)),
      authorise: () => Promise.resolve({}),
      expect: ({ model, version }) =>
        Promise.resolve({ model, version, cases: [], casesFrom: "none in memory" }),
      writeDeployment: (document) => {
        world.documents.push(document);
        return Promise.resolve();
      },
      ...overrides,
    }),
  };
  return world;
}

function refusedTag(): RemoteError {
  return new RemoteError({
    code: "FORBIDDEN",
    message: "GitHub refused the tag.",
    call: "POST git/refs",
    status: 403,
    retryable: false,
  });
}

/** The model's history with the stage tags that were written. */
function readWithStages(
  { stageTags }: World,
  versions: readonly Version[],
  model: string,
): Promise<ModelHistory> {
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const holder = (index: number, stage: string) =>
    stageTags.slice(0, index).findLast((tag) => tag.stage === stage)?.version;
  const tags: TagFacts[] = [
    ...versions.map((version, index) => ({
      name: `${model}@${version}`,
      commit: `commit-${version}`,
      taggedAt: at(index),
      message: `x\n\nSlipway-Version: ${version}\nSlipway-Digest: sha256:${"d".repeat(64)}\n`,
    })),
    ...stageTags.map(({ stage, version, reason }, index) => ({
      name: `${model}#${stage}#${index + 1}`,
      commit: `commit-${version}`,
      taggedAt: at(versions.length + index),
      message: `x\n\nSlipway-Version: ${version}\nSlipway-Reason: ${reason}\n${previousLine(holder(index, stage))}`,
    })),
  ];
  return Promise.resolve(readHistory(model, tags));
}

function previousLine(version: string | undefined): string {
  return version === undefined ? "" : `Slipway-Previous: ${version}\n`;
}

/** Asks whichever revision the URL leads to. */
function probe(world: World, plan: SmokePlan): SmokeOutcome {
  world.probes.push(plan);
  const found = versionAt(world, plan.url);
  const expected = plan.expectation.version ?? "";
  const fails = found !== expected || world.broken.has(found);
  return {
    verdict: fails ? "fail" : "pass",
    reason: fails
      ? `The server says it is ${found}, expected ${expected}.`
      : "All thresholds passed.",
    judgements: [],
    measures: {},
    evidence: {
      url: plan.url,
      expectation: plan.expectation,
      readiness: { kind: "ready", path: "/ready", waitedMs: 1, attempts: 1 },
      identity: null,
      cases: [],
      badRequests: [],
      load: null,
    },
  };
}

function versionAt({ cloud }: World, url: string): string {
  const service = /([a-z-]+)\.example$/.exec(url.replace(/^.*---/, ""))?.[1] ?? "";
  const status = cloud.service(service).trafficStatuses?.find(({ uri }) => uri === url);
  const name = shortRevision(status?.revision ?? "");
  const revision = cloud.revisions(service).find((each) => shortRevision(each.name) === name);
  return versionIn(revision ?? {});
}

/** Inputs of a deployment of `weather` to `weather-api`. */
export function someInputs(extra: Readonly<Record<string, string>> = {}): Inputs {
  return parseInputs(
    rawInputs({
      model: "weather",
      service: "weather-api",
      region: "europe-west1",
      image: IMAGE,
      ...extra,
    }),
  );
}
