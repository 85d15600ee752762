import type { Version } from "#core";
import type { StageOutcome } from "#github";
import type { Service } from "#google";
import type { Inputs } from "./inputs.ts";
import { recordOrWarn, type Journal } from "./journal.ts";
import type { Ports } from "./ports.ts";
import type { RolloutState } from "./rollout-state.ts";
import { writeRollout } from "./service-change.ts";
import { serviceSettings } from "./service-settings.ts";

/** Lets everybody in, or nobody without a token, where the inputs say which. */
export async function openForCallers(inputs: Inputs, { run, log, signal }: Ports): Promise<void> {
  const { allowUnauthenticated: open, service } = inputs;
  if (open === null) return;
  await run.changeInvokers(service, open ? { add: ["allUsers"] } : { remove: ["allUsers"] }, {
    signal,
  });
  log.info(open ? "Everybody may call the service." : "Callers need an identity token.");
}

/** The last change of a rollout that passed: its settings of the whole service, and that it is done. */
export async function finishRollout(
  inputs: Inputs,
  state: RolloutState,
  ports: Ports,
): Promise<Service> {
  await openForCallers(inputs, ports);
  return await writeRollout(ports, {
    service: inputs.service,
    from: state,
    to: { ...state, phase: "done" },
    fields: (service) => serviceSettings(inputs, service),
    signal: ports.signal,
  });
}

/** Writes down that a version serves: the Deployment's success, then the stage tag. */
export async function recordServing(
  inputs: Inputs,
  facts: {
    readonly version: Version;
    readonly deployment: number | null;
    readonly url: string | null;
    readonly reason: string;
  },
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
): Promise<StageOutcome | null> {
  const { records, log } = ports;
  await reportEnd(
    facts.deployment,
    { ports, journal },
    {
      state: "success",
      description: `${facts.version} serves all traffic of ${inputs.service}`,
      url: facts.url,
    },
  );
  const { version, reason } = facts;
  const what = `The stage tag of ${version} for ${inputs.environment}`;
  return await recordOrWarn({ journal, log, what }, () =>
    records.assignStage({ stage: inputs.environment, version, reason }),
  );
}

/** Says on GitHub how a rollout ended, where it has a Deployment there. */
export async function reportEnd(
  deployment: number | null,
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
  end: {
    readonly state: "success" | "failure" | "in_progress";
    readonly description: string;
    readonly url?: string | null;
  },
): Promise<void> {
  if (deployment === null) return;
  const { records, log, identity } = ports;
  const what = `The status of Deployment ${deployment}`;
  await recordOrWarn({ journal, log, what }, () =>
    records.reportDeployment(deployment, {
      state: end.state,
      description: end.description,
      ...(typeof end.url === "string" && { environmentUrl: end.url }),
      ...(identity.url !== null && { logUrl: identity.url }),
    }),
  );
}

/** Files a GitHub Deployment and says that it is under way; its id, or `null` where that was refused. */
export async function fileDeployment(
  inputs: Inputs,
  facts: { readonly tag: string; readonly version: string; readonly rollout: string },
  { ports, journal }: { readonly ports: Ports; readonly journal: Journal },
): Promise<number | null> {
  const { records, log } = ports;
  const { service, region, environment } = inputs;
  const id = await recordOrWarn({ journal, log, what: "The GitHub Deployment" }, () =>
    records.startDeployment({
      ref: facts.tag,
      environment,
      description: `${inputs.mode === "rollback" ? "Rollback" : "Rollout"} of ${facts.version} to ${service}`,
      payload: {
        model: inputs.model,
        version: facts.version,
        service,
        region,
        rollout: facts.rollout,
      },
    }),
  );
  const description = `${facts.version} is on its way to ${service}`;
  await reportEnd(id, { ports, journal }, { state: "in_progress", description });
  return id;
}
