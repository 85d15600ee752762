import { composeMessage, selectVersion } from "#core";
import type { Inputs } from "./inputs.ts";
import type { Outcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";

/** Deprecates a model or deregisters a version: tags too, nothing is deleted. */
export async function markVersion(inputs: Inputs, ports: Ports): Promise<Outcome> {
  const history = await ports.registry.history(inputs.model);
  const entry = selectVersion(history, inputs.deregister ?? "latest");
  const tag = inputs.deregister === null ? `${inputs.model}@deprecated` : `${entry.tag}!`;
  const what =
    inputs.deregister === null ? `${inputs.model} is deprecated` : `${entry.tag} is deregistered`;
  const message = composeMessage(what, inputs.reason, {
    "Slipway-Model": inputs.model,
    "Slipway-Version": inputs.deregister === null ? null : entry.version,
    "Slipway-Reason": inputs.reason,
    "Slipway-Actor": ports.actor,
  });
  const claim = await ports.registry.claimMark({
    tag,
    commit: entry.commit,
    message,
    history,
    now: ports.clock.now(),
  });
  return {
    kind: "marked",
    model: inputs.model,
    mark: what,
    tag,
    created: claim.kind === "created",
  };
}
