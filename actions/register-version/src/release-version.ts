import { assetName } from "#github";
import type { RunDirectory } from "#toolkit";
import { composeModelCard } from "./card.ts";
import type { Claimed } from "./claim-version.ts";
import { locateFirstFiles } from "./first-run-files.ts";
import type { Inputs } from "./inputs.ts";
import { titleOf } from "./manifest.ts";
import type { Ports } from "./ports.ts";
import type { RegisteredRelease } from "./registry.ts";

/** Publishes a version's release: its model card and its files; one that is published already stays. */
export async function releaseVersion(
  inputs: Inputs,
  {
    claimed,
    directory,
    ports,
  }: { readonly claimed: Claimed; readonly directory: RunDirectory; readonly ports: Ports },
): Promise<RegisteredRelease> {
  const { manifest, tag } = claimed;
  const released = claimed.created ? null : await ports.registry.released(tag);
  if (released !== null) return released;
  const located = claimed.created
    ? new Map<string, string>()
    : await locateFirstFiles({ ...ports, tag, manifest, directory });
  const files = manifest.files.map((file) => ({
    path: located.get(file.path) ?? directory.resolve(file.path),
    name: assetName(file.path),
    bytes: file.bytes,
    digest: file.digest,
  }));
  return ports.registry.release(
    {
      tag,
      title: titleOf(manifest.model, manifest.version),
      body: composeModelCard(manifest, { previous: claimed.previousManifest, notes: inputs.notes }),
      prerelease: inputs.prerelease !== "false",
    },
    files,
  );
}
