import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { readJsonFile, writeJsonFile } from "../google-identity/json-file.ts";

/** What a child is started with. */
export interface ChildOptions {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdoutFile: string;
  readonly stderrFile: string;
}

/** A child in a process group of its own. */
export interface Child {
  /** Resolves when it has ended, to a phrase like `exit code 1`. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** SIGTERM to the group, SIGKILL after the grace; resolves when it has ended. */
  stop(): Promise<void>;
}

/** The children of one service. */
export interface ChildProcesses {
  start(options: ChildOptions): Child;
  stopAll(): Promise<void>;
}

const running = new Set<number>();
let isGuarded = false;

// Children must not outlive the sandbox however it ends, short of SIGKILL (see endLeftOvers).
function guardExit(): void {
  if (isGuarded) return;
  isGuarded = true;
  process.on("exit", () => {
    for (const pid of running) signalGroup(pid, "SIGKILL");
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const end = (): void => {
      // Somebody else handles it and will close us in order.
      if (process.listenerCount(signal) > 1) return;
      for (const pid of running) signalGroup(pid, "SIGTERM");
      process.off(signal, end);
      process.kill(process.pid, signal);
    };
    process.on(signal, end);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

/**
 * Starts and ends children; `register` is a file with those that run, so that a sandbox that was
 * itself killed ends them at its next start.
 */
export function createChildProcesses(register: string, graceMs: number): ChildProcesses {
  endLeftOvers(register);
  const children = new Map<number, Child>();

  const save = (): void =>
    writeJsonFile(
      register,
      [...children.keys()].map((pid) => ({ pid, started: startTime(pid) })),
    );

  function forget(pid: number): void {
    // What it started itself goes with it.
    signalGroup(pid, "SIGKILL");
    running.delete(pid);
    children.delete(pid);
    save();
  }

  function start(options: ChildOptions): Child {
    guardExit();
    const child = spawnLogged(options);
    const { pid } = child;
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) =>
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
    });
    const handle: Child = {
      ended,
      isRunning: () => pid !== undefined && children.has(pid),
      stop: async () => {
        if (pid === undefined || !children.has(pid)) return;
        signalGroup(pid, "SIGTERM");
        const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
        await ended;
        clearTimeout(timer);
      },
    };
    if (pid !== undefined) {
      running.add(pid);
      children.set(pid, handle);
      save();
      void ended.then(() => forget(pid));
    }
    return handle;
  }

  return {
    start,
    stopAll: async () => {
      await Promise.all([...children.values()].map((child) => child.stop()));
    },
  };
}

function spawnLogged({ command, environment, stdoutFile, stderrFile }: ChildOptions): ChildProcess {
  const [program = "", ...parameters] = command;
  mkdirSync(dirname(stdoutFile), { recursive: true });
  const out = openSync(stdoutFile, "a");
  const err = openSync(stderrFile, "a");
  try {
    return spawn(program, parameters, {
      detached: true,
      stdio: ["ignore", out, err],
      env: { ...environment },
    });
  } finally {
    closeSync(out);
    closeSync(err);
  }
}

function endLeftOvers(register: string): void {
  const before = (readJsonFile(register) ?? []) as readonly {
    pid: number;
    started: string | null;
  }[];
  for (const { pid, started } of before) {
    // A number may have been given to somebody else since: the start time tells.
    if (started !== null && started === startTime(pid)) signalGroup(pid, "SIGKILL");
  }
}

/** When a process started, in the kernel's own ticks; `null` where there is no /proc. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
