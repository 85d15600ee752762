import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError, SlipwayError } from "#core";
import { readLines, type CommandEnd, type CommandOutput, type RunCommand } from "#toolkit";
import { collectMetrics, type Curves } from "./metric-lines.ts";

/** A training by the user's own command. */
export interface CommandTraining {
  readonly command: string;
  readonly runDirectory: string;
  readonly workingDirectory: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Absolute paths by variable; parts that are empty or withheld are left out. */
  readonly parts: Readonly<Record<string, string | null>>;
  readonly timeoutMinutes: number | null;
}

/** What running a command needs of the world. */
export interface CommandPorts {
  readonly runCommand: RunCommand;
  readonly output: CommandOutput;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly temporaryDirectory: string;
  readonly signal: AbortSignal;
}

/** The command did not train: it failed, took too long or was cancelled. */
export class TrainingFailure extends SlipwayError {
  override readonly name = "TrainingFailure";
  readonly exitCode: number | null;
  readonly stderrTail: readonly string[];

  constructor(
    facts: ConstructorParameters<typeof SlipwayError>[0],
    end: { readonly exitCode: number | null; readonly stderrTail: readonly string[] },
  ) {
    super(facts);
    this.exitCode = end.exitCode;
    this.stderrTail = end.stderrTail;
  }
}

const TAIL_LINES = 30;

/**
 * Runs the user's trainer and follows what it says of itself.
 *
 * @throws TrainingFailure `COMMAND_FAILED`, `COMMAND_TIMED_OUT`, `CANCELLED`; InputError
 * `NO_WORKING_DIRECTORY`
 */
export async function trainByCommand(
  training: CommandTraining,
  ports: CommandPorts,
): Promise<Curves> {
  await requireDirectory(training.workingDirectory);
  const metrics = collectMetrics();
  const tail: string[] = [];
  const stdout = readLines((line) => metrics.read(line));
  const stderr = readLines((line) => {
    metrics.read(line);
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
  });
  const end = await ports.runCommand({
    line: training.command,
    directory: training.workingDirectory,
    environment: await composeEnvironment(training, ports),
    timeoutMs: training.timeoutMinutes === null ? null : training.timeoutMinutes * 60_000,
    signal: ports.signal,
    output: ports.output,
    onStdout: stdout.push,
    onStderr: stderr.push,
  });
  stdout.end();
  stderr.end();
  if (end.kind === "exited" && end.code === 0) return metrics.curves();
  throw describeEnd(end, { training, tail });
}

async function requireDirectory(path: string): Promise<void> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isDirectory()) return;
  throw new InputError({
    code: "NO_WORKING_DIRECTORY",
    message: `working-directory: ${path} is no directory.`,
    hint: "Give a path relative to the repository's root; was the repository checked out before?",
  });
}

/** What an action's step has and a step of the user's own has not. */
const WITHHELD =
  /^(?:INPUT_|ACTIONS_RUNTIME_|ACTIONS_CACHE_|ACTIONS_RESULTS_|SLIPWAY_(?:TEST|VALIDATION|TRAIN)$|STATE_)/;

async function composeEnvironment(
  training: CommandTraining,
  { environment, temporaryDirectory }: CommandPorts,
): Promise<Readonly<Record<string, string>>> {
  await mkdir(temporaryDirectory, { recursive: true });
  const params = join(temporaryDirectory, "slipway-params.json");
  await writeFile(params, `${JSON.stringify(training.params, null, 2)}\n`);
  const inherited = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !WITHHELD.test(entry[0]),
  );
  const parts = Object.entries(training.parts).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(parts),
    SLIPWAY_RUN_DIR: training.runDirectory,
    SLIPWAY_PARAMS: params,
    SLIPWAY_SEED: String(training.seed),
    PYTHONHASHSEED: String(training.seed),
    // So that lines come as they are printed, not when a buffer is full.
    PYTHONUNBUFFERED: "1",
  };
}

function describeEnd(
  end: CommandEnd,
  { training, tail }: { readonly training: CommandTraining; readonly tail: readonly string[] },
): TrainingFailure {
  const { command, timeoutMinutes } = training;
  const said =
    tail.length === 0
      ? "It wrote nothing to stderr."
      : `The last ${tail.length === 1 ? "line" : `${tail.length} lines`} of stderr:\n${tail.join("\n")}`;
  const facts = { exitCode: end.kind === "exited" ? end.code : null, stderrTail: tail };
  switch (end.kind) {
    case "cancelled":
      return new TrainingFailure(
        {
          code: "CANCELLED",
          message: `The step was cancelled while ${command} ran; it was stopped with everything that it had started.`,
        },
        facts,
      );
    case "timed-out":
      return new TrainingFailure(
        {
          code: "COMMAND_TIMED_OUT",
          message: `${command} ran longer than timeout-minutes: ${timeoutMinutes} and was stopped. ${said}`,
          hint: "Raise timeout-minutes, or train on less.",
        },
        facts,
      );
    case "exited": {
      const how = end.code === null ? `was ended by ${end.signal}` : `ended with code ${end.code}`;
      return new TrainingFailure(
        { code: "COMMAND_FAILED", message: `${command} ${how}. ${said}`, hint: hintOn(end) },
        facts,
      );
    }
  }
}

function hintOn({ code, signal }: Extract<CommandEnd, { kind: "exited" }>): string {
  if (code === 127)
    return "The shell did not find the program: is it installed in an earlier step (actions/setup-python)?";
  if (code === 137 || signal === "SIGKILL")
    return "Something killed it, most often because the runner's memory was full.";
  return "Its whole output stands above; what was known of the run is in run-failed.json.";
}
