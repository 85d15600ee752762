import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DataError,
  goldenCaseSchema,
  InputError,
  parseDocument,
  selectVersion,
  type GoldenCase,
  type VersionHistory,
} from "#core";
import type { Expectation } from "#probe";
import type { Inputs } from "./inputs.ts";

/** Where golden cases are looked for. */
export interface CaseSources {
  readonly history: VersionHistory;
  readonly workspace: string;
  readonly temporaryDirectory: string;
}

/**
 * Which version is expected and its golden cases: a file, or the version's own from its release.
 *
 * @throws InputError when the file is not there; DataError for a line that is no case
 */
export async function findExpectation(inputs: Inputs, sources: CaseSources): Promise<Expectation> {
  const { model, version } = inputs;
  const entry =
    model === null || version === null
      ? null
      : selectVersion(await sources.history.read(model), version);
  const expected = { model, version: entry?.version ?? null };
  if (inputs.cases === "none") return { ...expected, cases: [], casesFrom: "none asked for" };
  if (inputs.cases !== null) {
    const cases = await readCases(join(sources.workspace, inputs.cases), inputs.cases);
    return { ...expected, cases, casesFrom: `${cases.length} from ${inputs.cases}` };
  }
  if (entry === null)
    return { ...expected, cases: [], casesFrom: "none: no model and version to take them from" };
  const manifest = await sources.history.manifest(entry);
  if (!manifest.files.some((file) => file.path === "golden.jsonl")) {
    return { ...expected, cases: [], casesFrom: `none: ${entry.tag} has no golden.jsonl` };
  }
  const path = join(sources.temporaryDirectory, `slipway-golden-${entry.version}.jsonl`);
  await sources.history.download(entry, "golden.jsonl", path);
  const cases = await readCases(path, `golden.jsonl of ${entry.tag}`);
  return { ...expected, cases, casesFrom: `${cases.length} of ${entry.tag}` };
}

async function readCases(path: string, name: string): Promise<readonly GoldenCase[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new InputError({
      code: "CASES_NOT_FOUND",
      message: `cases: ${name} cannot be read.`,
      hint: "Give a file of the repository, or cases: none.",
      cause,
    });
  }
  const lines = text.split("\n").map((line, index) => ({ line, number: index + 1 }));
  const cases = lines
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => parseDocument(goldenCaseSchema, line, `${name} line ${number}`));
  if (cases.length > 0) return cases;
  throw new DataError({
    code: "NO_CASES",
    message: `${name} holds no case.`,
    hint: 'A case is a line such as {"request": {"instances": [{…}]}, "response": {"predictions": […]}, "rows": 1}.',
    place: { file: name },
  });
}
