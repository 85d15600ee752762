import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { rememberingLog, steppingClock } from "#core/testing";
import { openRunDirectory, rawInputs, runInGroup, type ArtifactStore } from "#toolkit";
import { parseInputs } from "../inputs.ts";
import type { Ports } from "../ports.ts";
import { trainModel, type Outcome } from "../run.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/data/", import.meta.url));

/** A repository in a folder of its own, with what a test puts into it. */
export interface TestRun {
  readonly folder: string;
  readonly log: ReturnType<typeof rememberingLog>;
  /** What the command wrote, as the runner would show it. */
  output(): string;
  write(path: string, content: string): Promise<void>;
  copyData(...names: readonly string[]): void;
  /** Runs git in the repository. */
  git(...args: readonly string[]): string;
  ports(extra?: Partial<Ports>): Ports;
  train(inputs: Readonly<Record<string, string>>, extra?: Partial<Ports>): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Makes an empty folder to train in. */
export async function createTestRun(): Promise<TestRun> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-train-"));
  const workspace = join(folder, "repository");
  await mkdir(workspace);
  const log = rememberingLog();
  const shown: string[] = [];
  const sink = (): PassThrough =>
    new PassThrough().on("data", (chunk: Buffer) => void shown.push(chunk.toString()));
  const output = { stdout: sink(), stderr: sink() };
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), content);
  };
  const ports = (extra: Partial<Ports> = {}): Ports => ({
    workspace,
    temporaryDirectory: join(folder, "temporary"),
    environment: { PATH: process.env["PATH"], HOME: folder },
    source: {
      serverUrl: "https://github.com",
      owner: "acme",
      repository: "models",
      sha: "",
      ref: "refs/heads/main",
      runId: 7,
    },
    remote: {},
    openDirectory: openRunDirectory,
    runCommand: runInGroup,
    output,
    artifacts: null,
    runAttempt: 1,
    previousRows: () => Promise.resolve(null),
    clock: steppingClock(),
    log,
    signal: new AbortController().signal,
    ...extra,
  });
  return {
    folder: workspace,
    log,
    output: () => shown.join(""),
    write,
    copyData: (...names) => {
      for (const name of names) {
        cpSync(join(fixtures, name), join(workspace, "data", name.split("/").at(-1) ?? name));
      }
    },
    git: (...args) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
        cwd: workspace,
        encoding: "utf8",
        env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
      }).trim(),
    ports,
    train: (inputs, extra) =>
      trainModel(parseInputs(rawInputs({ model: "weather", ...inputs })), ports(extra)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An artifact store that remembers what it was given. */
export function rememberingArtifacts(): ArtifactStore & {
  readonly uploads: readonly { readonly name: string; readonly files: readonly string[] }[];
} {
  const uploads: { name: string; files: readonly string[] }[] = [];
  return {
    uploads,
    upload: (name, files, root) => {
      uploads.push({ name, files: files.map((file) => file.slice(root.length + 1)) });
      return Promise.resolve(uploads.length);
    },
    list: () => Promise.resolve([]),
    download: () => Promise.resolve(),
  };
}

/** The outcome of a run that trained. */
export function asTrained(outcome: Outcome): Extract<Outcome, { kind: "trained" }> {
  if (outcome.kind === "trained") return outcome;
  throw new Error(`The run ended ${outcome.kind}.`);
}
