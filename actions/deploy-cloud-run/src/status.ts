import { describeTraffic, type Service } from "#google";
import type { Inputs } from "./inputs.ts";
import type { StatusOutcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";
import { VERSION_ANNOTATION } from "./revision-template.ts";
import { isReady } from "./rollback.ts";
import { readRolloutState } from "./rollout-state.ts";
import { resolveTraffic, sameTraffic, sharesOf, shortRevision } from "./traffic.ts";

/** What a service serves now, of which versions, and what is going on with it. Changes nothing. */
export async function readStatus(inputs: Inputs, ports: Ports): Promise<StatusOutcome> {
  const { run, signal } = ports;
  const service = await run.getService(inputs.service, { signal });
  const { stages } = await ports.history.read(inputs.model);
  const common = { kind: "status", model: inputs.model, service: inputs.service, stages } as const;
  if (service === null)
    return {
      ...common,
      url: null,
      traffic: [],
      revisions: [],
      rollout: "There is no such service.",
    };
  const traffic = resolveTraffic(service);
  const percentOf = new Map(sharesOf(traffic).map(({ revision, percent }) => [revision, percent]));
  const revisions = await run.listRevisions(inputs.service, { signal });
  return {
    ...common,
    url: service.uri ?? null,
    traffic,
    revisions: revisions.map((revision) => {
      const name = shortRevision(revision.name);
      return {
        revision: name,
        version: revision.annotations?.[VERSION_ANNOTATION] ?? null,
        percent: percentOf.get(name) ?? 0,
        tags: traffic.flatMap((target) =>
          target.revision === name && target.tag !== undefined ? [target.tag] : [],
        ),
        ready: isReady(revision),
        created: revision.createTime ?? null,
      };
    }),
    rollout: describeState(service),
  };
}

function describeState(service: Service): string | null {
  const state = readRolloutState(service);
  if (state === null) return null;
  const { version, percent, phase, started, step_started: since, run_url: url } = state;
  const by = url === null ? "" : ` by ${url}`;
  const moved = sameTraffic(service.traffic ?? [], state.traffic)
    ? ""
    : ` Somebody has changed the traffic since: ${describeTraffic(service.traffic ?? [])}.`;
  switch (phase) {
    case "running":
      return `${version} is at ${percent} %, begun ${started}${by}.${moved}`;
    case "holding":
      return `${version} is held at ${percent} % since ${since}.${moved}`;
    case "done":
      return `${version} was rolled out, begun ${started}${by}.${moved}`;
    case "restored":
      return `${version} was taken back, begun ${started}${by}.${moved}`;
  }
}
