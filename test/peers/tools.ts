import { execFile, type ExecFileException } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
/** Where the peers lie. */
export const toolsCache = join(root, "node_modules/.cache/slipway-peers");
const isWindows = process.platform === "win32";

/** actionlint as the Go module that is installed. */
export const actionlintVersion = "v1.7.12";

/** Where the pinned peers are. */
export interface Tools {
  /** The folder of the Python environment's programs: `gto`, `zizmor`, `python`. */
  readonly python: string;
  readonly gto: string;
  readonly zizmor: string;
  readonly actionlint: string;
}

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a program runs. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Text on its standard input. */
  readonly input?: string;
}

/** Runs a program to its end; a non-zero end is a value. Throws when it cannot be started. */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  { input, ...options }: RunOptions = {},
): Promise<Ended> {
  try {
    const running = promisify(execFile)(program, [...parameters], {
      maxBuffer: 256 * 1024 * 1024,
      cwd: root,
      ...options,
    });
    if (input !== undefined) running.child.stdin?.end(input);
    const { stdout, stderr } = await running;
    return { code: 0, stdout, stderr };
  } catch (error) {
    const ended = error as ExecFileException;
    if (typeof ended.code !== "number") throw error;
    return { code: ended.code, stdout: ended.stdout ?? "", stderr: ended.stderr ?? "" };
  }
}

/** Runs a program that must succeed, and gives what it printed. */
export async function requireProgram(
  program: string,
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, parameters, options);
  if (code === 0) return stdout;
  const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`${program} ${parameters.join(" ")} ended with ${code}:\n${said}`);
}

/** Installs what is missing of the pinned peers, side by side, into a cache of their own. */
export async function installTools(): Promise<Tools> {
  const [python, programs] = await Promise.all([
    installPython({ name: "python", directory: import.meta.dirname }),
    installActionlint(),
  ]);
  return {
    python: programIn(python, "python"),
    gto: programIn(python, "gto"),
    zizmor: programIn(python, "zizmor"),
    actionlint: programIn(programs, "actionlint"),
  };
}

/** Python packages that are pinned beside the code that runs them. */
export interface PythonPackages {
  /** Begins the name of the environment's folder. */
  readonly name: string;
  /** The folder of `requirements.txt` and `constraints.txt`. */
  readonly directory: string;
}

/** A Python environment with pinned packages, made once in the cache; gives the folder of its programs. */
export async function installPython({ name, directory }: PythonPackages): Promise<string> {
  const [requirements, constraints] = [
    join(directory, "requirements.txt"),
    join(directory, "constraints.txt"),
  ];
  const interpreter = await findProgram(
    ["python3", "python"],
    ["--version"],
    "Python 3.11 or newer",
  );
  const key = createHash("sha256").update(interpreter.version);
  for (const file of [requirements, constraints]) key.update(readFileSync(file));
  const folder = join(toolsCache, `${name}-${key.digest("hex").slice(0, 12)}`);
  const programs = join(folder, isWindows ? "Scripts" : "bin");
  return once(folder, programs, async () => {
    await requireProgram(interpreter.name, ["-m", "venv", "--clear", folder]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await requireProgram(programIn(programs, "python"), [
      ...pip,
      "-r",
      requirements,
      "-c",
      constraints,
    ]);
  });
}

/** A program of an environment's folder, as the platform calls it. */
export function programIn(folder: string, name: string): string {
  return join(folder, isWindows ? `${name}.exe` : name);
}

async function installActionlint(): Promise<string> {
  const folder = join(toolsCache, `actionlint-${actionlintVersion}`);
  return once(folder, folder, async () => {
    const go = await findProgram(["go"], ["version"], "Go 1.24 or newer");
    mkdirSync(folder, { recursive: true });
    const module = `github.com/rhysd/actionlint/cmd/actionlint@${actionlintVersion}`;
    await requireProgram(go.name, ["install", module], { env: { ...process.env, GOBIN: folder } });
  });
}

/** Does the work unless an earlier run finished it; gives `result`. */
export async function once(
  folder: string,
  result: string,
  work: () => Promise<void>,
): Promise<string> {
  const done = join(folder, "installed");
  if (existsSync(done)) return result;
  await work();
  writeFileSync(done, "");
  return result;
}

async function findProgram(
  names: readonly string[],
  parameters: readonly string[],
  wanted: string,
): Promise<{ readonly name: string; readonly version: string }> {
  for (const name of names) {
    const ended = await runProgram(name, parameters).catch(() => null);
    if (ended?.code === 0) return { name, version: ended.stdout.trim() };
  }
  throw new Error(
    `The peers need ${wanted}, and ${names.join(" or ")} is not on the PATH. Install it, or leave these checks to CI.`,
  );
}
