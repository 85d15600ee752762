import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  formatDocument,
  goldenCaseSchema,
  parseDocument,
  type GoldenCase,
  type RunRecord,
} from "#core";
import { rememberingLog, steppingClock } from "#core/testing";
import { googleCredentials, objectStore } from "#google";
import { standardLimits, startServer } from "#server";
import { openRunDirectory, rawInputs } from "#toolkit";
import {
  openWorkspace,
  type Workspace,
} from "../../actions/evaluate-gate/src/testing/some-gate.ts";
import { parseInputs as parseRegistration } from "../../actions/register-version/src/inputs.ts";
import { memoryRegistry } from "../../actions/register-version/src/testing/memory-registry.ts";
import { registerVersion } from "../../actions/register-version/src/run.ts";
import {
  asTrained,
  createTestRun,
  rememberingArtifacts,
  type TestRun,
} from "../../actions/train-model/src/testing/test-run.ts";

const trees = join(import.meta.dirname, "../fixtures/trees");
const CLASSES = ["drizzle", "fog", "rain", "snow", "sun"];

let test: TestRun;
let gate: Workspace;
let served: string;
beforeEach(async () => {
  test = await createTestRun();
  test.copyData("weather.csv");
  gate = openWorkspace();
  served = await mkdtemp(join(tmpdir(), "slipway-served-"));
});
afterEach(async () => {
  await test.remove();
  await gate.remove();
  await rm(served, { recursive: true, force: true });
});

const runDirectory = () => openRunDirectory(join(test.folder, "slipway-run"));

/** A training by a command that leaves a model. */
async function train(inputs: Readonly<Record<string, string>>) {
  const outcome = await test.train({
    data: "data/weather.csv",
    id: "location, date",
    split: "0.6/0.1/0.3",
    ...inputs,
  });
  return asTrained(outcome);
}

/** y = 2 a − b, as TensorFlow.js saves a graph. */
function linearGraph(): Readonly<Record<string, string | Uint8Array>> {
  const attr = { dtype: { type: "DT_FLOAT" } };
  const dim = [{ size: "-1" }, { size: "2" }];
  const paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  const document = {
    format: "graph-model",
    modelTopology: {
      node: [
        { name: "x", op: "Placeholder", attr: { ...attr, shape: { shape: { dim } } } },
        { name: "w", op: "Const", attr },
        { name: "y", op: "MatMul", input: ["x", "w"] },
      ],
      versions: { producer: 1395 },
    },
    weightsManifest: [{ paths, weights: [{ name: "w", shape: [2, 1], dtype: "float32" }] }],
  };
  const weights = new Uint8Array(Float32Array.of(2, -1).buffer);
  return {
    "model.json": JSON.stringify(document),
    [paths[0] ?? ""]: weights.subarray(0, 6),
    [paths[1] ?? ""]: weights.subarray(6),
  };
}

async function judge(thresholds: string) {
  const { ports } = gate;
  const { document } = await gate.gate(
    { thresholds, resamples: "100", "error-analysis": "off", engine: "wasm" },
    { ...ports, workspace: test.folder },
  );
  return document;
}

async function register() {
  const registry = memoryRegistry();
  const artifacts = rememberingArtifacts();
  const outcome = await registerVersion(parseRegistration(rawInputs({ model: "weather" })), {
    registry,
    artifacts,
    clock: steppingClock(),
    log: rememberingLog(),
    actor: "ann",
    sha: "b".repeat(40),
    workspace: test.folder,
    temporaryDirectory: gate.path,
    artifactsOf: () => artifacts,
    sha256: () => `sha256:${"c".repeat(64)}`,
  });
  if (outcome.kind !== "registered") throw new Error(`The registration ended ${outcome.kind}.`);
  return outcome.manifest;
}

/** Starts the server on the version's files, as push-artifact lays them out. */
async function serve(manifest: Awaited<ReturnType<typeof register>>) {
  for (const { path } of manifest.files) {
    await mkdir(dirname(join(served, path)), { recursive: true });
    await copyFile(runDirectory().resolve(path), join(served, path));
  }
  await writeFile(join(served, "manifest.json"), formatDocument(manifest));
  const server = startServer({
    version: {
      uri: pathToFileURL(join(served, "manifest.json")).href,
      version: manifest.version,
    },
    host: "127.0.0.1",
    port: 0,
    listen: "start",
    extraRoutes: {},
    engine: { engine: "wasm" },
    store: objectStore({ environment: {}, credentials: googleCredentials({ environment: {} }) }),
    log: () => {},
    slipway: "0.0.0",
    limits: standardLimits,
    predictionLog: {
      sample: 0,
      redact: [],
      openSink: () => ({ write: () => {}, close: () => Promise.resolve() }),
    },
  });
  await server.ready;
  return server;
}

async function readGoldenCases(): Promise<readonly GoldenCase[]> {
  const text = await readFile(join(served, "golden.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => parseDocument<GoldenCase>(goldenCaseSchema, line, "golden.jsonl"));
}

/** Asks the server what the gate asked the model, and holds every bit of the answers. */
async function answersGoldenCases(manifest: Awaited<ReturnType<typeof register>>): Promise<number> {
  const server = await serve(manifest);
  try {
    const cases = await readGoldenCases();
    for (const { request, response } of cases) {
      const answer = await fetch(`${await server.listening}/predict`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      const { predictions } = (await answer.json()) as GoldenCase["response"];
      expect(predictions).toEqual(response.predictions);
    }
    return cases.length;
  } finally {
    await server.drain();
  }
}

const columnsOf = ({ signature }: RunRecord): readonly string[] | undefined =>
  signature?.columns.map(({ name, kind }) => `${name} ${kind}`);

describe("a model from a command's run to the server", () => {
  it.each(["weather.ubj", "weather.txt"])(
    "has a signature, is judged, registered and answers its golden cases: %s of a booster",
    async (name) => {
      const ending = name.split(".").at(-1);
      await copyFile(join(trees, name), join(test.folder, name));
      const command = `cp ${name} "$SLIPWAY_RUN_DIR/model.${ending}"`;
      const { record, notes } = await train({ target: "weather", command });
      expect(columnsOf(record)).toEqual([
        "precipitation number",
        "temp_max number",
        "temp_min number",
        "wind number",
      ]);
      expect(notes).toEqual([]);
      const evaluation = await judge("accuracy >= 0.75");
      expect(evaluation).toMatchObject({ verdict: "pass", classes: CLASSES });
      const manifest = await register();
      expect(manifest.signature).toEqual(record.signature);
      expect(await answersGoldenCases(manifest)).toBe(20);
    },
  );

  it("does all that as a TensorFlow.js graph with weights in two files", async () => {
    for (const [name, content] of Object.entries(linearGraph()))
      await writeFile(join(test.folder, name), content);
    const command = 'cp model.json group1-*.bin "$SLIPWAY_RUN_DIR"';
    const features = "temp_min, wind";
    const { record } = await train({ target: "temp_max", task: "regression", features, command });
    expect(columnsOf(record)).toEqual(["temp_min number", "wind number"]);
    expect(
      record.files.filter(({ role }) => role === "model").map(({ path, format }) => [path, format]),
    ).toEqual([
      ["group1-shard1of2.bin", "weights"],
      ["group1-shard2of2.bin", "weights"],
      ["model.json", "tfjs-graph"],
    ]);
    expect(await judge("mae <= 12")).toMatchObject({ verdict: "pass", task: "regression" });
    expect(await answersGoldenCases(await register())).toBe(20);
  });
});
