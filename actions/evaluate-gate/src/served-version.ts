import { InputError, latestVersion, trySelectVersion, type RunRecord } from "#core";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";

/** Whose logged predictions are evaluated. */
export interface ServedVersion {
  /** E.g. `v1.3.0`; `null` for those of every version. */
  readonly version: string | null;
  /** What its training run said of the model; `null` where no version is known. */
  readonly run: RunRecord | null;
}

/**
 * Finds the version whose answers are wanted of a prediction log. Without any registered version
 * every line of the model counts.
 *
 * @throws InputError `VERSION_NOT_FOUND`
 */
export async function findServedVersion(
  { model, servedVersion }: Pick<Inputs, "model" | "servedVersion">,
  { history }: Pick<Ports, "history">,
): Promise<ServedVersion> {
  if (history === null) return { version: null, run: null };
  const versions = await history.read(model);
  const newest = latestVersion(versions);
  if (newest === null) return { version: null, run: null };
  const isOne = servedVersion !== "all";
  const entry = isOne ? trySelectVersion(versions, servedVersion) : newest;
  if (entry === null) {
    throw new InputError({
      code: "VERSION_NOT_FOUND",
      message: `served-version: ${model} has no version in ${servedVersion}; the newest is ${newest.version}.`,
      hint: "Name the version or stage whose predictions the log holds, or all for every line of the model.",
    });
  }
  const { run } = await history.manifest(entry);
  return { version: isOne ? entry.version : null, run };
}
