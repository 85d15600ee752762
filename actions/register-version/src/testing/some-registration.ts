import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Evaluation, RunRecord } from "#core";
import { rememberingLog, someRun, steppingClock } from "#core/testing";
import { openRunDirectory, rawInputs, type ArtifactStore } from "#toolkit";
import { parseInputs, type Inputs } from "../inputs.ts";
import type { MemoryRegistry } from "./memory-registry.ts";
import type { Outcome } from "../outcome.ts";
import type { Ports } from "../ports.ts";
import type { Registry } from "../registry.ts";
import { registerVersion } from "../run.ts";

export const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const noArtifacts: ArtifactStore = {
  upload: async () => 1,
  list: async () => [],
  download: async () => {},
};

const evaluation = (verdict: Evaluation["verdict"]): Evaluation => ({
  schema: "slipway/evaluation@1",
  model: "weather",
  run: "r",
  created: "2026-01-01T00:00:00Z",
  task: "multiclass",
  classes: ["rain", "sun"],
  rows: 100,
  data: { name: "test", digest: null },
  verdict,
  reason: `It ended ${verdict}.`,
  baseline: null,
  metrics: {
    accuracy: { value: 0.81, low: 0.78, high: 0.84, n: 100 },
    "recall(<img src=x>)": { value: 0.5 },
  },
  slices: [],
  judgements: [],
});

/** A job that registers what a run left. */
export interface Registration {
  readonly folder: string;
  /** Writes a run directory as train-model and evaluate-gate leave it. */
  leaveRun(
    extra?: Partial<RunRecord>,
    options?: { model?: string; verdict?: Evaluation["verdict"] | null },
  ): Promise<void>;
  ports(registry: Registry, log?: ReturnType<typeof rememberingLog>): Ports;
  register(registry: Registry, extra?: Record<string, string>): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Makes an empty folder to register from. */
export async function openRegistration(): Promise<Registration> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-register-"));
  const leaveRun = async (
    extra: Partial<RunRecord> = {},
    options: { model?: string; verdict?: Evaluation["verdict"] | null } = {},
  ) => {
    const directory = openRunDirectory(join(folder, "slipway-run"));
    const model = options.model ?? "the model";
    const run = someRun({
      files: [{ path: "model.onnx", role: "model", bytes: model.length, digest: sha256(model) }],
      ...extra,
    });
    await directory.writeText("model.onnx", model);
    await directory.writeDocument("run.json", run);
    const verdict = options.verdict === undefined ? "pass" : options.verdict;
    if (verdict !== null) await directory.writeDocument("evaluation.json", evaluation(verdict));
  };
  const ports = (registry: Registry, log = rememberingLog()): Ports => ({
    registry,
    artifacts: noArtifacts,
    clock: steppingClock(),
    log,
    actor: "ann",
    sha: "b".repeat(40),
    workspace: folder,
    temporaryDirectory: folder,
    artifactsOf: () => noArtifacts,
    sha256,
  });
  const register = (registry: Registry, extra: Record<string, string> = {}) =>
    registerVersion(inputs(extra), ports(registry));
  return { folder, leaveRun, ports, register, remove: () => rm(folder, { recursive: true }) };
}

/** The action's inputs, of the model `weather`. */
export const inputs = (extra: Record<string, string> = {}): Inputs =>
  parseInputs(rawInputs({ model: "weather", ...extra }));

export const versionOf = (outcome: Outcome) =>
  outcome.kind === "registered" ? outcome.manifest.version : null;
export const tagNames = (registry: MemoryRegistry) => registry.tags.map(({ name }) => name);
