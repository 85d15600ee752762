import { parseDocument } from "#core";
import type { Service } from "#google";
import * as z from "zod/mini";

/** The one annotation of a service that holds its rollout's state. */
export const ROLLOUT_ANNOTATION = "slipway.dev/rollout";

const targetSchema = z.object({
  type: z.exactOptional(
    z.enum(["TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"]),
  ),
  revision: z.exactOptional(z.string()),
  percent: z.exactOptional(z.number()),
  tag: z.exactOptional(z.string()),
});

/** A rollout as the service itself remembers it: written in the same PATCH as its traffic. */
export const rolloutStateSchema = z.looseObject({
  id: z.string(),
  /** Workflow run, job and model that work on it; a re-run of the job has the same. */
  run: z.string(),
  run_url: z.nullable(z.string()),
  model: z.string(),
  version: z.string(),
  revision: z.string(),
  /** Digest of the revision's settings. */
  config: z.string(),
  /** `held` waits for a later run; `restored` went back to the stable traffic. */
  phase: z.enum(["running", "holding", "done", "restored"]),
  percent: z.number(),
  /** The traffic before the rollout; empty for a service's first deployment. */
  stable: z.readonly(z.array(targetSchema)),
  stable_version: z.nullable(z.string()),
  /** The traffic that was asked for together with this state. */
  traffic: z.readonly(z.array(targetSchema)),
  started: z.string(),
  step_started: z.string(),
  /** Since when stable's figures are compared with. */
  compared_from: z.nullable(z.string()),
  lease_until: z.string(),
  /** The GitHub Deployment, or `null` when none could be filed. */
  deployment: z.nullable(z.number()),
});
export type RolloutState = z.infer<typeof rolloutStateSchema>;

/** The state on a service; `null` when there is none, or none that can be read. */
export function readRolloutState(service: Service): RolloutState | null {
  const text = service.annotations?.[ROLLOUT_ANNOTATION];
  if (text === undefined) return null;
  try {
    return parseDocument<RolloutState>(rolloutStateSchema, text, ROLLOUT_ANNOTATION);
  } catch {
    // Somebody edited it, or another version wrote it: the traffic itself is then all that is known.
    return null;
  }
}

/** A service's annotations with the state in them; the others stay. */
export function withRolloutState(
  service: Pick<Service, "annotations"> | null,
  state: RolloutState,
): Readonly<Record<string, string>> {
  return { ...service?.annotations, [ROLLOUT_ANNOTATION]: JSON.stringify(state) };
}
