import { readdir, readFile } from "node:fs/promises";

/**
 * Ends what a job left running, found as GitHub's runner finds it: by the tracking id in the
 * process's environment. Only Linux shows that; elsewhere nothing is done.
 *
 * @returns the ids of the processes that were ended
 */
export async function endOrphans(trackingId: string): Promise<readonly number[]> {
  if (process.platform !== "linux") return [];
  const ended: number[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue;
    try {
      process.kill(pid, "SIGKILL");
      ended.push(pid);
    } catch {
      // It has ended meanwhile.
    }
  }
  return ended;
}
