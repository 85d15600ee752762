import { open, stat, unlink } from "node:fs/promises";
import { RemoteError, type Clock } from "#core";

const lockWaitMs = 25;
const lockPatienceMs = 10_000;
/** A swap takes milliseconds: a lock as old as this was left by a process that died. */
const lockStaleMs = 60_000;

/** Takes a lock by making a file that nobody else can make; gives back how to let go. */
export async function lockFile(
  path: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal | undefined },
): Promise<() => Promise<void>> {
  for (let waitedMs = 0; ; waitedMs += lockWaitMs) {
    try {
      const handle = await open(path, "wx");
      await handle.close();
      return async () => {
        await unlink(path).catch(() => {});
      };
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    const made = await stat(path).catch(() => null);
    if (made !== null && clock.now().getTime() - made.mtimeMs > lockStaleMs) {
      await unlink(path).catch(() => {});
    }
    if (waitedMs >= lockPatienceMs) throw lockedFile(path);
    await clock.wait(lockWaitMs, signal);
  }
}

function lockedFile(path: string): RemoteError {
  return new RemoteError({
    code: "FILE_LOCKED",
    message: `${path} is held by another process for more than ${lockPatienceMs / 1000} seconds.`,
    hint: "Run the step again; if nothing else runs, remove that file.",
    call: `lock ${path}`,
    status: null,
    retryable: true,
  });
}

/** Whether an error of the file system has one of these codes. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" && codes.includes(code);
}
