import type { VersionEntry } from "#core";
import type { SmokeOutcome } from "#probe";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";

/** Where a version is asked, and by what URL its service is known. */
export interface SmokeTarget {
  readonly entry: VersionEntry;
  /** The tag's URL, or the service's. */
  readonly url: string;
  readonly serviceUrl: string;
}

/** Asks a candidate whether it is the version and works; `null` with `smoke: false`. */
export async function smokeCandidate(
  inputs: Inputs,
  target: SmokeTarget,
  ports: Ports,
): Promise<SmokeOutcome | null> {
  const { smoke } = inputs;
  if (smoke.kind === "off") return null;
  const outcome = await ports.probe({
    ...smoke.plan,
    url: target.url,
    headers: await ports.authorise(target.url, target.serviceUrl),
    expectation: await ports.expect(target.entry, smoke.cases),
  });
  return { ...outcome, reason: explainInternal(inputs, outcome) };
}

/** Says why a service that only takes internal requests did not answer, and the ways out. */
function explainInternal(inputs: Inputs, { evidence, reason }: SmokeOutcome): string {
  const unreached = evidence.readiness.kind === "not-ready";
  if (!unreached) return reason;
  if (inputs.ingress === "internal" || inputs.ingress === "internal-and-cloud-load-balancing")
    return `${reason} With ingress: ${inputs.ingress} a hosted runner cannot reach it: use a self-hosted runner inside the network, smoke: false, or ingress: all.`;
  if (/answered 40[13]/.test(reason))
    return `${reason} The service wants a caller with roles/run.invoker: grant it to the account of this job.`;
  return reason;
}
