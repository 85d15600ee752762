import { join } from "node:path";
import { DataError, InputError, takeRows, type Manifest, type VersionEntry } from "#core";
import { inTemporaryFolder } from "#toolkit";
import { answerFileOf, isByCommand, onlyModelFile, otherColumns } from "./candidate.ts";
import { predictByCommand } from "./predict-command.ts";
import {
  allRows,
  FEWEST_COMMON_ROWS,
  joinNotes,
  meaningOf,
  notCompared,
  scoreAnswerFile,
  type Finding,
  type NotCompared,
  type Reference,
  type ScoredOther,
} from "./reference.ts";
import { openModel, outputOfBaseline } from "./score-model.ts";
import { classesOfRun, findModelFile, findWeightFiles } from "./subject.ts";
import { findUnseenRows } from "./unseen-rows.ts";

/** A version that cannot be scored is a reason, not a fault: the comparison is then inconclusive. */
export async function scoreVersion(
  entry: VersionEntry,
  selector: string,
  finding: Finding,
): Promise<Reference> {
  const { history, log, temporaryDirectory } = finding.context.ports;
  if (history === null) return { kind: "absent", why: "no repository is known" };
  const { version } = entry;
  const release = await history.release(entry);
  if (release === null || release.draft) {
    return notCompared(`${entry.tag} is incomplete: its release is not published`, version);
  }
  try {
    const manifest = await history.manifest(entry);
    return await inTemporaryFolder(temporaryDirectory, "slipway-baseline-", (folder) =>
      scoreManifest({ entry, selector, manifest, folder }, finding),
    );
  } catch (error) {
    if (!isReasonNotToCompare(error)) throw error;
    log.warning(`${entry.tag} could not be scored: ${error.message}`);
    const [first = ""] = error.message.split("\n");
    return notCompared(`${entry.tag} could not be scored: ${first}`, version);
  }
}

/** A release whose model is missing or is not what was registered stops the gate; so does GitHub's refusal. */
const STOPS = ["DIGEST_MISMATCH", "FILE_NOT_RELEASED"];

function isReasonNotToCompare(error: unknown): error is InputError | DataError {
  return (error instanceof InputError || error instanceof DataError) && !STOPS.includes(error.code);
}

interface ReleasedVersion {
  readonly entry: VersionEntry;
  readonly selector: string;
  readonly manifest: Manifest;
  /** Where its files are downloaded to. */
  readonly folder: string;
}

async function scoreManifest(released: ReleasedVersion, finding: Finding): Promise<Reference> {
  const { candidate, context } = finding;
  const { entry, selector, manifest } = released;
  const name = selector === entry.version ? entry.version : `${selector} (${entry.version})`;
  const unseen = findUnseenRows(candidate.rows, context.subject, manifest.run);
  if (unseen.kind === "unknown") {
    return notCompared(unseen.why, entry.version);
  }
  const rows = unseen.kind === "all" ? allRows(candidate) : unseen.rows;
  if (rows.length < FEWEST_COMMON_ROWS) {
    return notCompared(
      `${rows.length} rows are known to be unseen by ${entry.tag}, at least ${FEWEST_COMMON_ROWS} are needed`,
      entry.version,
    );
  }
  const scored = await scoreReleased(released, rows, finding);
  if ("kind" in scored) return { ...scored, version: entry.version };
  const note = joinNotes(unseen.kind === "some" ? unseen.why : null, scored.note);
  return { kind: "scored", name, version: entry.version, manifest, ...scored, note };
}

