import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Log } from "#core";
import type { RunCommand } from "./ports.ts";

const KEPT_LINES = 30;

/** What GitHub gives to the action alone: the user's command gets what a `run:` step would. */
const WITHHELD = /^(INPUT_|ACTIONS_RUNTIME_|ACTIONS_RESULTS_URL$|ACTIONS_CACHE_URL$)/;

/** Runs commands in bash (cmd on Windows) as a `run:` step does; a cancelled step ends them. */
export function shellCommands(
  environment: Readonly<Record<string, string | undefined>>,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): RunCommand {
  const inherited = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !WITHHELD.test(name)),
  );
  return ({ line, directory, environment: own }) =>
    new Promise((resolve, reject) => {
      const [shell, parameters] =
        process.platform === "win32"
          ? (["cmd", ["/d", "/s", "/c", line]] as const)
          : (["bash", ["-e", "-o", "pipefail", "-c", line]] as const);
      const child = spawn(shell, [...parameters], {
        cwd: directory,
        env: { ...inherited, ...own },
        signal,
        stdio: ["ignore", "pipe", "pipe"],
      });
      const lastErrorLines: string[] = [];
      createInterface({ input: child.stdout }).on("line", (text) => log.info(text));
      createInterface({ input: child.stderr }).on("line", (text) => {
        log.info(text);
        lastErrorLines.push(text);
        if (lastErrorLines.length > KEPT_LINES) lastErrorLines.shift();
      });
      child.on("error", reject);
      child.on("close", (exitCode) => resolve({ exitCode, lastErrorLines }));
    });
}
