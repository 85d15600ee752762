import { DataError, type FileEntry, type RunRecord } from "#core";
import type { RunDirectory } from "#toolkit";
import { isReleased, roleOf } from "./manifest.ts";

const WRITTEN_AFTER_THE_RUN = [
  "evaluation.json",
  "report.md",
  "report.html",
  "golden.jsonl",
  "profile.json",
];

/** The files that go with a version: the run's own, what later actions added, and what was asked for. */
export async function gatherFiles(
  directory: RunDirectory,
  { run, asked }: { readonly run: RunRecord; readonly asked: readonly string[] },
): Promise<readonly FileEntry[]> {
  const files = new Map(
    run.files.filter((file) => isReleased(file, asked)).map((file) => [file.path, file]),
  );
  const later = ["run.json", ...WRITTEN_AFTER_THE_RUN, ...asked];
  for (const path of later) {
    if (!(await directory.has(path))) {
      if (asked.includes(path)) throw missing(path, directory);
      continue;
    }
    files.set(path, { path, role: roleOf(path), ...(await directory.measure(path)) });
  }
  return [...files.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/**
 * Holds the run's files against the digests that were taken when they were written.
 *
 * @throws DataError `FILE_CHANGED` or `FILE_MISSING`
 */
export async function checkFiles(
  directory: RunDirectory,
  files: readonly FileEntry[],
): Promise<void> {
  for (const file of files) {
    // evaluate-gate adds predictions and target to the profile.
    if (file.role === "profile") continue;
    if (!(await directory.has(file.path))) {
      if (file.role === "split") continue;
      throw missing(file.path, directory);
    }
    const { digest } = await directory.measure(file.path);
    if (digest === file.digest) continue;
    throw new DataError({
      code: "FILE_CHANGED",
      message: `${file.path} changed after the run: ${digest} now, ${file.digest} in run.json.`,
      hint: "Register what was trained and judged: train again, or put the file back.",
      place: { file: file.path },
    });
  }
}

function missing(path: string, directory: RunDirectory): DataError {
  return new DataError({
    code: "FILE_MISSING",
    message: `${path} is not in ${directory.path}.`,
    hint: "Hand the whole run directory on to this job, or train again.",
    place: { file: path },
  });
}
