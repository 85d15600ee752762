import { execFile, type ExecFileException } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
const cache = join(root, "node_modules/.cache/slipway-peers");
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
  const [python, programs] = await Promise.all([installPython(), installActionlint()]);
  const named = (folder: string, name: string) => join(folder, isWindows ? `${name}.exe` : name);
  return {
    python: named(python, "python"),
    gto: named(python, "gto"),
    zizmor: named(python, "zizmor"),
    actionlint: named(programs, "actionlint"),
  };
}

async function installPython(): Promise<string> {
  const files = ["requirements.txt", "constraints.txt"].map((name) =>
    join(import.meta.dirname, name),
  );
  const [requirements = "", constraints = ""] = files;
  const interpreter = await findProgram(
    ["python3", "python"],
    ["--version"],
    "Python 3.11 or newer",
  );
  const key = createHash("sha256").update(interpreter.version);
  for (const file of files) key.update(readFileSync(file));
  const folder = join(cache, `python-${key.digest("hex").slice(0, 12)}`);
  const programs = join(folder, isWindows ? "Scripts" : "bin");
  return once(folder, programs, async () => {
    await requireProgram(interpreter.name, ["-m", "venv", "--clear", folder]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await requireProgram(join(programs, isWindows ? "python.exe" : "python"), [
      ...pip,
      "-r",
      requirements,
      "-c",
      constraints,
    ]);
  });
}

async function installActionlint(): Promise<string> {
  const folder = join(cache, `actionlint-${actionlintVersion}`);
  return once(folder, folder, async () => {
    const go = await findProgram(["go"], ["version"], "Go 1.24 or newer");
    mkdirSync(folder, { recursive: true });
    const module = `github.com/rhysd/actionlint/cmd/actionlint@${actionlintVersion}`;
    await requireProgram(go.name, ["install", module], { env: { ...process.env, GOBIN: folder } });
  });
}

/** Does the work unless an earlier run finished it. */
async function once(folder: string, result: string, work: () => Promise<void>): Promise<string> {
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
    `npm run test:peers needs ${wanted}, and ${names.join(" or ")} is not on the PATH. Install it, or leave these checks to CI.`,
  );
}
