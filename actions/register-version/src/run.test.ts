import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Evaluation, RunRecord } from "#core";
import { rememberingLog, someRun, steppingClock } from "#core/testing";
import { openRunDirectory, rawInputs, type ArtifactStore } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { memoryRegistry, trailersOf, type MemoryRegistry } from "./memory-registry.ts";
import type { Outcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";
import type { Registry } from "./registry.ts";
import { renderOutcome } from "./report.ts";
import { registerVersion } from "./run.ts";

const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const noArtifacts: ArtifactStore = {
  upload: async () => 1,
  list: async () => [],
  download: async () => {},
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-register-"));
});
afterEach(() => rm(folder, { recursive: true }));

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

/** Writes a run directory as train-model and evaluate-gate leave it. */
async function leaveRun(
  extra: Partial<RunRecord> = {},
  options: { model?: string; verdict?: Evaluation["verdict"] | null } = {},
) {
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
}

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
const inputs = (extra: Record<string, string> = {}) =>
  parseInputs(rawInputs({ model: "weather", ...extra }));
const register = (registry: Registry, extra: Record<string, string> = {}) =>
  registerVersion(inputs(extra), ports(registry));
const versionOf = (outcome: Outcome) =>
  outcome.kind === "registered" ? outcome.manifest.version : null;
const tagNames = (registry: MemoryRegistry) => registry.tags.map(({ name }) => name);

