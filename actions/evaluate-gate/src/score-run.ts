import {
  evaluationSchema,
  RemoteError,
  runRecordSchema,
  SlipwayError,
  type Evaluation,
  type RunRecord,
} from "#core";
import type { RunArtifact } from "#github";
import {
  inTemporaryFolder,
  newestOfEachAction,
  openRunDirectory,
  type RunDirectory,
} from "#toolkit";
import { readKeptModel } from "./kept-model.ts";
import { findModel } from "./model-place.ts";
import type { BranchRuns, JudgedRun } from "./ports.ts";
import {
  joinNotes,
  notCompared,
  reasonOf,
  scoreAnswerFile,
  type Finding,
  type NotCompared,
  type Reference,
  type ScoredOther,
} from "./reference.ts";
import { scoreOtherModel, type OtherModel } from "./score-checkout.ts";
import { findModelFile } from "./subject.ts";

/** Runs beyond these are not looked at: a branch whose newest runs have no evaluation has none. */
const MOST_RUNS = 20;

/** An artifact larger than this is no evaluation. */
const MOST_BYTES = 4 * 1024 ** 3;

/** A run with what it left of the model. */
interface FoundRun {
  readonly run: JudgedRun;
  /** For reports: `main (run 12, 1a2b3c4)`. */
  readonly name: string;
  readonly artifacts: readonly RunArtifact[];
}

/** What the newest successful run on a branch judged, on the same rows. */
export async function scoreRun(branch: string, finding: Finding): Promise<Reference> {
  const { runs, log, temporaryDirectory } = finding.context.ports;
  if (runs === null) {
    return notCompared(`run:${branch} is known only inside of a workflow run on GitHub`);
  }
  const found = await findRun(branch, runs, finding);
  if ("kind" in found) return found;
  log.info(`The baseline is what ${found.run.url} judged.`);
  try {
    return await inTemporaryFolder(temporaryDirectory, "slipway-baseline-", async (folder) => {
      for (const artifact of found.artifacts) await runs.download(found.run.id, artifact, folder);
      return scoreArtifacts(found, openRunDirectory(folder), finding);
    });
  } catch (error) {
    const why = reasonOf(error);
    if (why === null) throw error;
    log.warning(`${found.name} could not be scored: ${(error as Error).message}`);
    return notCompared(`${found.name} could not be scored: ${why}`);
  }
}

async function findRun(
  branch: string,
  runs: BranchRuns,
  { context }: Finding,
): Promise<FoundRun | Reference> {
  const { model } = context.subject;
  const listed = await runs.list(branch);
  if (listed.length === 0) {
    return {
      kind: "absent",
      why: `first version: not compared (no run of ${runs.workflow} on ${branch} has succeeded yet)`,
    };
  }
  for (const run of listed.slice(0, MOST_RUNS)) {
    const artifacts = filesOfRun(await runs.artifacts(run.id), model);
    if (artifacts.length === 0) continue;
    const name = `${branch} (run ${run.number}, ${run.commit.slice(0, 7)})`;
    if (artifacts.some(({ expired }) => expired)) {
      return notCompared(
        `the artifact of ${name} of ${run.createdAt.slice(0, 10)} has expired; run ${runs.workflow} on ${branch} again, by a schedule for example`,
      );
    }
    const large = artifacts.find(({ sizeBytes }) => sizeBytes > MOST_BYTES);
    if (large !== undefined) {
      return notCompared(
        `artifact ${large.name} of ${name} is larger than ${MOST_BYTES / 1024 ** 3} GiB`,
      );
    }
    return { run, name, artifacts };
  }
  return notCompared(
    `none of the newest ${Math.min(listed.length, MOST_RUNS)} successful runs of ${runs.workflow} on ${branch} holds an evaluation of ${model}; the comparison begins with the next one that does`,
  );
}

/** The files that the training and the gate left, of the newest attempt; the gate's last: its profile holds more. */
function filesOfRun(artifacts: readonly RunArtifact[], model: string): readonly RunArtifact[] {
  const newest = newestOfEachAction(artifacts, model);
  return ["train-model", "evaluate-gate"].flatMap((wanted) =>
    newest.flatMap(({ action, artifact }) => (action === wanted ? artifact : [])),
  );
}

