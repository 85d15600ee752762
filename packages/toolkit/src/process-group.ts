import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** A command line to run. */
export interface CommandRequest {
  readonly line: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `null` for no limit. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal;
  readonly output: CommandOutput;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
}

/** Where a command's own output goes as it comes. */
export interface CommandOutput {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: "exited"; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: "timed-out" }
  | { readonly kind: "cancelled" };

/** Runs a command line to its end, or until it is stopped with everything that it started. */
export type RunCommand = (request: CommandRequest) => Promise<CommandEnd>;

/** The runner kills a cancelled step after 7.5 s: what does not end by itself has less. */
const GRACE_MS = 3000;
const POLL_MS = 25;

/**
 * Runs a command line in bash (`-eo pipefail`, as a workflow's own steps) in a process group of
 * its own. When it ends, times out or is cancelled, nothing of that group is left.
 */
export const runInGroup: RunCommand = async (request) => {
  request.signal.throwIfAborted();
  const child = startShell(request);
  child.stdout?.on("data", request.onStdout).pipe(request.output.stdout, { end: false });
  child.stderr?.on("data", request.onStderr).pipe(request.output.stderr, { end: false });
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ kind: "exited", code, signal }));
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = new AbortController();
  try {
    return await Promise.race([ended, watch(request, stop.signal)]);
  } finally {
    stop.abort();
    await endGroup(child);
    // A grandchild that left the group may hold the pipes open for ever.
    await Promise.race([closed, wait(1000, undefined, { ref: false })]);
  }
};

function startShell({ line, directory, environment }: CommandRequest): ChildProcess {
  const options = {
    cwd: directory,
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe"] as const,
    detached: process.platform !== "win32",
    windowsHide: true,
  };
  if (process.platform === "win32")
    return spawn(line, { ...options, shell: true, stdio: [...options.stdio] });
  const bash = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].find((path) =>
    existsSync(path),
  );
  return bash === undefined
    ? spawn("/bin/sh", ["-ec", line], { ...options, stdio: [...options.stdio] })
    : spawn(bash, ["-eo", "pipefail", "-c", line], { ...options, stdio: [...options.stdio] });
}

/** Answers when the time is over or the step is cancelled. */
function watch({ timeoutMs, signal }: CommandRequest, stopped: AbortSignal): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const timer =
      timeoutMs === null
        ? null
        : setTimeout(() => resolve({ kind: "timed-out" }), Math.min(timeoutMs, 2 ** 31 - 1));
    const cancel = (): void => resolve({ kind: "cancelled" });
    signal.addEventListener("abort", cancel, { once: true });
    stopped.addEventListener("abort", () => {
      if (timer !== null) clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    });
  });
}

/** Asks the group to end, waits, then kills what is left of it. */
async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === "win32") {
    if (child.exitCode === null) spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"]);
    return;
  }
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!signalGroup(pid, signal)) return;
    const until = Date.now() + GRACE_MS;
    while (Date.now() < until) {
      await wait(POLL_MS);
      if (!signalGroup(pid, 0)) return;
    }
  }
}

/** Whether there still was a process in the group. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