describe("registerVersion", () => {
  it("makes the first run v1.0.0, with its release and trailers", async () => {
    await leaveRun();
    const registry = memoryRegistry();
    const outcome = await register(registry, { destination: "gs://acme-models/" });
    expect(outcome).toMatchObject({ kind: "registered", created: true, tag: "weather@v1.0.0" });
    expect(trailersOf(registry, "weather@v1.0.0")).toMatchObject({
      "Slipway-Model": "weather",
      "Slipway-Version": "v1.0.0",
      "Slipway-Source": "a".repeat(40),
      "Slipway-Actor": "ann",
      "Slipway-Content": expect.stringMatching(/^sha256:/) as string,
    });
    const release = registry.releases.get("weather@v1.0.0");
    expect(release?.files.map(({ name }) => name)).toEqual([
      "evaluation.json",
      "model.onnx",
      "run.json",
    ]);
    expect(release?.prerelease).toBe(true);
    expect(outcome.kind === "registered" && outcome.manifest.home).toBe(
      "gs://acme-models/weather/v1.0.0",
    );
  });

  it("gives the same content the same version, however often it is registered", async () => {
    await leaveRun();
    const registry = memoryRegistry();
    await register(registry);
    const again = await register(registry);
    expect(again).toMatchObject({ created: false, tag: "weather@v1.0.0" });
    expect(tagNames(registry)).toEqual(["weather@v1.0.0"]);
    expect(renderOutcome(again).outputs["created"]).toBe("false");
  });

  it("follows the bump rule: data is a patch, a parameter a minor", async () => {
    const registry = memoryRegistry();
    await leaveRun();
    await register(registry);
    await leaveRun(
      { id: "two", data: [{ ...someRun().data[0]!, digest: sha256("more") }] },
      { model: "second" },
    );
    expect(versionOf(await register(registry))).toBe("v1.0.1");
    await leaveRun(
      {
        id: "three",
        data: [{ ...someRun().data[0]!, digest: sha256("more") }],
        params: { depth: 3 },
      },
      { model: "third" },
    );
    const third = await register(registry);
    expect(versionOf(third)).toBe("v1.1.0");
    expect(renderOutcome(third).outputs).toMatchObject({
      bump: "minor",
      "previous-version": "v1.0.1",
    });
  });

  it("finishes what a run began that was killed at any of its calls", async () => {
    await leaveRun();
    for (const call of ["history", "claimVersion", "release", "assignStage"] as const) {
      for (const when of ["before", "after"] as const) {
        const registry = memoryRegistry();
        const dying: Registry = {
          ...registry,
          [call]: async (...values: never[]) => {
            const work = registry[call] as (...values: never[]) => Promise<unknown>;
            if (when === "after") await work(...values);
            throw new Error("killed");
          },
        };
        await expect(register(dying, { stage: "staging" })).rejects.toThrow("killed");
        const outcome = await register(registry, { stage: "staging" });
        expect(versionOf(outcome)).toBe("v1.0.0");
        expect(tagNames(registry)).toEqual(["weather@v1.0.0", "weather#staging#1"]);
        expect([...registry.releases.keys()]).toEqual(["weather@v1.0.0"]);
      }
    }
  });

  describe("after a run that was killed between its claim and its release", () => {
    /** Claims v1.0.0 and stops; then the same model is evaluated anew. @returns the first evaluation */
    async function claimAndEvaluateAnew(registry: MemoryRegistry): Promise<string> {
      const source = {
        ...someRun().source,
        run_url: "https://github.test/acme/weather/actions/runs/77",
      };
      await leaveRun({ source });
      const directory = openRunDirectory(join(folder, "slipway-run"));
      const first = await directory.readText("evaluation.json");
      const dying = { ...registry, release: () => Promise.reject(new Error("killed")) };
      await expect(register(dying)).rejects.toThrow("killed");
      await directory.writeText("evaluation.json", first.replace("2026-01-01", "2026-01-02"));
      return first;
    }

    it("releases the files that the first run left as artifacts, as its manifest names them", async () => {
      const registry = memoryRegistry();
      const first = await claimAndEvaluateAnew(registry);
      const asked: number[] = [];
      const outcome = await registerVersion(inputs(), {
        ...ports(registry),
        artifactsOf: (runId) => ({
          list: async () => {
            asked.push(runId);
            return [{ id: 5, name: "slipway-weather-evaluate-gate-1", createdAt: "" }];
          },
          download: (_, destination) =>
            openRunDirectory(destination).writeText("evaluation.json", first),
        }),
      });
      expect(outcome).toMatchObject({ created: false, tag: "weather@v1.0.0" });
      expect(asked).toEqual([77]);
      const released = registry.releases.get("weather@v1.0.0")?.files ?? [];
      for (const { path, digest } of released) {
        expect(sha256(await readFile(path, "utf8"))).toBe(digest);
      }
      expect(tagNames(registry)).toEqual(["weather@v1.0.0"]);
    });

    it("says what is missing and three ways out where they are gone", async () => {
      const registry = memoryRegistry();
      await claimAndEvaluateAnew(registry);
      await expect(register(registry)).rejects.toThrow(
        "weather@v1.0.0 was claimed by https://github.test/acme/weather/actions/runs/77, which ended before its release was made, and these files of it are not here: evaluation.json.",
      );
    });
  });

  it("takes the next version when another run claimed it first", async () => {
    await leaveRun();
    const registry = memoryRegistry();
    let raced = false;
    const racing: Registry = {
      ...registry,
      claimVersion: async (claim) => {
        if (!raced) {
          raced = true;
          const message = claim.message.replace(
            /Slipway-Content: .*/,
            `Slipway-Content: ${sha256("other")}`,
          );
          await registry.claimVersion({
            ...claim,
            message,
            manifest: { ...claim.manifest, run: { ...claim.manifest.run, id: "other" } },
          });
        }
        return registry.claimVersion(claim);
      },
    };
    const outcome = await register(racing);
    expect(versionOf(outcome)).toBe("v1.0.1");
    expect(tagNames(registry)).toEqual(["weather@v1.0.0", "weather@v1.0.1"]);
  });

  it("refuses a failed evaluation, and with pass anything but a passed one", async () => {
    await leaveRun({}, { verdict: "fail" });
    const registry = memoryRegistry();
    await expect(register(registry)).rejects.toMatchObject({
      code: "VERDICT_REFUSED",
      message:
        "The run's evaluation ended fail: It ended fail. require-verdict: not-fail refuses it.",
    });
    expect(registry.tags).toEqual([]);
    await leaveRun({}, { verdict: "inconclusive" });
    await expect(register(registry, { "require-verdict": "pass" })).rejects.toMatchObject({
      code: "VERDICT_REFUSED",
    });
    expect(versionOf(await register(registry))).toBe("v1.0.0");
    await leaveRun({}, { verdict: null });
    await rm(join(folder, "slipway-run/evaluation.json"));
    await expect(register(registry, { "require-verdict": "pass" })).rejects.toMatchObject({
      code: "NOT_EVALUATED",
    });
  });

  it("refuses a file that changed after the run, one that is gone, and another model's run", async () => {
    await leaveRun();
    const directory = openRunDirectory(join(folder, "slipway-run"));
    await directory.writeText("model.onnx", "tampered");
    await expect(register(memoryRegistry())).rejects.toMatchObject({
      code: "FILE_CHANGED",
      message: `model.onnx changed after the run: ${sha256("tampered")} now, ${sha256("the model")} in run.json.`,
    });
    await rm(directory.resolve("model.onnx"));
    await expect(register(memoryRegistry())).rejects.toMatchObject({ code: "FILE_MISSING" });
    await leaveRun();
    await expect(register(memoryRegistry(), { model: "other" })).rejects.toMatchObject({
      message: "The run in slipway-run is of model weather, not other.",
    });
  });

  it("says where a run should come from when there is none", async () => {
    await expect(register(memoryRegistry())).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      hint: expect.stringContaining("Run train-model before this step") as string,
    });
  });

  it("never puts splits or predictions into a release unless asked", async () => {
    const split = {
      path: "splits/test.csv",
      role: "split" as const,
      bytes: 1,
      digest: sha256("s"),
    };
    const model = {
      path: "model.onnx",
      role: "model" as const,
      bytes: 9,
      digest: sha256("the model"),
    };
    await leaveRun({ files: [model, split] });
    await openRunDirectory(join(folder, "slipway-run")).writeText("splits/test.csv", "s");
    const registry = memoryRegistry();
    await register(registry);
    expect(registry.releases.get("weather@v1.0.0")?.files.map(({ name }) => name)).not.toContain(
      "splits--test.csv",
    );
  });

  it("writes a card in which data's names can do nothing", async () => {
    await leaveRun({ target: "|<img src=x>|", params: { "@everyone": 1 } });
    const registry = memoryRegistry();
    await register(registry, { notes: "Mind the fog." });
    const body = registry.releases.get("weather@v1.0.0")?.text.body ?? "";
    expect(body).toMatch(/^Mind the fog\.\n/);
    const outside = body.replaceAll(/```[\s\S]*?```/g, "");
    expect(outside).not.toContain("<img");
    expect(outside).not.toContain("@everyone");
  });
});

