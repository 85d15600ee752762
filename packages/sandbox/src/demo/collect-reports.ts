import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { World } from "./world.ts";

interface ListedArtifact {
  readonly id: number;
  readonly name: string;
  readonly workflow_run: { readonly id: number } | null;
}

/**
 * Puts the HTML reports of all runs' artifacts into a folder.
 *
 * @returns their names
 */
export async function collectReports(world: World, directory: string): Promise<readonly string[]> {
  const { unzipSync } = await import("fflate");
  const { artifacts } = await world.github.json<{ readonly artifacts: readonly ListedArtifact[] }>(
    `/repos/${world.repository}/actions/artifacts?per_page=100`,
  );
  mkdirSync(directory, { recursive: true });
  const written: string[] = [];
  for (const { id, name, workflow_run: run } of artifacts) {
    const archive = await world.github.bytes(
      `/repos/${world.repository}/actions/artifacts/${id}/zip`,
    );
    const files = unzipSync(archive, { filter: ({ name: file }) => file.endsWith(".html") });
    for (const [file, bytes] of Object.entries(files)) {
      const target = `${run?.id ?? id}-${name}-${path.posix.basename(file)}`;
      writeFileSync(path.join(directory, target), bytes);
      written.push(target);
    }
  }
  return written.sort();
}
