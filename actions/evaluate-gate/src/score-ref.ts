import { readdir } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";
import { findNearest, InputError, runRecordSchema } from "#core";
import { measureFile, openRunDirectory } from "#toolkit";
import { isByCommand, type ScoringContext } from "./candidate.ts";
import type { BaselineChoice } from "./inputs.ts";
import { findModel, findPointer, listModelFiles, type ModelPlace } from "./model-place.ts";
import type { Worktree } from "./ports.ts";
import {
  joinNotes,
  notCompared,
  reasonOf,
  scoreAnswerFile,
  type Finding,
  type Reference,
} from "./reference.ts";
import { scoreOtherModel, type OtherModel } from "./score-checkout.ts";
import { findModelFile } from "./subject.ts";

type RefChoice = Extract<BaselineChoice, { kind: "ref" }>;

/** A baseline's commit, checked out. */
interface OtherState {
  /** As the user wrote it. */
  readonly ref: string;
  /** For reports: `main (1a2b3c4)`. */
  readonly name: string;
  /** The path that the user says it has there. */
  readonly path: string | null;
  readonly worktree: Worktree;
}

/** The same files as another branch, tag or commit has them, scored on the same rows. */
export async function scoreRef(choice: RefChoice, finding: Finding): Promise<Reference> {
  const { repository, log } = finding.context.ports;
  const { ref, path } = choice;
  const commit = await repository.resolve(ref);
  if (commit === null) {
    return absent(`there was no ${ref} before this push`);
  }
  const name = commit.startsWith(ref) ? commit.slice(0, 7) : `${ref} (${commit.slice(0, 7)})`;
  const worktree = await repository.checkoutCommit(commit, `baseline: ref:${ref}`);
  try {
    const reference = await scoreState({ ref, name, path, worktree }, finding);
    if (reference.kind !== "scored") return reference;
    const isOwn = (await repository.head()) === commit;
    const own = isOwn ? `${ref} is the very commit that is judged` : null;
    return { ...reference, name, commit, note: joinNotes(own, reference.note) };
  } catch (error) {
    const why = reasonOf(error);
    if (why === null || isMissingPath(error)) throw error;
    log.warning(`${name} could not be scored: ${(error as Error).message}`);
    return notCompared(`${name} could not be scored: ${why}`);
  } finally {
    await worktree.remove();
  }
}

function absent(why: string): Reference {
  return { kind: "absent", why: `first version: not compared (${why})` };
}

async function scoreState(state: OtherState, finding: Finding): Promise<Reference> {
  const { inputs, ports, directory } = finding.context;
  const [predictions = null, ...more] = inputs.predictions ?? [];
  if (more.length > 0 || /[*?{]|^[a-z]+:\/\//.test(predictions ?? "")) {
    return notCompared(
      `${state.ref} can be compared by one predictions file in git, not by several`,
    );
  }
  const own = predictions ?? inputs.modelFile;
  if (own === null)
    return scoreRunDirectory(state, relative(ports.workspace, directory.path), finding);
  const here = isAbsolute(own) ? relative(ports.workspace, own) : own;
  if (state.path === null && (here.startsWith("..") || isAbsolute(here))) {
    return notCompared(
      `${own} lies outside the repository, so ${state.ref} has none; say baseline: ref:${state.ref}:<its path there>`,
    );
  }
  const path = state.path ?? here;
  return predictions === null
    ? scoreModelFile(state, { path, here }, finding)
    : scorePredictions(state, { path, here }, finding);
}

/** A file there, and the one here that it is the same of. */
interface PathPair {
  readonly path: string;
  readonly here: string;
}

async function scoreModelFile(
  state: OtherState,
  { path, here }: PathPair,
  finding: Finding,
): Promise<Reference> {
  const { context } = finding;
  const full = join(state.worktree.path, path);
  let place = await findModel(full);
  if (place === null) {
    const pointer = await findPointer(full);
    if (pointer?.kind !== "dvc") return refuseOrExplain(state, { path, here }, context);
    if (!isByCommand(context.inputs)) return notCompared(dvcReason(state, path));
    // The command may pull it: it does so for the candidate.
    place = { directory: join(full, ".."), file: full, bytes: 0 };
  }
  const pointer = await fetchLargeFiles(state, path, context);
  if (pointer !== null) return notCompared(pointer);
  const scored = await scoreOtherModel(
    { name: state.name, path: full, place, run: null, code: codeOf(state) },
    finding,
  );
  if ("kind" in scored) return scored;
  const isSameModel = await isSameFile(place, finding);
  const same = isSameModel ? "its model file is byte for byte the same" : null;
  const note = joinNotes(scored.note, same);
  const own = { name: state.name, version: null, manifest: null, isSameModel } as const;
  return { kind: "scored", ...own, ...scored, note };
}

/** The caller takes the worktree away, after everything that it is used for. */
function codeOf({ worktree }: OtherState): OtherModel["code"] {
  return async () => ({ ...worktree, remove: async () => {} });
}

async function isSameFile(theirs: ModelPlace, { candidate }: Finding): Promise<boolean> {
  const { file = null, bytes } = candidate.modelFile ?? {};
  if (file === null || theirs.file === null || bytes !== theirs.bytes) return false;
  const [left, right] = await Promise.all([measureFile(file), measureFile(theirs.file)]);
  return left.digest === right.digest;
}

const MISSING_PATH = "BASELINE_PATH_NOT_FOUND";

function isMissingPath(error: unknown): boolean {
  return error instanceof InputError && error.code === MISSING_PATH;
}

/** A path that was written out and is not there is a mistake, never a first version. */
async function refuseOrExplain(
  state: OtherState,
  paths: PathPair,
  context: ScoringContext,
): Promise<Reference> {
  const { ref, name, path } = state;
  if (path === null) return explainMissing(state, paths, context);
  const near = await findNearPaths(state.worktree.path, path);
  const meant =
    near.length === 0
      ? ""
      : `Did you mean ${near.map((one) => `ref:${ref}:${one}`).join(" or ")}? `;
  throw new InputError({
    code: MISSING_PATH,
    message: `baseline: ref:${ref}:${path}: ${name} has no ${path}.`,
    hint: `${meant}Write the path as git ls-tree -r ${ref} names it, from the root of the repository; baseline: ref:${ref} without a path takes the same path as here, and a first version where there is none.`,
  });
}

const MOST_PATHS = 20_000;
const MOST_NEAR = 3;

/** Files there of the same name, and the one that is written most like it. */
async function findNearPaths(root: string, path: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== ".git")
    .slice(0, MOST_PATHS)
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  const same = files.filter((file) => basename(file) === basename(path));
  const nearest = findNearest(path, files);
  return [...new Set([...same, ...(nearest === undefined ? [] : [nearest])])].slice(0, MOST_NEAR);
}