describe("stages", () => {
  it("are assigned to a version that exists, without a run", async () => {
    await leaveRun();
    const registry = memoryRegistry();
    await register(registry);
    await rm(join(folder, "slipway-run"), { recursive: true });
    const outcome = await register(registry, { version: "v1.0.0", stage: "production" });
    expect(outcome).toMatchObject({
      kind: "assigned",
      version: "v1.0.0",
      stage: { tag: "weather#production#1", changed: true },
    });
    expect(registry.releases.get("weather@v1.0.0")?.prerelease).toBe(false);
    const again = await register(registry, { version: "latest", stage: "production" });
    expect(again).toMatchObject({ stage: { tag: "weather#production#1", changed: false } });
  });

  it("go back with previous, marked as a rollback", async () => {
    const registry = memoryRegistry();
    for (const id of ["one", "two"]) {
      await leaveRun({ id, params: { id } }, { model: id });
      await register(registry, { stage: "production" });
    }
    const outcome = await register(registry, {
      version: "previous",
      stage: "production",
      reason: "it was slow",
    });
    expect(outcome).toMatchObject({
      kind: "assigned",
      version: "v1.0.0",
      stage: { previous: "v1.1.0" },
    });
    expect(trailersOf(registry, "weather#production#3")["Slipway-Reason"]).toBe(
      "rollback: it was slow",
    );
  });

  it("refuse a version that does not exist", async () => {
    const registry = memoryRegistry();
    await leaveRun();
    await register(registry);
    await rm(join(folder, "slipway-run"), { recursive: true });
    await expect(
      register(registry, { version: "v9.0.0", stage: "production" }),
    ).rejects.toMatchObject({
      message: "Model weather has no version v9.0.0. The newest is v1.0.0.",
    });
  });
});

describe("marks", () => {
  it("deregister a version and deprecate a model, deleting nothing", async () => {
    await leaveRun();
    const registry = memoryRegistry();
    await register(registry);
    expect(await register(registry, { deprecate: "true" })).toMatchObject({
      kind: "marked",
      tag: "weather@deprecated",
      created: true,
    });
    expect(await register(registry, { deregister: "v1.0.0" })).toMatchObject({
      kind: "marked",
      tag: "weather@v1.0.0!",
    });
    expect(tagNames(registry)).toEqual(["weather@v1.0.0", "weather@deprecated", "weather@v1.0.0!"]);
  });
});

describe("the inputs of register-version", () => {
  it("report every fault at once", () => {
    const read = () =>
      parseInputs(
        rawInputs({
          model: "-weather",
          version: "1.4",
          bump: "mayor",
          "allow-smaller-bump": "yes",
          stage: "a b",
        }),
      );
    expect(read).toThrow(
      [
        '- Input model is "-weather": expected a model name: letters, digits, -, _ and /, beginning and ending with a letter or digit.',
        '- Input version is "1.4": expected a semantic version such as v1.4.0, or latest, previous or a stage.',
        '- Input bump is "mayor": expected one of major, minor, patch. Did you mean major?',
        '- Input allow-smaller-bump is "yes": expected true or false.',
        `- Input stage is "a b": expected a stage's name: letters, digits, -, _ and /.`,
      ].join("\n"),
    );
  });
});
