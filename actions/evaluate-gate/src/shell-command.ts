import { Writable } from "node:stream";
import type { Log } from "#core";
import { readLines, runInGroup } from "#toolkit";
import type { CommandResult, CommandToRun, RunCommand } from "./ports.ts";

const KEPT_LINES = 30;
const KEPT_CHARACTERS = 1000;

/** Lines and characters of one command that are shown; a model that prints each row would fill the job's log. */
const MOST_LINES = 2000;
const MOST_CHARACTERS = 1_000_000;

/** What GitHub gives to the action alone: the user's command gets what a `run:` step would. */
const WITHHELD =
  /^(?:INPUT_|STATE_|ACTIONS_RUNTIME_|ACTIONS_RESULTS_|ACTIONS_CACHE_|SLIPWAY_(?:MODEL_DIR|MODEL_FILE|ROWS|PREDICTIONS)$)/;

/**
 * Runs commands in bash (cmd on Windows) as a `run:` step does, in a process group of their own:
 * when a command ends, takes too long or the step is cancelled, nothing that it started is left.
 */
export function shellCommands(
  environment: Readonly<Record<string, string | undefined>>,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): RunCommand {
  const inherited = Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !WITHHELD.test(entry[0]),
    ),
  );
  return async (command) => {
    const errors = keepLast();
    const show = limitedLog(command, log);
    const stdout = readLines(show);
    const stderr = readLines((line) => {
      show(line);
      errors.push(line);
    });
    const end = await runInGroup({
      line: command.line,
      directory: command.directory,
      environment: { ...inherited, ...command.environment },
      timeoutMs: command.timeoutMs,
      signal,
      output: { stdout: nowhere(), stderr: nowhere() },
      onStdout: stdout.push,
      onStderr: stderr.push,
    });
    stdout.end();
    stderr.end();
    if (end.kind === "cancelled") throw new Error("The step was cancelled.");
    return { end: endOf(end), lastErrorLines: errors.lines } satisfies CommandResult;
  };
}

function endOf(
  end: { readonly kind: "timed-out" } | { readonly kind: "exited"; readonly code: number | null },
): CommandResult["end"] {
  return end.kind === "timed-out" ? end : { kind: "exited", code: end.code };
}

/** Its lines are read above; they go to the log from there. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

function keepLast(): { readonly lines: readonly string[]; push(line: string): void } {
  const lines: string[] = [];
  return {
    lines,
    push: (line) => {
      lines.push(line.slice(0, KEPT_CHARACTERS));
      if (lines.length > KEPT_LINES) lines.shift();
    },
  };
}

/**
 * Shows a command's lines. Those of a baseline carry its name and cannot speak to the runner
 * (`::error::`, `##[group]`): they come from another commit than the job's.
 */
function limitedLog({ line: command, label }: CommandToRun, log: Log): (line: string) => void {
  let [lines, characters] = [0, 0];
  return (line) => {
    lines += 1;
    characters += line.length;
    const isLast = lines > MOST_LINES || characters > MOST_CHARACTERS;
    if (isLast && lines < Number.MAX_SAFE_INTEGER) {
      log.info(`… more output of ${command} is not shown.`);
      lines = Number.MAX_SAFE_INTEGER;
    }
    if (isLast) return;
    log.info(label === null ? line : `${label} | ${line.replaceAll("##[", "# #[")}`);
  };
}
