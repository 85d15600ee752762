import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeOnnx, makeModel, makeNode, makeValueInfo } from "#models";
import { openRunDirectory } from "#toolkit";
import {
  asTrained,
  createTestRun,
  rememberingArtifacts,
  type TestRun,
} from "./testing/test-run.ts";

let test: TestRun;
beforeEach(async () => {
  test = await createTestRun();
  test.copyData("weather.csv");
});
afterEach(() => test.remove());

const runDirectory = () => openRunDirectory(join(test.folder, "slipway-run"));
const node = JSON.stringify(process.execPath);
const base = {
  data: "data/weather.csv",
  target: "weather",
  id: "location, date",
  split: "0.6/0.1/0.3",
};
/** A trainer that remembers the share of rain above a limit of precipitation, as XGBoost-like JSON. */
const stump = `
import { readFileSync, writeFileSync } from "node:fs";
const env = process.env;
const params = JSON.parse(readFileSync(env.SLIPWAY_PARAMS, "utf8"));
const rows = (path) => readFileSync(path, "utf8").trim().split("\\n").slice(1).map((line) => line.split(","));
const isRain = (row) => row[6] === "rain";
const accuracy = (part, limit) =>
  part.filter((row) => (Number(row[2]) > limit) === isRain(row)).length / part.length;
const train = rows(env.SLIPWAY_TRAIN);
const validation = rows(env.SLIPWAY_VALIDATION);
let best = { limit: 0, accuracy: 0 };
for (let step = 1; step <= params.steps; step += 1) {
  const limit = (step - 1) * 0.1;
  const found = accuracy(train, limit);
  console.log(\`slipway-metric: accuracy=\${found} step=\${step}\`);
  if (found > best.accuracy) best = { limit, accuracy: found };
}
writeFileSync(\`\${env.SLIPWAY_RUN_DIR}/stump.json\`, JSON.stringify({ learner: { limit: best.limit } }));
writeFileSync(\`\${env.SLIPWAY_RUN_DIR}/metrics.json\`, JSON.stringify({ val_accuracy: accuracy(validation, best.limit) }));
console.log("seed", env.SLIPWAY_SEED, env.PYTHONHASHSEED, "test", env.SLIPWAY_TEST ?? "withheld");
`;
const train = (extra: Record<string, string> = {}, ports = {}) =>
  test.train({ ...base, command: `${node} train.mjs`, params: "steps: 8", ...extra }, ports);