async function scoreReleased(
  released: ReleasedVersion,
  rows: Uint32Array,
  finding: Finding,
): Promise<ScoredOther | NotCompared> {
  const { manifest, entry } = released;
  const { inputs } = finding.context;
  const command = manifest.run.predict_command ?? inputs.predictCommand;
  const model = isByCommand(inputs) ? null : findModelFile(manifest.files, command);
  if (model !== null) return scoreReleasedModel(released, { path: model.path, rows }, finding);
  if (command !== null) return scoreReleasedByCommand(released, { command, rows }, finding);
  const kept = manifest.files.find(({ role }) => role === "predictions");
  if (kept !== undefined) return scoreReleasedPredictions(released, kept.path, finding);
  return notCompared(
    `${entry.tag} has no model that can be scored here, no predict-command and no kept predictions`,
  );
}

async function download(
  { entry, folder }: ReleasedVersion,
  path: string,
  { context }: Finding,
): Promise<string> {
  const destination = join(folder, path);
  await context.ports.history?.download(entry, path, destination);
  return destination;
}

async function scoreReleasedModel(
  released: ReleasedVersion,
  { path, rows }: { readonly path: string; readonly rows: Uint32Array },
  finding: Finding,
): Promise<ScoredOther> {
  const { manifest, entry } = released;
  const { candidate, context } = finding;
  const { run } = manifest;
  for (const file of findWeightFiles(manifest.files)) await download(released, file.path, finding);
  const open = await openModel(
    {
      path: await download(released, path, finding),
      signature: manifest.signature ?? run.signature,
      features: null,
      task: run.task,
      classes: manifest.answers?.classes ?? classesOfRun(run) ?? context.inputs.classes,
      output: outputOfBaseline(manifest.answers?.output, context.inputs.output),
      others: otherColumns(context.subject, context.inputs),
    },
    { ...context, rows: rows.length },
  );
  const answers = await open.answer(takeRows(candidate.rows.table, rows), entry.tag);
  return {
    rows,
    answers,
    meaning: meaningOf(answers, candidate),
    scoredBy: `in process (${open.model.engine}), its model from the release of ${entry.tag}`,
    note: null,
    open,
    sizeBytes: open.model.sizeBytes,
  };
}

const NOT_FOR_SCORING = ["evaluation", "report", "golden", "split", "predictions", "profile"];

async function scoreReleasedByCommand(
  released: ReleasedVersion,
  { command, rows }: { readonly command: string; readonly rows: Uint32Array },
  finding: Finding,
): Promise<ScoredOther> {
  const { manifest, entry, folder } = released;
  const { candidate, context } = finding;
  for (const { path, role } of manifest.files)
    if (!NOT_FOR_SCORING.includes(role)) await download(released, path, finding);
  const worktree = await context.ports.repository.checkout(entry);
  try {
    const answers = await predictByCommand(
      {
        line: command,
        directory: join(worktree.path, context.inputs.workingDirectory),
        directoryName: context.inputs.workingDirectory,
        modelDirectory: folder,
        modelFile: onlyModelFile(manifest.files, (path) => join(folder, path)),
        whose: entry.version,
        timeoutMs: context.inputs.predictTimeout,
        table: takeRows(candidate.rows.table, rows),
        keys: BigUint64Array.from(rows, (row) => candidate.rows.keys[row] ?? 0n),
        target: context.subject.target,
        file: answerFileOf(context.inputs, context.subject, candidate.meaning),
        mayKnowMore: context.subject.classes === null,
      },
      context.ports,
    );
    const scoredBy = `by its predict-command in a worktree of ${entry.tag}`;
    const sizeBytes = manifest.files
      .filter(({ role }) => role === "model")
      .reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      rows,
      answers,
      meaning: meaningOf(answers, candidate),
      scoredBy,
      note: null,
      open: null,
      sizeBytes,
    };
  } finally {
    await worktree.remove();
  }
}

async function scoreReleasedPredictions(
  released: ReleasedVersion,
  path: string,
  finding: Finding,
): Promise<ScoredOther | NotCompared> {
  const { entry, folder } = released;
  const file = {
    path: await download(released, path, finding),
    directory: folder,
    name: `${path} of ${entry.tag}`,
  };
  return scoreAnswerFile(file, `by the predictions kept with ${entry.tag}`, finding);
}
