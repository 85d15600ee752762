import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("hash-files-program.ts", import.meta.url));

/**
 * Digest of the files of a workspace that match the patterns, `""` when none does. It runs
 * GitHub's own globber in a child process, as the runner does: the globber writes to stdout.
 */
export async function hashWorkspaceFiles(
  patterns: readonly string[],
  workspace: string | undefined,
): Promise<string> {
  if (workspace === undefined) throw new Error("hashFiles needs a job's workspace");
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    cwd: workspace,
    env: { PATH: process.env["PATH"], GITHUB_WORKSPACE: workspace, PATTERNS: patterns.join("\n") },
  });
  return /^hash=(.*)$/m.exec(stdout)?.[1] ?? "";
}
