import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  goldenCaseSchema,
  InputError,
  parseDocument,
  type GoldenCase,
  type VersionHistory,
} from "#core";
import type { CasesSource } from "./ports.ts";

/**
 * Reads golden cases, one a line, from the repository or from a version's release.
 *
 * @throws InputError when the file is not there; DataError for a line that is no case
 */
export async function readGoldenCases(
  source: CasesSource,
  {
    history,
    workspace,
    temporaryDirectory,
  }: {
    readonly history: VersionHistory;
    readonly workspace: string;
    readonly temporaryDirectory: string;
  },
): Promise<readonly GoldenCase[]> {
  if (source.kind === "file") return await readLines(join(workspace, source.path), source.path);
  const { entry } = source;
  const path = join(temporaryDirectory, `slipway-golden-${entry.version}.jsonl`);
  await history.download(entry, "golden.jsonl", path);
  return await readLines(path, `golden.jsonl of ${entry.tag}`);
}

async function readLines(path: string, name: string): Promise<readonly GoldenCase[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new InputError({
      code: "CASES_NOT_FOUND",
      message: `smoke: cases: ${name} cannot be read.`,
      hint: "Give a file of the repository, or cases: none.",
      cause,
    });
  });
  return text
    .split("\n")
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => parseDocument(goldenCaseSchema, line, `${name} line ${number}`));
}
