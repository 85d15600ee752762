import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  DataError,
  goldenCaseSchema,
  InputError,
  parseDocument,
  type GoldenCase,
  type Version,
  type VersionEntry,
  type VersionHistory,
} from "#core";

/** The version that is expected, and its golden cases. */
export interface Expectation {
  readonly model: string | null;
  readonly version: Version | null;
  readonly cases: readonly GoldenCase[];
  /** Where the cases come from, or why there are none. */
  readonly casesFrom: string;
}

/** What somebody expects of a deployed model. */
export interface Expected {
  readonly model: string | null;
  readonly entry: VersionEntry | null;
  /** A file of the repository; `null` for the version's own cases, `none` for none. */
  readonly cases: string | null;
  /** What the input with the cases is called where a fault names it. */
  readonly casesInput: string;
}

/** Where golden cases are looked for. */
export interface CaseSources {
  readonly history: Pick<VersionHistory, "manifest" | "download">;
  readonly workspace: string;
  readonly temporaryDirectory: string;
}

/**
 * The version that is expected and its golden cases: a file's, or the version's own from its
 * release.
 *
 * @throws InputError when the file is not there; DataError for a line that is no case, or no line
 */
export async function findExpectation(
  { model, entry, cases, casesInput }: Expected,
  { history, workspace, temporaryDirectory }: CaseSources,
): Promise<Expectation> {
  const expected = { model, version: entry?.version ?? null };
  if (cases === "none") return { ...expected, cases: [], casesFrom: "none asked for" };
  if (cases !== null) {
    const read = await readCases(resolve(workspace, cases), { name: cases, casesInput });
    return { ...expected, cases: read, casesFrom: `${read.length} from ${cases}` };
  }
  if (entry === null)
    return { ...expected, cases: [], casesFrom: "none: no model and version to take them from" };
  const manifest = await history.manifest(entry);
  if (!manifest.files.some(({ path }) => path === "golden.jsonl"))
    return { ...expected, cases: [], casesFrom: `none: ${entry.tag} has no golden.jsonl` };
  await mkdir(temporaryDirectory, { recursive: true });
  const folder = await mkdtemp(join(temporaryDirectory, "slipway-golden-"));
  try {
    const path = join(folder, "golden.jsonl");
    await history.download(entry, "golden.jsonl", path);
    const read = await readCases(path, { name: `golden.jsonl of ${entry.tag}`, casesInput });
    return { ...expected, cases: read, casesFrom: `${read.length} of ${entry.tag}` };
  } finally {
    // Cases may be real rows.
    await rm(folder, { recursive: true, force: true });
  }
}

async function readCases(
  path: string,
  { name, casesInput }: { readonly name: string; readonly casesInput: string },
): Promise<readonly GoldenCase[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new InputError({
      code: "CASES_NOT_FOUND",
      message: `${casesInput}: ${name} cannot be read.`,
      hint: "Give a file of the repository, or cases: none.",
      cause,
    });
  });
  const cases = text
    .split("\n")
    .map((line, index) => ({ line, number: index + 1 }))
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
