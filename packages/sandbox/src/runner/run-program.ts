import path from "node:path";
import { createCommandFiles, readCommandFiles, type CommandFiles } from "./file-commands.ts";
import type {
  Conclusion,
  JobSession,
  KillStage,
  KillStep,
  StepFrame,
  StepRecord,
} from "./job-session.ts";
import { runProcess, type RunningProcess } from "./processes.ts";
import { createOutputReader, report, reportError } from "./step-output.ts";

/** A program of a step. */
export interface StepProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly frame: StepFrame;
  readonly record: StepRecord;
  /** `env` of the step. */
  readonly stepEnv: Readonly<Record<string, string>>;
  /** Variables above the step's own: inputs, state, the action's place. */
  readonly programEnv: Readonly<Record<string, string>>;
  readonly isAction: boolean;
  /** Names by which the program can be asked to be killed. */
  readonly names: readonly string[];
  readonly stage: KillStage;
  readonly signal: AbortSignal;
}

function environmentOf(program: StepProgram, files: CommandFiles): Record<string, string> {
  const { session, env } = program.frame;
  const searchPath = [...session.pathAdditions, session.baseEnvironment["PATH"] ?? ""].join(
    path.delimiter,
  );
  return {
    ...session.baseEnvironment,
    PATH: searchPath,
    ...session.env,
    ...env,
    ...program.stepEnv,
    ...program.programEnv,
    ...session.fixedEnvironment,
    ...(program.isAction ? session.actionEnvironment : {}),
    GITHUB_ENV: files.env,
    GITHUB_OUTPUT: files.output,
    GITHUB_PATH: files.path,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
  };
}

function asksFor(kill: KillStep | undefined, { names, stage }: StepProgram): boolean {
  return kill !== undefined && names.includes(kill.step) && (kill.stage ?? "main") === stage;
}

function watchForKill(
  kill: KillStep,
  running: RunningProcess,
): { onLine(line: string): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const arm = () => {
    timer ??= setTimeout(() => running.killGroup(kill.signal), kill.afterMs ?? 0);
  };
  kill.when?.addEventListener("abort", arm);
  if (kill.when?.aborted || (kill.afterOutput === undefined && kill.when === undefined)) arm();
  return {
    onLine(line) {
      if (kill.afterOutput?.test(line)) arm();
    },
    stop() {
      clearTimeout(timer);
      kill.when?.removeEventListener("abort", arm);
    },
  };
}

/** Takes over what the program wrote into its files. */
async function applyFiles(
  session: JobSession,
  record: StepRecord,
  files: CommandFiles,
): Promise<Record<string, string>> {
  const results = await readCommandFiles(files);
  Object.assign(session.env, results.env);
  Object.assign(record.outputs, results.output);
  session.pathAdditions.unshift(...[...results.path].reverse());
  if (results.summary !== "") record.summaries.push(session.masker.mask(results.summary));
  if (results.summaryFault !== undefined)
    report(session, record, { level: "error", message: results.summaryFault });
  for (const fault of results.faults) {
    record.commandFailed = true;
    reportError(session, record, fault);
  }
  return results.state;
}

/** Runs a program of a step and takes over its effects; `state` is what it saved for its post step. */
export async function runProgram(
  program: StepProgram,
): Promise<{ readonly conclusion: Conclusion; readonly state: Readonly<Record<string, string>> }> {
  const { frame, record, signal } = program;
  const { session } = frame;
  if (signal.aborted) return { conclusion: "cancelled", state: {} };
  session.programCount += 1;
  const files = await createCommandFiles(
    path.join(session.directories.commands, String(session.programCount)),
  );
  const kill = asksFor(session.killStep, program) ? session.killStep : undefined;
  const readLine = createOutputReader(session, record);
  let watch: ReturnType<typeof watchForKill> | undefined;
  const exit = await runProcess({
    command: program.command,
    args: program.args,
    cwd: program.cwd,
    env: environmentOf(program, files),
    signal,
    ladder: session.ladder,
    hardStop: session.hardStop,
    onLine: (line) => {
      readLine(line);
      watch?.onLine(line);
    },
    onStart: (running) => {
      if (kill) watch = watchForKill(kill, running);
    },
  }).finally(() => watch?.stop());
  const state = await applyFiles(session, record, files);
  record.exitCode = exit.exitCode;
  record.exitSignal = exit.signal;
  if (signal.aborted) return { conclusion: "cancelled", state };
  if (exit.signal !== null)
    reportError(session, record, `The process was ended by ${exit.signal}.`);
  else if (exit.exitCode !== 0 && !program.isAction) {
    reportError(session, record, `Process completed with exit code ${exit.exitCode}.`);
  } else if (exit.exitCode !== 0)
    session.log.write(`The action ended with exit code ${exit.exitCode}.`);
  return {
    conclusion: exit.exitCode === 0 && !record.commandFailed ? "success" : "failure",
    state,
  };
}
