import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GithubAccess } from "#core";

const run = promisify(execFile);

/** One of git's settings for one call. */
export interface GitSetting {
  readonly key: string;
  readonly value: string;
}

/** Runs git in one folder and gives what it printed. */
export type Git = (
  parameters: readonly string[],
  settings?: readonly GitSetting[],
) => Promise<string>;

/** Git in a folder, with settings on top of the machine's that no other process sees. */
export function gitIn(directory: string): Git {
  return async (parameters, settings = []) => {
    const { stdout } = await run("git", ["-C", directory, ...parameters], {
      env: {
        ...process.env,
        ...inheritedConfiguration(process.env, [
          // In a container job the clone belongs to another user.
          { key: "safe.directory", value: directory },
          ...settings,
        ]),
        GIT_TERMINAL_PROMPT: "0",
        // Large files are fetched one by one, where they are needed.
        GIT_LFS_SKIP_SMUDGE: "1",
      },
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  };
}

/** Settings as git reads them from its environment, after those that the job has put there. */
function inheritedConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
  settings: readonly GitSetting[],
): Readonly<Record<string, string>> {
  const before = Number(environment["GIT_CONFIG_COUNT"] ?? 0) || 0;
  const added = settings.flatMap(({ key, value }, at) => [
    [`GIT_CONFIG_KEY_${before + at}`, key],
    [`GIT_CONFIG_VALUE_${before + at}`, value],
  ]);
  return { ...Object.fromEntries(added), GIT_CONFIG_COUNT: String(before + settings.length) };
}

/**
 * The step's token as a header: not in the arguments, where other processes see it. The empty value
 * takes back the header that actions/checkout left in the clone: GitHub refuses a request with two.
 */
export function authentication({ token, serverUrl }: GithubAccess): readonly GitSetting[] {
  if (token === "") return [];
  const key = `http.${serverUrl}/.extraHeader`;
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return [
    { key, value: "" },
    { key, value: `Authorization: Basic ${basic}` },
  ];
}

/** The line of git's that says what went wrong, else its last one; without its full stop. */
export function faultLine(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string };
  const text = stderr ?? (error instanceof Error ? error.message : String(error));
  const lines = text.trim().split(/\r?\n/);
  const told = lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? "";
  return told.trim().replace(/\.+$/, "");
}
