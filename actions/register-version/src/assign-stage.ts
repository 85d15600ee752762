import { selectVersion, versionTag, type Version } from "#core";
import type { Inputs } from "./inputs.ts";
import type { Outcome, StageNote } from "./outcome.ts";
import type { Ports } from "./ports.ts";

/** Puts a version into a stage; in production it is no prerelease any more. */
export async function assignStage(
  inputs: Inputs,
  stage: string,
  version: Version,
  ports: Ports,
): Promise<StageNote> {
  const outcome = await ports.registry.assignStage({
    model: inputs.model,
    stage,
    version,
    reason: inputs.reason,
    now: ports.clock.now(),
  });
  if (stage === "production" && inputs.prerelease === "until-production") {
    await ports.registry.endPrerelease(versionTag(inputs.model, version));
  }
  return {
    stage,
    tag: outcome.tag,
    previous: outcome.previous,
    changed: outcome.kind === "assigned",
  };
}

/** Puts a version that exists into a stage, without a run; going back is marked as a rollback. */
export async function assignOnly(inputs: Inputs, ports: Ports): Promise<Outcome> {
  const stage = inputs.stage ?? "production";
  const history = await ports.registry.history(inputs.model);
  const entry = selectVersion(history, inputs.version ?? "latest", stage);
  const back = inputs.version === "previous" && !inputs.reason.startsWith("rollback");
  const reason = back ? `rollback: ${inputs.reason}` : inputs.reason;
  const note = await assignStage({ ...inputs, reason }, stage, entry.version, ports);
  return {
    kind: "assigned",
    model: inputs.model,
    version: entry.version,
    tag: entry.tag,
    stage: note,
  };
}
