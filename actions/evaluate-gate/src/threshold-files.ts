import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { NamedText } from "./threshold-places.ts";

/** Where thresholds may stand. */
export interface ThresholdFilesPlace {
  readonly workspace: string;
  readonly config: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The settings file and the workflow that the job runs, as far as the checkout has them. */
export async function readThresholdFiles(
  place: ThresholdFilesPlace,
): Promise<readonly NamedText[]> {
  const workflow = workflowPath(place.environment["GITHUB_WORKFLOW_REF"] ?? "");
  const paths = [place.config, ...(workflow === null ? [] : [workflow])];
  const texts = await Promise.all(
    paths.map((path) => readFile(join(place.workspace, path), "utf8").catch(() => null)),
  );
  return paths.flatMap((path, at) => {
    const text = texts[at] ?? null;
    return text === null ? [] : [{ path: normalize(path), text }];
  });
}

/** `owner/repository/.github/workflows/gate.yml@refs/heads/main` names the file in its middle. */
function workflowPath(workflowRef: string): string | null {
  return /^[^/]+\/[^/]+\/(\.github\/workflows\/[^@]+)@/.exec(workflowRef)?.[1] ?? null;
}