async function explainMissing(
  { name, ref }: OtherState,
  { path, here }: PathPair,
  { ports }: ScoringContext,
): Promise<Reference> {
  const isTracked =
    (await ports.repository.tracks(here)) || (await ports.repository.tracks(`${here}.dvc`));
  if (isTracked) {
    return absent(
      `${name} has no ${path}; if it had another name there, say baseline: ref:${ref}:<its path>`,
    );
  }
  return notCompared(
    `${name} has no ${path}: it is not in git, neither there nor here, so an earlier step made it; baseline: run:<branch> takes the one that was judged on that branch`,
  );
}

function dvcReason({ name }: OtherState, path: string): string {
  return `${name} has ${path} only as a DVC pointer (${path}.dvc); score it with a predict-command that runs dvc pull first, or use baseline: run:<branch>`;
}

/** Fetches Git LFS files of a model; the reason where a pointer is left. */
async function fetchLargeFiles(
  { name, worktree }: OtherState,
  path: string,
  { ports }: ScoringContext,
): Promise<string | null> {
  const findFirst = async (): Promise<string | null> => {
    const full = join(worktree.path, path);
    const place = await findModel(full);
    const files = place?.file === null ? await listModelFiles(full) : [""];
    for (const file of files) {
      if ((await findPointer(join(full, file)))?.kind === "git-lfs") return join(path, file);
    }
    return null;
  };
  if ((await findFirst()) === null) return null;
  await ports.repository.pullLargeFile(worktree, path);
  const left = await findFirst();
  return left === null
    ? null
    : `${left} is a Git LFS pointer in ${name} and its content could not be fetched by git lfs pull; give actions/checkout lfs: true, and the runner git-lfs`;
}

async function scorePredictions(
  state: OtherState,
  { path, here }: PathPair,
  finding: Finding,
): Promise<Reference> {
  if ((await findModel(join(state.worktree.path, path))) === null)
    return refuseOrExplain(state, { path, here }, finding.context);
  const pointer = await fetchLargeFiles(state, path, finding.context);
  if (pointer !== null) return notCompared(pointer);
  const file = { path, directory: state.worktree.path, name: `${path} of ${state.name}` };
  const scoredBy = `by its predictions file as ${state.name} has it`;
  const scored = await scoreAnswerFile(file, scoredBy, finding);
  if ("kind" in scored) return scored;
  return { kind: "scored", name: state.name, version: null, manifest: null, ...scored };
}

/** A run directory that is kept in git. */
async function scoreRunDirectory(
  state: OtherState,
  here: string,
  finding: Finding,
): Promise<Reference> {
  const folder = state.path ?? here;
  const directory = openRunDirectory(join(state.worktree.path, folder));
  if ((await findModel(directory.path)) === null)
    return refuseOrExplain(state, { path: folder, here }, finding.context);
  const run = (await directory.has("run.json"))
    ? await directory.readDocument(runRecordSchema, "run.json")
    : null;
  const known = (run ?? finding.context.subject.run)?.files ?? [];
  const file = findModelFile(known) ?? known.find(({ role }) => role === "model") ?? null;
  const path = join(folder, file?.path ?? "");
  const place = await findModel(join(state.worktree.path, path));
  if (place === null) return explainMissing(state, { path, here: path }, finding.context);
  const pointer = await fetchLargeFiles(state, path, finding.context);
  if (pointer !== null) return notCompared(pointer);
  const other: OtherModel = {
    name: state.name,
    path: join(state.worktree.path, path),
    // A command finds every file of the run there, as it does here.
    place: { ...place, directory: directory.path },
    run,
    code: codeOf(state),
  };
  const scored = await scoreOtherModel(other, finding);
  if ("kind" in scored) return scored;
  return { kind: "scored", name: state.name, version: null, manifest: null, ...scored };
}
