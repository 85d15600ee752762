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

/**
 * Who works on a rollout of a model: the same for a re-run of the job, another for any other run,
 * and for another leg of the job's matrix, which has the same run and job but not the same model.
 */
export function runIdentity(
  { runId, job }: Pick<GithubAccess, "runId" | "job">,
  { model, url }: { readonly model: string; readonly url: string | null },
): RunIdentity {
  return { id: `${runId === 0 ? `local/${hostname()}` : `${runId}/${job}`}/${model}`, url };
}
