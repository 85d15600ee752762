import {
  parseTrailers,
  readHistory,
  versionTag,
  stageTag,
  nextEventNumber,
  composeMessage,
  type Manifest,
  type TagFacts,
} from "#core";
import type { AssetSource, ReleaseText } from "#github";
import type { Registry } from "../registry.ts";

/** A release in memory. */
export interface MemoryRelease {
  readonly text: ReleaseText;
  readonly files: readonly AssetSource[];
  readonly prerelease: boolean;
}

/** A registry in memory: the port's fake, with what it came to. */
export interface MemoryRegistry extends Registry {
  readonly tags: TagFacts[];
  readonly releases: Map<string, MemoryRelease>;
}

/** Makes an empty registry. */
export function memoryRegistry(): MemoryRegistry {
  const tags: TagFacts[] = [];
  const manifests = new Map<string, Manifest>();
  const releases = new Map<string, MemoryRelease>();
  let second = 0;
  const write = (
    name: string,
    commit: string,
    message: string,
  ): { readonly kind: "created" | "taken" } => {
    if (tags.some((tag) => tag.name === name)) return { kind: "taken" };
    tags.push({
      name,
      commit,
      message,
      taggedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second++)).toISOString(),
    });
    return { kind: "created" };
  };
  const history = (model: string) => readHistory(model, tags);
  const facts = (tag: string) => ({
    id: [...releases.keys()].indexOf(tag) + 1,
    url: `https://github.test/${tag}`,
  });
  return {
    tags,
    releases,
    history: (model) => Promise.resolve(history(model)),
    manifest: async (entry) => {
      const manifest = manifests.get(entry.tag);
      if (manifest === undefined) throw new Error(`no manifest of ${entry.tag}`);
      return manifest;
    },
    claimVersion: async ({ tag, manifest, message }) => {
      const claim = write(tag, `commit of ${tag}`, message);
      if (claim.kind === "created") manifests.set(tag, manifest);
      return claim;
    },
    claimMark: async ({ tag, commit, message }) => write(tag, commit, message),
    released: async (tag) => (releases.has(tag) ? facts(tag) : null),
    release: async (text, files) => {
      if (!releases.has(text.tag))
        releases.set(text.tag, { text, files, prerelease: text.prerelease });
      return facts(text.tag);
    },
    endPrerelease: async (tag) => {
      const release = releases.get(tag);
      if (release !== undefined) releases.set(tag, { ...release, prerelease: false });
    },
    assignStage: async ({ model, stage, version, reason }) => {
      const before = history(model);
      const previous = before.stages[stage] ?? null;
      const held = before.events.findLast(
        (event) => event.stage === stage && event.version === version,
      );
      if (previous === version) return { kind: "unchanged", tag: held?.tag ?? "", previous };
      const tag = stageTag({ model, stage, event: nextEventNumber(before) });
      const message = composeMessage(tag, reason, {
        "Slipway-Version": version,
        "Slipway-Previous": previous,
        "Slipway-Reason": reason,
      });
      write(tag, `commit of ${versionTag(model, version)}`, message);
      return { kind: "assigned", tag, previous };
    },
  };
}

/** The trailers of a tag in a registry in memory. */
export function trailersOf(
  registry: MemoryRegistry,
  name: string,
): Readonly<Record<string, string>> {
  return parseTrailers(registry.tags.find((tag) => tag.name === name)?.message ?? "");
}
