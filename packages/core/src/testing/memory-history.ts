import type { Manifest } from "../manifest.ts";
import type { VersionHistory } from "../ports.ts";
import { readHistory, type TagFacts } from "../tags.ts";

/** A version of a history in memory: its manifest and its files' contents by path. */
export interface MemoryVersion {
  readonly manifest: Manifest;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** False for a version whose release was never published. */
  readonly released?: boolean;
}

/** What a history in memory is made of. */
export interface MemoryHistoryParts {
  readonly versions: readonly MemoryVersion[];
  /** Which version each stage holds, in the order of assignment. */
  readonly stages?: readonly (readonly [stage: string, version: string])[];
  /** Writes a downloaded file; tests that touch no disk leave it out. */
  readonly write?: (path: string, content: string | Uint8Array) => Promise<void>;
}

/** A history in memory: the port's fake. */
export function memoryHistory({
  versions,
  stages = [],
  write,
}: MemoryHistoryParts): VersionHistory {
  const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const find = (version: string): MemoryVersion => {
    const found = versions.find(({ manifest }) => manifest.version === version);
    if (found === undefined) throw new Error(`no ${version}`);
    return found;
  };
  return {
    read: (model) => {
      const own = versions.filter(({ manifest }) => manifest.model === model);
      const tags: TagFacts[] = own.map(({ manifest }, index) => ({
        name: `${model}@${manifest.version}`,
        commit: `commit-${manifest.version}`,
        taggedAt: at(index),
        message: `x\n\nSlipway-Version: ${manifest.version}\nSlipway-Digest: sha256:${"d".repeat(64)}\n`,
      }));
      const events = stages.map(([stage, version], index) => ({
        name: `${model}#${stage}#${index + 1}`,
        commit: `commit-${version}`,
        taggedAt: at(versions.length + index),
        message: `x\n\nSlipway-Version: ${version}\n`,
      }));
      return Promise.resolve(readHistory(model, [...tags, ...events]));
    },
    manifest: async (entry) => find(entry.version).manifest,
    release: async (entry) => {
      const { files = {}, released = true } = find(entry.version);
      const assets = Object.entries(files).map(([name, content], id) => ({
        id,
        name,
        bytes: content.length,
        digest: null,
      }));
      return { id: 1, url: "https://github.test/release", draft: !released, assets };
    },
    download: async (entry, path, destination) => {
      const content = find(entry.version).files?.[path];
      if (content === undefined || write === undefined) throw new Error(`no ${path}`);
      await write(destination, content);
    },
  };
}
