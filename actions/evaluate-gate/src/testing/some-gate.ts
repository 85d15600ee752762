import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatDocument, takeRows, type RunRecord, type Table } from "#core";
import { memoryHistory, rememberingLog, someRun, steppingClock } from "#core/testing";
import { readTable, splitTable, writeTable, type Fractions } from "#data";
import type { CheckRunText } from "#github";
import { installedNative, loadModel, signatureOf } from "#models";
import { measureFile, rawInputs, type ArtifactStore } from "#toolkit";
import { parseInputs } from "../inputs.ts";
import type { Ports } from "../ports.ts";
import { evaluateGate, type Outcome } from "../run.ts";
import { shellCommands } from "../shell-command.ts";

const fixtures = new URL("../../../../test/fixtures/", import.meta.url).pathname;

/** A file of the repository's test data. */
export function fixture(path: string): string {
  return join(fixtures, path);
}

/** An artifact store that remembers what was uploaded and has nothing to download. */
export function rememberingArtifacts(): ArtifactStore & {
  readonly uploads: { readonly name: string; readonly files: readonly string[] }[];
} {
  const uploads: { readonly name: string; readonly files: readonly string[] }[] = [];
  return {
    uploads,
    upload: async (name, files) => uploads.push({ name, files }),
    list: async () => [],
    download: async () => {},
  };
}

/** A workspace of its own with ports that reach nothing outside of it. */
export interface Workspace {
  readonly path: string;
  readonly ports: Ports;
  readonly artifacts: ReturnType<typeof rememberingArtifacts>;
  readonly log: ReturnType<typeof rememberingLog>;
  readonly comments: { readonly number: number; readonly key: string; readonly body: string }[];
  readonly checks: readonly CheckRunText[];
  /** Runs the gate; inputs as a step's `with:` gives them. */
  gate(inputs: Readonly<Record<string, string>>, ports?: Partial<Ports>): Promise<Outcome>;
  write(name: string, content: string | Uint8Array): Promise<string>;
  read(name: string): Promise<string>;
  remove(): Promise<void>;
}

/** Milliseconds that pass by the calls alone: no budget of time ends sooner on a busy machine. */
function steadyStopwatch(): () => number {
  let now = 0;
  return () => (now += 0.01);
}

/** Makes a workspace. */
export function openWorkspace(extra: Partial<Ports> = {}): Workspace {
  const path = mkdtempSync(join(tmpdir(), "slipway-gate-"));
  const artifacts = rememberingArtifacts();
  const log = rememberingLog();
  const comments: Workspace["comments"] = [];
  const checks: CheckRunText[] = [];
  const ports: Ports = {
    history: memoryHistory({ versions: [] }),
    artifacts,
    repository: {
      checkout: async ({ commit }) => ({ path, commit, remove: async () => {} }),
      resolve: async () => null,
      head: async () => null,
      checkoutCommit: async (commit) => ({ path, commit, remove: async () => {} }),
      pullLargeFile: async () => false,
      tracks: async () => false,
      show: async () => ({ kind: "no-git" }),
    },
    runs: null,
    runCommand: shellCommands(process.env, { log, signal: new AbortController().signal }),
    native: async () => installedNative,
    signal: new AbortController().signal,
    settings: { current: () => null, ofText: () => null },
    writeComment: async (comment) => {
      comments.push(comment);
      return "https://github.test/pull/1#issuecomment-1";
    },
    reports: {
      run: async () => null,
      pullRequestOf: async () => null,
      artifactsOf: async () => [],
      fileOf: async () => null,
    },
    createCheckRun: async (check) => {
      checks.push(check);
      return "https://github.test/runs/1";
    },
    pullRequest: null,
    commit: "c".repeat(40),
    thresholdFiles: async () => [],
    remote: {},
    workspace: path,
    temporaryDirectory: join(path, "temporary"),
    canUpload: false,
    attempt: 1,
    runUrl: null,
    clock: steppingClock(),
    stopwatch: steadyStopwatch(),
    log,
    ...extra,
  };
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  };
  return {
    path,
    ports,
    artifacts,
    log,
    comments,
    checks,
    gate: (inputs, more = {}) =>
      evaluateGate(parseInputs(rawInputs({ model: "weather", ...inputs })), { ...ports, ...more }),
    write,
    read: (name) => readFile(join(path, name), "utf8"),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** How a run of the weather model is written. */
export interface WeatherRun {
  readonly model?: string | Uint8Array;
  readonly fractions?: Fractions;
  readonly salt?: string;
  readonly record?: Partial<RunRecord>;
  /** Changes the test rows. */
  readonly edit?: (table: Table) => Table;
}

const WEATHER_KINDS = {
  location: "text",
  date: "date",
  precipitation: "number",
  temp_max: "number",
  temp_min: "number",
  wind: "number",
  weather: "text",
};

/** Writes the run directory of a real weather model with its real test part, as train-model does. */
export async function writeWeatherRun(
  workspace: Workspace,
  options: WeatherRun = {},
): Promise<RunRecord> {
  const { fractions = [0.6, 0.1, 0.3], salt = "weather" } = options;
  const whole = await readTable([fixture("data/weather.csv")]);
  const split = splitTable(whole, { kind: "hash", fractions }, { salt, id: ["location", "date"] });
  const parts: Record<string, { rows: number; digest: string; path: string | null }> = {};
  for (const name of ["train", "validation", "test"] as const) {
    const own = takeRows(whole, split.parts[name].rows);
    const table = name === "test" ? (options.edit?.(own) ?? own) : own;
    const path = `splits/${name}.csv`;
    await workspace.write(`slipway-run/${path}`, "");
    await writeTable(join(workspace.path, "slipway-run", path), table);
    parts[name] = { rows: table.rows, digest: split.parts[name].digest, path };
  }
  const bytes =
    options.model instanceof Uint8Array
      ? options.model
      : await readFile(
          fixture(`golden/models/${options.model ?? "weather_logistic_zipmap_columns.onnx"}`),
        );
  const path = await workspace.write("slipway-run/model.onnx", bytes);
  const run = someRun({
    task: "multiclass",
    target: "weather",
    classes: ["drizzle", "fog", "rain", "snow", "sun"],
    id_columns: ["location", "date"],
    signature: await readSignature(bytes),
    split: {
      method: "hash",
      fractions: [...fractions],
      salt,
      columns: ["location", "date"],
      parts,
    },
    metrics: { validation: { log_loss: 0.52 } },
    files: [{ path: "model.onnx", role: "model", format: "onnx", ...(await measureFile(path)) }],
    ...options.record,
  });
  const record = { ...run, column_kinds: WEATHER_KINDS };
  await workspace.write("slipway-run/run.json", formatDocument(record));
  return record;
}

async function readSignature(bytes: Uint8Array): Promise<RunRecord["signature"]> {
  const model = await loadModel({ bytes, fileName: "model.onnx", engine: "wasm" });
  try {
    return signatureOf(model);
  } catch {
    return null;
  } finally {
    await model.close();
  }
}