async function scoreArtifacts(
  found: FoundRun,
  directory: RunDirectory,
  finding: Finding,
): Promise<Reference> {
  const { model } = finding.context.subject;
  const evaluation = await readIf(directory, "evaluation.json", evaluationSchema);
  const run = await readIf(directory, "run.json", runRecordSchema);
  const other = [evaluation?.model, run?.model].find((one) => one !== undefined && one !== model);
  if (other !== undefined) return notCompared(`${found.name} judged model ${other}, not ${model}`);
  const scored = await scoreModel({ found, directory, evaluation, run }, finding);
  if (scored.kind === "scored") return describe(found, scored.answers);
  const kept = await scoreKept(found, directory, finding);
  if (kept.kind === "scored")
    return describe(found, { ...kept.answers, note: joinNotes(scored.why, kept.answers.note) });
  return notCompared([scored.why, kept.why].filter((why) => why !== null).join("; "));
}

function describe({ name, run }: FoundRun, answers: ScoredOther): Reference {
  return { kind: "scored", name, version: null, manifest: null, commit: run.commit, ...answers };
}

async function readIf<T>(
  directory: RunDirectory,
  name: string,
  schema: Parameters<typeof directory.readDocument<T>>[0],
): Promise<T | null> {
  return (await directory.has(name)) ? directory.readDocument(schema, name) : null;
}

type Attempt =
  | { readonly kind: "scored"; readonly answers: ScoredOther }
  /** `null` where there is nothing of the kind. */
  | { readonly kind: "not-scored"; readonly why: string | null };

function attempted(scored: ScoredOther | NotCompared): Attempt {
  return "kind" in scored
    ? { kind: "not-scored", why: scored.why }
    : { kind: "scored", answers: scored };
}

interface Downloaded {
  readonly found: FoundRun;
  readonly directory: RunDirectory;
  readonly evaluation: Evaluation | null;
  readonly run: RunRecord | null;
}

/** Its model, where the artifact has one and it can be scored. */
async function scoreModel(
  { found, directory, evaluation, run }: Downloaded,
  finding: Finding,
): Promise<Attempt> {
  const { repository, log } = finding.context.ports;
  try {
    const path = await modelPath({ found, directory, evaluation, run });
    const place = path === null ? null : await findModel(path);
    if (path === null || place === null) return { kind: "not-scored", why: null };
    const other: OtherModel = {
      name: found.name,
      path,
      place: run === null ? place : { ...place, directory: directory.path },
      run,
      answers: evaluation?.answers,
      code: () => repository.checkoutCommit(found.run.commit, found.name),
    };
    return attempted(await scoreOtherModel(other, finding));
  } catch (error) {
    const why = error instanceof RemoteError ? error.message : reasonOf(error);
    if (why === null) throw error;
    if (error instanceof SlipwayError) log.warning(`${found.name}: ${error.message}`);
    return { kind: "not-scored", why: `its model could not be scored: ${why}` };
  }
}

async function modelPath({ directory, evaluation, run }: Downloaded): Promise<string | null> {
  const kept = evaluation === null ? null : await readKeptModel(evaluation, directory);
  if (kept !== null) return kept;
  const files = run?.files ?? [];
  const file = findModelFile(files) ?? files.find(({ role }) => role === "model") ?? null;
  return file === null ? null : directory.resolve(file.path);
}

/** The predictions that it left, joined by id. */
async function scoreKept(
  { name }: FoundRun,
  directory: RunDirectory,
  finding: Finding,
): Promise<Attempt> {
  const path = "predictions.parquet";
  if (!(await directory.has(path))) {
    return { kind: "not-scored", why: `${name} kept neither a model nor predictions` };
  }
  const file = { path, directory: directory.path, name: `${path} of ${name}` };
  return attempted(await scoreAnswerFile(file, `by the predictions kept with ${name}`, finding));
}
