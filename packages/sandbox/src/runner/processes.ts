import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** Waits of the ladder by which a running process is ended. */
export interface KillLadder {
  /** From SIGINT to SIGTERM. */
  readonly interruptMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly terminateMs: number;
}

/** GitHub's own waits. */
export const githubKillLadder: KillLadder = { interruptMs: 7500, terminateMs: 2500 };

/** A program to run to its end. */
export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  /** Ends the program by the ladder when it aborts. */
  readonly signal: AbortSignal;
  readonly ladder: KillLadder;
  /** Ends the program and all that it started at once. */
  readonly hardStop: AbortSignal | undefined;
  /** Gets the handle, e.g. to kill the program in its middle. */
  readonly onStart?: (running: RunningProcess) => void;
}

/** How a program ended. */
export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs. */
export interface RunningProcess {
  /** Sends a signal to the program and all that it started in its process group. */
  killGroup(signal: NodeJS.Signals): void;
}

const children = new Set<ChildProcess>();
let exitHookInstalled = false;

function sendTo(child: ChildProcess, signal: NodeJS.Signals, whole: boolean): void {
  if (child.pid === undefined) return;
  try {
    if (whole && process.platform !== "win32") process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended meanwhile.
  }
}

function endAllProcesses(): void {
  for (const child of children) sendTo(child, "SIGKILL", true);
}

function installExitHook(): void {
  if (exitHookInstalled) return;
  exitHookInstalled = true;
  process.once("exit", endAllProcesses);
}

/** As GitHub: the first two signals reach the program alone, the last its whole group. */
function startLadder(child: ChildProcess, ladder: KillLadder): () => void {
  sendTo(child, "SIGINT", false);
  const terminate = setTimeout(() => sendTo(child, "SIGTERM", false), ladder.interruptMs);
  const kill = setTimeout(
    () => sendTo(child, "SIGKILL", true),
    ladder.interruptMs + ladder.terminateMs,
  );
  return () => {
    clearTimeout(terminate);
    clearTimeout(kill);
  };
}

/** How long output of what the program left behind is waited for after its end. */
const drainMs = 1000;

/** Runs a program in its own process group and hands over its output line by line. */
export async function runProcess(invocation: Invocation): Promise<ProcessExit> {
  installExitHook();
  const { command, args, cwd, env, onLine, signal, ladder, hardStop } = invocation;
  const child = spawn(command, args, {
    cwd,
    env,
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let stopLadder = () => {};
  const onAbort = () => {
    stopLadder = startLadder(child, ladder);
  };
  const onHardStop = () => sendTo(child, "SIGKILL", true);
  const readers = [child.stdout, child.stderr].map((input) => {
    const reader = createInterface({ input, crlfDelay: Infinity });
    reader.on("line", onLine);
    return reader;
  });
  const drained = Promise.all(
    readers.map((reader) => new Promise((resolve) => reader.once("close", resolve))),
  );
  try {
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    hardStop?.addEventListener("abort", onHardStop, { once: true });
    const exited = new Promise<ProcessExit>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (exitCode, exitSignal) => resolve({ exitCode, signal: exitSignal }));
    });
    invocation.onStart?.({ killGroup: (killSignal) => sendTo(child, killSignal, true) });
    const exit = await exited;
    const timeout = new AbortController();
    await Promise.race([drained, delay(drainMs, timeout.signal)]);
    timeout.abort();
    return exit;
  } finally {
    signal.removeEventListener("abort", onAbort);
    hardStop?.removeEventListener("abort", onHardStop);
    stopLadder();
    for (const reader of readers) reader.close();
    child.stdout.destroy();
    child.stderr.destroy();
    children.delete(child);
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
