import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createChildProcesses } from "../run/child-processes.ts";

/** Processes (Linux only) whose environment names a folder below `directory` as theirs. */
function findJobProcesses(directory: string): readonly number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        return variables.some((entry) => entry.startsWith(`RUNNER_TEMP=${directory}${path.sep}`));
      } catch {
        return false;
      }
    });
}

/** Ends what an earlier demo that was killed outright left running: model servers and steps of jobs. */
export async function endLeftOvers(directory: string): Promise<void> {
  // Opening its register ends the servers that are still in it.
  createChildProcesses(path.join(directory, "sandbox/run/processes.json"), 0);
  const found = findJobProcesses(directory);
  for (const pid of found) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  if (found.length > 0) await sleep(200);
}
