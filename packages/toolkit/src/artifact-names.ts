import { flattenModelName } from "#core";
import { INPUT_NAMES } from "./generated/input-names.ts";

/** What an artifact's name says: whose it is, and from which attempt of the run. */
export interface ArtifactParts {
  readonly model: string;
  readonly action: string;
  readonly attempt: number;
  readonly shard?: string | undefined;
}

/** `slipway-<model>-<action>-<attempt>[-<shard>]` */
export function artifactName({ model, action, attempt, shard }: ArtifactParts): string {
  const suffix = shard === undefined ? "" : `-${shard.replaceAll("/", "-of-")}`;
  return `${artifactPrefix(model)}${action}-${attempt}${suffix}`;
}

/** How the names of a model's artifacts begin; those of another model may begin so too. */
export function artifactPrefix(model: string): string {
  return `slipway-${flattenModelName(model)}-`;
}

// An action's name ends the model's: what `churn-eu` left begins like an artifact of `churn`.
const AFTER_PREFIX = new RegExp(`^(${Object.keys(INPUT_NAMES).join("|")})-(\\d+)(?:-(.+))?$`);

/** Reads the name of a model's artifact; `null` for another model's, or for none of Slipway's. */
export function readArtifactName(name: string, model: string): ArtifactParts | null {
  const prefix = artifactPrefix(model);
  if (!name.startsWith(prefix)) return null;
  const parts = AFTER_PREFIX.exec(name.slice(prefix.length));
  if (parts === null) return null;
  const [, action = "", attempt = "", shard] = parts;
  return { model, action, attempt: Number(attempt), shard };
}

/** The newest attempt of each action (and shard) of a model, by action: a re-run's files replace the earlier ones. */
export function newestOfEachAction<T extends { readonly name: string }>(
  artifacts: readonly T[],
  model: string,
): readonly { readonly action: string; readonly artifact: T }[] {
  const newest = new Map<string, { readonly parts: ArtifactParts; readonly artifact: T }>();
  for (const artifact of artifacts) {
    const parts = readArtifactName(artifact.name, model);
    if (parts === null) continue;
    const key = `${parts.action} ${parts.shard ?? ""}`;
    const known = newest.get(key);
    if (known === undefined || parts.attempt > known.parts.attempt)
      newest.set(key, { parts, artifact });
  }
  return [...newest.values()].map(({ parts, artifact }) => ({ action: parts.action, artifact }));
}
