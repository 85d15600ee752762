import { execFile } from "node:child_process";
import { devNull } from "node:os";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs git without the person's own settings. @returns what it printed, trimmed */
export async function runGit(directory: string, args: readonly string[]): Promise<string> {
  const settings = [
    "user.name=Ann",
    "user.email=ann@example.com",
    "commit.gpgsign=false",
    "core.autocrlf=false",
  ];
  const { stdout } = await execute(
    "git",
    [...settings.flatMap((setting) => ["-c", setting]), ...args],
    {
      cwd: directory,
      maxBuffer: 64 << 20,
      env: {
        ...process.env,
        GIT_CONFIG_GLOBAL: devNull,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_TERMINAL_PROMPT: "0",
      },
    },
  );
  return stdout.trimEnd();
}
