import { join } from "node:path";
import type { FileEntry, VersionEntry, VersionHistory } from "#core";
import type { RunDirectory } from "#toolkit";
import type { VersionFiles } from "./run.ts";

/** The run directory's file where it is the very same, else the release's. */
export function versionFiles(
  directory: RunDirectory,
  {
    history,
    temporaryDirectory,
  }: { readonly history: VersionHistory; readonly temporaryDirectory: string },
): VersionFiles {
  return {
    locate: async (entry: VersionEntry, file: FileEntry) => {
      if (await directory.has(file.path)) {
        const { digest } = await directory.measure(file.path);
        if (digest === file.digest) return directory.resolve(file.path);
      }
      // Of both: two models of one job may have the same version and the same files.
      const name = `${entry.model}@${entry.version}`;
      const path = join(temporaryDirectory, "slipway-push", name, file.path);
      await history.download(entry, file.path, path);
      return path;
    },
  };
}