/** Whether a process still runs. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("training the weather with a command of the user's own", () => {
  beforeEach(() => test.write("train.mjs", stump));

  it("records the model that the command left, its metrics and its curve", async () => {
    const { record, trained } = asTrained(await train());
    expect(record).toMatchObject({
      trainer: { kind: "command", name: `${node} train.mjs` },
      params: { steps: 8 },
      task: "multiclass",
      classes: ["drizzle", "fog", "rain", "snow", "sun"],
      signature: null,
    });
    expect(record.metrics["run"]?.["val_accuracy"]).toBeGreaterThan(0.7);
    expect(record.files.map(({ path, role, format }) => [path, role, format])).toEqual([
      ["metrics.json", "metrics", undefined],
      ["profile.json", "profile", undefined],
      ["splits/test.csv", "split", undefined],
      ["splits/train.csv", "split", undefined],
      ["splits/validation.csv", "split", undefined],
      ["stump.json", "model", "xgboost-json"],
    ]);
    expect(trained.curves.get("accuracy")).toHaveLength(8);
    expect(trained.curves.get("accuracy")?.[0]?.step).toBe(1);
  });

  it("hands over params, seed and parts but not the test part, and shows what it says", async () => {
    await train({ seed: "7" });
    expect(test.output()).toContain("seed 7 7 test withheld\n");
    await train({ "hand-over-test": "true" });
    expect(test.output()).toContain(`test ${runDirectory().resolve("splits/test.csv")}\n`);
  });

  it("keeps the test part out of the run directory while the command runs", async () => {
    const command = `ls "$SLIPWAY_RUN_DIR/splits" > seen.txt; ${node} train.mjs`;
    asTrained(await train({ command }));
    expect(await readFile(join(test.folder, "seen.txt"), "utf8")).toBe(
      "train.csv\nvalidation.csv\n",
    );
  });

  it("gives the same id and the same model digest again", async () => {
    const [first, second] = [asTrained(await train()), asTrained(await train())];
    expect(second.record.id).toBe(first.record.id);
    expect(second.modelDigest).toBe(first.modelDigest);
  });

  it("gives another id when the command or a lock file changes", async () => {
    const first = asTrained(await train()).record.id;
    const other = asTrained(await train({ command: `${node} train.mjs --verbose` })).record.id;
    await test.write("requirements.txt", "numpy==2.4.0\n");
    const locked = asTrained(await train());
    expect(new Set([first, other, locked.record.id]).size).toBe(3);
    expect(Object.keys(locked.record["locks"] as object)).toEqual(["requirements.txt"]);
  });

  it("runs in the working directory and knows nothing of the step's inputs and tokens", async () => {
    await test.write("sub/train.mjs", stump);
    const environment = {
      PATH: process.env["PATH"],
      INPUT_TOKEN: "secret-1",
      ACTIONS_RUNTIME_TOKEN: "secret-2",
      SLIPWAY_TEST: "left over",
      MY_OWN: "kept",
    };
    const command = `env > env.txt; ${node} train.mjs`;
    asTrained(await train({ command, "working-directory": "sub" }, { environment }));
    const seen = await readFile(join(test.folder, "sub/env.txt"), "utf8");
    expect(seen).toContain("MY_OWN=kept");
    expect(seen).not.toMatch(/secret|left over/);
  });

  it("trains without a target too", async () => {
    const command = `printf '\\x80\\x04K\\x01.' > "$SLIPWAY_RUN_DIR/model.pkl"`;
    const { record } = asTrained(await test.train({ data: "data/weather.csv", command }));
    expect(record).toMatchObject({ task: null, target: null, classes: [] });
    expect(record.files.find(({ role }) => role === "model")?.format).toBe("pickle");
  });

  it("reads the signature of an ONNX model and names the columns of its one wide input", async () => {
    const model = makeModel({
      name: "wide",
      nodes: [makeNode({ op: "Identity", inputs: ["x"], outputs: ["y"] })],
      inputs: [makeValueInfo({ name: "x", type: "float", shape: [null, 2] })],
      outputs: [makeValueInfo({ name: "y", type: "float", shape: [null, 2] })],
      opsets: { "": 17 },
    });
    await writeFile(join(test.folder, "wide.onnx"), encodeOnnx(model));
    const command = 'cp wide.onnx "$SLIPWAY_RUN_DIR/model.onnx"';
    const { record } = asTrained(await train({ command, features: "temp_max, wind" }));
    expect(record.signature?.columns).toEqual([
      { name: "temp_max", kind: "number", input: "x", index: 0 },
      { name: "wind", kind: "number", input: "x", index: 1 },
    ]);
    const unnamed = asTrained(await train({ command }));
    expect(unnamed.notes.join()).toContain("The model takes 2 columns and does not name them");
  });

  it("does not take for its own what an earlier run left", async () => {
    await train();
    await test.write("slipway-run/notes.txt", "mine");
    const command = `printf '\\x80\\x04K\\x01.' > "$SLIPWAY_RUN_DIR/model.pkl"`;
    const { record, notes } = asTrained(await train({ command }));
    expect(record.files.map(({ path }) => path)).not.toContain("stump.json");
    expect(await runDirectory().has("stump.json")).toBe(false);
    expect(await runDirectory().has("notes.txt")).toBe(true);
    expect(notes).toContain(
      "1 file in the run directory was there before and is not part of this run: notes.txt.",
    );
  });
});

describe("a command that does not train", () => {
  it("fails with the last thirty lines of stderr, and keeps what was known of the run", async () => {
    await test.write("slipway-run/run.json", "{}");
    const artifacts = rememberingArtifacts();
    const command = 'for i in $(seq 1 40); do echo "line $i" >&2; done; exit 3';
    const tail = Array.from({ length: 30 }, (_, i) => `line ${i + 11}`);
    await expect(train({ command }, { artifacts })).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: `${command} ended with code 3. The last 30 lines of stderr:\n${tail.join("\n")}`,
      hint: "Its whole output stands above; what was known of the run is in run-failed.json.",
    });
    expect(test.output()).toContain("line 1\n");
    expect(await readdir(runDirectory().path)).toEqual(["run-failed.json", "splits"]);
    const failed: unknown = JSON.parse(await runDirectory().readText("run-failed.json"));
    expect(failed).toMatchObject({
      schema: "slipway/failed-run@1",
      model: "weather",
      trainer: { kind: "command", name: command },
      data: [{ uri: "data/weather.csv", rows: 2922 }],
      failure: { code: "COMMAND_FAILED", exit_code: 3, stderr_tail: tail },
    });
    expect(artifacts.uploads).toEqual([
      { name: "slipway-weather-train-model-1-failed", files: ["run-failed.json"] },
    ]);
  });

  it("fails when any command of several lines does, as a workflow's own step", async () => {
    const command = "false | cat\ntouch reached";
    await expect(train({ command })).rejects.toMatchObject({
      message: `${command} ended with code 1. It wrote nothing to stderr.`,
    });
    expect(await readdir(test.folder)).not.toContain("reached");
  });

  it("says what a program that is not there most likely lacks", async () => {
    await expect(train({ command: "no-such-program" })).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      hint: "The shell did not find the program: is it installed in an earlier step (actions/setup-python)?",
    });
  });

  it("fails when it leaves no model", async () => {
    await expect(train({ command: 'echo 1 > "$SLIPWAY_RUN_DIR/notes.txt"' })).rejects.toMatchObject(
      {
        code: "NO_MODEL",
        message: `The command ended well, but ${runDirectory().path} holds no model among notes.txt.`,
      },
    );
    await expect(train({ command: "true", "run-directory": "empty" })).rejects.toMatchObject({
      message: `The command ended well, but ${join(test.folder, "empty")} holds no file.`,
    });
    expect(await runDirectory().has("run.json")).toBe(false);
  });

  it("fails when what it leaves is a Git LFS pointer, a broken ONNX file or no metrics", async () => {
    const leave = (content: string, name: string) =>
      `printf '${content}' > "$SLIPWAY_RUN_DIR/${name}"; printf '\\x80\\x04K\\x01.' > "$SLIPWAY_RUN_DIR/m.pkl"`;
    const pointer = "version https://git-lfs.github.com/spec/v1\\n";
    await expect(train({ command: leave(pointer, "model.onnx") })).rejects.toMatchObject({
      code: "MODEL_IS_POINTER",
      message: "model.onnx is a Git LFS pointer, not a model.",
    });
    await expect(train({ command: leave("accuracy: 1", "metrics.json") })).rejects.toMatchObject({
      code: "BAD_METRICS",
      message: expect.stringMatching(/^metrics\.json is not JSON: /),
    });
    expect(await runDirectory().has("run.json")).toBe(false);
  });

  it("is stopped with all that it started when its time is over", async () => {
    const command = "sleep 60 & echo $! > child.pid; sleep 60";
    await expect(train({ command, "timeout-minutes": "0.01" })).rejects.toMatchObject({
      code: "COMMAND_TIMED_OUT",
      message: `${command} ran longer than timeout-minutes: 0.01 and was stopped. It wrote nothing to stderr.`,
    });
    const pid = Number(await readFile(join(test.folder, "child.pid"), "utf8"));
    expect(isAlive(pid)).toBe(false);
    expect(await runDirectory().has("run.json")).toBe(false);
  });

  it("is stopped with all that it started when the step is cancelled, and can be run again", async () => {
    await test.write("train.mjs", stump);
    asTrained(await train());
    const stop = new AbortController();
    // The first child ignores a polite request.
    const command = "(trap '' TERM; sleep 60 & echo $! > child.pid; wait) & sleep 60";
    const running = train({ command }, { signal: stop.signal });
    const pidFile = join(test.folder, "child.pid");
    let pid = 0;
    for (let tries = 0; tries < 200 && pid === 0; tries += 1) {
      await wait(20);
      pid = Number(await readFile(pidFile, "utf8").catch(() => "0"));
    }
    expect(isAlive(pid)).toBe(true);
    stop.abort(new Error("The step was cancelled."));
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    expect(isAlive(pid)).toBe(false);
    expect(await runDirectory().has("run.json")).toBe(false);
    expect(JSON.parse(await runDirectory().readText("run-failed.json"))).toMatchObject({
      failure: { code: "CANCELLED" },
    });

    const { record } = asTrained(await train());
    expect(record.files.some(({ path }) => path === "stump.json")).toBe(true);
    expect(await runDirectory().has("run-failed.json")).toBe(false);
  }, 20_000);

  it("leaves nothing running that it put into the background", async () => {
    const command = `sleep 60 & echo $! > child.pid; printf '\\x80\\x04K\\x01.' > "$SLIPWAY_RUN_DIR/m.pkl"`;
    asTrained(await train({ command }));
    const pid = Number(await readFile(join(test.folder, "child.pid"), "utf8"));
    expect(isAlive(pid)).toBe(false);
  });
});

describe("a step that is killed anywhere", () => {
  beforeEach(() => test.write("train.mjs", stump));

  it("leaves no run.json unless everything that it names is there, and finishes when run again", async () => {
    const whole = asTrained(await train());
    for (let survived = 0; ; survived += 1) {
      let writes = 0;
      const openDirectory = (path: string) => {
        const directory = openRunDirectory(path);
        const killing =
          <A extends readonly unknown[]>(write: (...args: A) => Promise<void>) =>
          (...args: A): Promise<void> => {
            if (writes === survived) throw new Error("killed");
            writes += 1;
            return write(...args);
          };
        return {
          ...directory,
          writeText: killing(directory.writeText),
          writeDocument: killing(directory.writeDocument),
        };
      };
      const ended = await train({}, { openDirectory }).catch((error: unknown) => error);
      if (!(ended instanceof Error)) break;
      expect(await runDirectory().has("run.json")).toBe(false);
      expect(survived).toBeLessThan(10);
    }
    const again = asTrained(await train());
    expect(again.record.id).toBe(whole.record.id);
    expect(again.record.files).toEqual(whole.record.files);
  });

  it("says that the disk is full", async () => {
    const openDirectory = (path: string) => ({
      ...openRunDirectory(path),
      writeText: () =>
        Promise.reject(
          Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
        ),
    });
    await expect(train({}, { openDirectory })).rejects.toMatchObject({
      code: "CANNOT_WRITE",
      message: "a file of the run could not be written: the disk is full.",
      hint: "Free some space, use a larger runner, or give another run-directory. The run was not finished.",
    });
    expect(await runDirectory().has("run.json")).toBe(false);
  });
});
