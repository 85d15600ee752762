import { readRolloutState } from "./rollout-state.ts";
import { restoreStable, type Restoration } from "./restore.ts";
import type { ServicePorts } from "./service-change.ts";

/** What a step leaves for its `post`: which service it worked on, as which run. */
export interface RolloutMark {
  readonly service: string;
  readonly region: string;
  readonly project: string;
  readonly run: string;
}

/**
 * After a step, however it ended: a rollout that its run left going is taken back. `null` when
 * there is none.
 */
export async function takeBackUnfinished(
  mark: RolloutMark,
  { signal, ...ports }: ServicePorts & { readonly signal: AbortSignal },
): Promise<Restoration | null> {
  const service = await ports.run.getService(mark.service, { signal });
  const state = service === null ? null : readRolloutState(service);
  if (state === null || state.phase !== "running" || state.run !== mark.run) return null;
  return await restoreStable(ports, { service: mark.service, id: state.id, signal });
}
