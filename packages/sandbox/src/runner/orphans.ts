import { readdir, readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

/** A process that has just begun, or becomes another program, shows no environment for a moment. */
const SECOND_LOOK_MS = 50;
const MOST_LOOKS = 20;

/**
 * Ends what a job left running, found as GitHub's runner finds it: by the tracking id in the
 * process's environment. It looks until a second look finds nothing more. Only Linux shows that;
 * elsewhere nothing is done.
 *
 * @returns the ids of the processes that were ended
 */
export async function endOrphans(trackingId: string): Promise<readonly number[]> {
  if (process.platform !== "linux") return [];
  const ended = new Set<number>();
  let isQuiet = false;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const found = (await findProcesses(trackingId)).filter((pid) => !ended.has(pid));
    for (const pid of found) if (endProcess(pid)) ended.add(pid);
    if (found.length === 0 && isQuiet) break;
    isQuiet = found.length === 0;
    await wait(SECOND_LOOK_MS);
  }
  return [...ended];
}

async function findProcesses(trackingId: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(`RUNNER_TRACKING_ID=${trackingId}`)) found.push(pid);
  }
  return found;
}

/** Whether it was there to be ended. */
function endProcess(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
