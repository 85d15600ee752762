import { rm } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { InputError } from "#core";
import type { RunDirectory } from "#toolkit";
import * as z from "zod/mini";

/** What this and later actions write into a run directory beside the model. */
const OWN_FILES = [
  "run-failed.json",
  "profile.json",
  "expectations.yml",
  "evaluation.json",
  "golden.jsonl",
  "report.md",
  "report.html",
  "manifest.json",
  "push.json",
  "deployment.json",
];
const earlierRun = z.looseObject({ files: z.array(z.looseObject({ path: z.string() })) });

/**
 * Takes away what an earlier run left, `run.json` first: from then on the directory looks
 * unfinished until this run is done. Files that no run recorded are not touched.
 *
 * @throws InputError `RUN_DIRECTORY_TOO_WIDE`
 */
export async function clearRunDirectory(directory: RunDirectory, workspace: string): Promise<void> {
  refuseWide(directory, workspace);
  const recorded = await readRecordedFiles(directory);
  const remove = (name: string) => rm(directory.resolve(name), { force: true });
  await remove("run.json");
  for (const name of [...OWN_FILES, ...recorded]) await remove(name);
  await rm(directory.resolve("splits"), { recursive: true, force: true });
}

async function readRecordedFiles(directory: RunDirectory): Promise<readonly string[]> {
  const text = await directory.readText("run.json").catch(() => null);
  if (text === null) return [];
  try {
    const { files } = earlierRun.parse(JSON.parse(text));
    // A record from elsewhere could name a file outside.
    return files.map(({ path }) => path).filter((path) => isInside(directory, path));
  } catch {
    return [];
  }
}

function isInside(directory: RunDirectory, path: string): boolean {
  return resolve(directory.path, path).startsWith(directory.path + sep);
}

function refuseWide({ path }: RunDirectory, workspace: string): void {
  const root = resolve(workspace);
  if (root !== path && !root.startsWith(path.endsWith(sep) ? path : path + sep)) return;
  throw new InputError({
    code: "RUN_DIRECTORY_TOO_WIDE",
    message: `run-directory: ${path} is the repository itself or a folder around it.`,
    hint: "A run needs a directory of its own, such as slipway-run.",
  });
}
