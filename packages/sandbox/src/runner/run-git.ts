import { execFile } from "node:child_process";
import { promisify } from "node:util";

const maxOutputBytes = 64 * 1024 * 1024;

/** Runs git in a folder and returns what it printed. */
export async function runGit(directory: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["-C", directory, ...args], {
    maxBuffer: maxOutputBytes,
  });
  return stdout;
}

/** The commit that a revision names, or `undefined`. */
export async function resolveCommit(
  directory: string,
  revision: string,
): Promise<string | undefined> {
  const output = await runGit(directory, [
    "rev-parse",
    "--verify",
    "--quiet",
    `${revision}^{commit}`,
  ]).catch(() => "");
  return output.trim() || undefined;
}

/** The text of a file at a commit, or `undefined`. */
export async function readFileAt(
  directory: string,
  commit: string,
  file: string,
): Promise<string | undefined> {
  return runGit(directory, ["show", `${commit}:${file}`]).catch(() => undefined);
}
