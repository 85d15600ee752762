import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";

/** What git wrote, and how it ended. */
interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

interface GitRunOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Exit codes that are an answer, not a failure (default only 0). */
  readonly accept?: readonly number[];
}

/** Git refused: holds what it said. */
export class GitError extends Error {
  readonly stderr: string;
  constructor(command: string, stderr: string) {
    super(`git ${command}: ${stderr.trim()}`);
    this.name = "GitError";
    this.stderr = stderr;
  }
}

/** A user's own git configuration must not change what the local GitHub does. */
const gitEnvironment: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: process.platform === "win32" ? "NUL" : "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

/** The environment for git, without what a surrounding git command may have left in it. */
export function composeGitEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith("GIT_") ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(inherited), ...gitEnvironment, ...extra };
}

/** Runs the real git in a bare repository. */
export async function runGit(
  directory: string,
  args: readonly string[],
  options: GitRunOptions = {},
): Promise<GitResult> {
  const child = spawn("git", ["--git-dir", directory, ...args], {
    env: composeGitEnvironment(options.environment),
    stdio: "pipe",
    windowsHide: true,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // Git may end without reading its input to the end; its exit code tells the story then.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? -1));
  });
  const result = {
    exitCode,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString("utf8"),
  };
  if (!(options.accept ?? [0]).includes(exitCode)) {
    throw new GitError(args[0] ?? "", result.stderr);
  }
  return result;
}

/** As `runGit`, for text, without the last line break. */
export async function runGitText(
  directory: string,
  args: readonly string[],
  options: GitRunOptions = {},
): Promise<string> {
  const { stdout } = await runGit(directory, args, options);
  return stdout.toString("utf8").replace(/\n$/, "");
}

/** Makes an empty bare repository that serves partial clones and refuses pushes to `refs/pull`. */
export async function initializeRepository(
  directory: string,
  defaultBranch: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await runGit(directory, ["init", "--bare", "--quiet", `--initial-branch=${defaultBranch}`]);
  const settings = [
    ["http.receivepack", "true"],
    ["uploadpack.allowFilter", "true"],
    ["uploadpack.allowAnySHA1InWant", "true"],
    ["receive.hideRefs", "refs/pull"],
    ["receive.denyDeleteCurrent", "refuse"],
    ["core.logAllRefUpdates", "false"],
    // A collection of garbage in the middle of a demo helps nobody.
    ["gc.auto", "0"],
    ["receive.autogc", "false"],
  ] as const;
  for (const [name, value] of settings) await runGit(directory, ["config", name, value]);
}
