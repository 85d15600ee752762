import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  seattle,
  weather,
  writeVersion,
  type VersionFolder,
} from "../../packages/server/src/testing/some-version.ts";

/**
 * The image of the model server, laid out in a folder as its Dockerfile says and started by its
 * command line. What only a container engine can tell (the base image itself) is not shown here.
 */
const root = resolve(import.meta.dirname, "../..");

interface Instruction {
  readonly name: string;
  readonly rest: string;
}
interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** Stages of a Dockerfile with their instructions, continued lines joined. */
function readStages(text: string): readonly Stage[] {
  const lines = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [name = "", ...words] = line.split(" ");
    if (name === "FROM")
      stages.push({ base: words[0] ?? "", name: words[2] ?? "", instructions: [] });
    else stages.at(-1)?.instructions.push({ name, rest: words.join(" ") });
  }
  return stages;
}

const stages = readStages(await readFile(join(root, "packages/server/Dockerfile"), "utf8"));
function stageOf(name: string): Stage {
  const found = stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
}
const restsOf = (stage: Stage, name: string): readonly string[] =>
  stage.instructions.flatMap((one) => (one.name === name ? [one.rest] : []));

/** Sources and destination of the files that a stage takes from the build's context. */
function copiesOf(stage: Stage): readonly { sources: readonly string[]; into: string }[] {
  return restsOf(stage, "COPY")
    .filter((rest) => !rest.startsWith("--from="))
    .map((rest) => {
      const words = rest.split(" ");
      return { sources: words.slice(0, -1), into: words.at(-1) ?? "" };
    });
}

let folder: string;
let version: VersionFolder;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-image-"));
  version = await writeVersion(weather);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "close");
    child.kill("SIGTERM");
    await ended;
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await version[Symbol.asyncDispose]();
});

/** Lays out the image's /app in a folder of its own. */
async function layOut(name: string): Promise<string> {
  const wasm = stageOf("wasm");
  expect(restsOf(wasm, "WORKDIR")).toEqual(["/app"]);
  const app = join(folder, name, "app");
  for (const { sources, into } of copiesOf(wasm)) {
    for (const source of sources) {
      const target = into.endsWith("/") ? join(app, into, basename(source)) : join(app, into);
      await cp(join(root, source), target, { recursive: true });
    }
  }
  return app;
}

/** What the stage `runtime` prepares, by its own shell lines, from the project's installed runtime. */
async function prepareRuntime(): Promise<string> {
  const directory = join(folder, "runtime");
  await mkdir(directory);
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  const [install = "", prepare = "", ...more] = restsOf(stageOf("runtime"), "RUN");
  expect(install).toMatch(/^npm install .*onnxruntime-node@/);
  expect(more).toEqual([]);
  execFileSync("sh", ["-c", prepare.replaceAll("/runtime/", `${directory}/`)], {
    cwd: directory,
    env: { PATH: process.env["PATH"], TARGETARCH: process.arch === "x64" ? "amd64" : process.arch },
  });
  return join(directory, "out");
}

/** Starts the image's command line, with nothing in the environment but what the image and Cloud Run give. */
async function start(app: string, extra: Readonly<Record<string, string>>): Promise<string> {
  const wasm = stageOf("wasm");
  const environment = Object.fromEntries(
    restsOf(wasm, "ENV").flatMap((rest) => rest.split(" ").map((pair) => pair.split("="))),
  ) as Record<string, string>;
  const [command = "[]"] = restsOf(wasm, "CMD");
  const words = (JSON.parse(command) as readonly string[]).map((word) =>
    word.replace(/^\/app\//, `${app}/`),
  );
  const child = spawn(process.execPath, words, {
    cwd: app,
    env: {
      ...environment,
      PORT: "0",
      HOST: "127.0.0.1",
      MODEL_URI: version.uri,
      MODEL_DIGEST: version.digest,
      ...extra,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  for (let turn = 0; turn < 800 && child.exitCode === null; turn += 1) {
    const url = /Listening on (\S+?)\.?"/.exec(errors)?.[1];
    if (url !== undefined) return url;
    await new Promise((wake) => setTimeout(wake, 25));
  }
  throw new Error(`The server does not listen: ${errors}`);
}

/** What the server answers to each kind of caller. */
async function answersOf(url: string): Promise<object> {
  const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;
  const prediction = await fetch(`${url}/predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ instances: [seattle] }),
  });
  return {
    health: await statusOf("/health"),
    ready: await statusOf("/ready"),
    metadata: await (await fetch(`${url}/metadata`)).json(),
    prediction: await prediction.json(),
  };
}

const expectedAnswers = {
  health: 200,
  ready: 200,
  metadata: { model: "weather", version: "v1.0.0" },
  prediction: { predictions: [{ prediction: "sun" }] },
};

describe("the server's image", () => {
  it("copies only files that the repository has, and nothing hides them from the build", async () => {
    const sources = stages.flatMap(copiesOf).flatMap((copy) => copy.sources);
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      const tracked = execFileSync("git", ["-C", root, "ls-files", "--", source], {
        encoding: "utf8",
      });
      expect(tracked, `${source} is in git`).not.toBe("");
    }
    await expect(readFile(join(root, ".dockerignore"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("copies from stages that come before, what they make", () => {
    for (const [at, stage] of stages.entries()) {
      for (const rest of restsOf(stage, "COPY").filter((one) => one.startsWith("--from="))) {
        const [, from = ""] = /^--from=(\S+) \/runtime\/out \.\/node_modules$/.exec(rest) ?? [];
        expect(stages.slice(0, at).map(({ name }) => name)).toContain(from);
      }
    }
  });

  it("answers by its command line, on the WebAssembly engine", { timeout: 60_000 }, async () => {
    const url = await start(await layOut("wasm"), { ENGINE: "wasm" });
    expect(await answersOf(url)).toMatchObject(expectedAnswers);
  });

  it.runIf(process.platform === "linux")(
    "answers with the runtime that its builder prepares, on the native engine",
    { timeout: 60_000 },
    async () => {
      const app = await layOut("native");
      await cp(await prepareRuntime(), join(app, "node_modules"), { recursive: true });
      const url = await start(app, { ENGINE: "native" });
      expect(await answersOf(url)).toMatchObject(expectedAnswers);
    },
  );
});
