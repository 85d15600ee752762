import { hostname } from "node:os";
import type { GithubAccess } from "#core";
import { cloudMonitoring, cloudRun, type Environment, type GoogleCredentials } from "#google";
import type { RunIdentity } from "./ports.ts";

/** Cloud Run and Cloud Monitoring of one project and region. */
export function googleServices(place: {
  readonly credentials: GoogleCredentials;
  readonly environment: Environment;
  readonly project: string;
  readonly region: string;
}) {
  return { run: cloudRun(place), monitoring: cloudMonitoring(place) };
}

/** Who works on a rollout: the same for a re-run of the job, another for any other run. */
export function runIdentity(access: GithubAccess, url: string | null): RunIdentity {
  return { id: access.runId === 0 ? `local/${hostname()}` : `${access.runId}/${access.job}`, url };
}
