import {
  findNearest,
  InputError,
  latestVersion,
  referencesOf,
  trySelectVersion,
  type ModelHistory,
  type VersionEntry,
} from "#core";
import { showablePart } from "#report";
import { measureFile } from "#toolkit";
import {
  inWorkspace,
  isByCommand,
  otherColumns,
  type Candidate,
  type ScoringContext,
} from "./candidate.ts";
import { requireModel } from "./model-place.ts";
import {
  allRows,
  meaningOf,
  notCompared,
  scoreAnswerFile,
  type Finding,
  type Reference,
} from "./reference.ts";
import { scoreOtherModel } from "./score-checkout.ts";
import { openModel, outputOfBaseline } from "./score-model.ts";
import { scoreRef } from "./score-ref.ts";
import { scoreRun } from "./score-run.ts";
import { scoreVersion } from "./score-version.ts";

/**
 * Finds and scores what thresholds name, and `baseline`, which is what the input names; the rest are
 * stages and versions. One that has several names is scored once.
 *
 * @returns by name; {@link closeReferences} when done
 */
export async function scoreReferences(
  candidate: Candidate,
  context: ScoringContext,
): Promise<ReadonlyMap<string, Reference>> {
  const names = [...new Set(["baseline", ...referencesOf(context.inputs.thresholds)])];
  const scored = new Map<string, Reference>();
  try {
    for (const name of names) {
      const own = sameAs(name, context);
      const known = scored.get(own);
      scored.set(own, known ?? (await findReference(own, { candidate, context })));
    }
  } catch (error) {
    await closeReferences(scored);
    throw error;
  }
  return new Map(
    names.flatMap((name) => {
      const found = scored.get(sameAs(name, context));
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}

/** Closes the models of references, each once. */
export async function closeReferences(references: ReadonlyMap<string, Reference>): Promise<void> {
  for (const reference of new Set(references.values()))
    if (reference.kind === "scored") await reference.open?.model.close();
}

/** `baseline` and the name that the input gives are one. */
function sameAs(name: string, { inputs }: ScoringContext): string {
  const choice = inputs.baseline;
  if (inputs.baselinePredictions !== null) {
    const own = choice.kind === "version" ? choice.selector : "baseline";
    return name === own ? "baseline" : name;
  }
  return name === "baseline" && choice.kind === "version" ? choice.selector : name;
}

async function findReference(name: string, finding: Finding): Promise<Reference> {
  const { inputs } = finding.context;
  if (inputs.baselinePredictions !== null && name === "baseline") {
    return scoreByFile(inputs.baselinePredictions, finding);
  }
  if (inputs.baseline.kind === "none") {
    return { kind: "absent", why: "baseline: none, so nothing is compared" };
  }
  if (name === "baseline") {
    if (inputs.baseline.kind === "file") return scoreByModelFile(inputs.baseline.path, finding);
    if (inputs.baseline.kind === "ref") return scoreRef(inputs.baseline, finding);
    if (inputs.baseline.kind === "run") return scoreRun(inputs.baseline.branch, finding);
  }
  return findVersion(name, finding);
}

async function findVersion(selector: string, finding: Finding): Promise<Reference> {
  const { ports, subject } = finding.context;
  if (ports.history === null) {
    return { kind: "absent", why: "no repository is known, so there are no versions" };
  }
  const history = await ports.history.read(subject.model);
  const entry =
    selector === "latest"
      ? await newestComplete(history, finding)
      : trySelectVersion(history, selector);
  if (entry === null) {
    if (history.stages[selector] === undefined) await questionStage(selector, history, finding);
    const why = `${subject.model} has no version in ${selector} yet`;
    return history.versions.length === 0 || !/^v\d/.test(selector)
      ? { kind: "absent", why: `first version: not compared (${why})` }
      : notCompared(`there is no version ${selector}`, selector);
  }
  return scoreVersion(entry, selector, finding);
}

/** Stages that a model may well not have reached yet, whatever the branches are called. */
const STAGES = ["production", "latest", "stable", "staging", "canary"];
/** More names that are stages as often as branches. */
const EITHER = ["champion", "challenger", "shadow", "dev", "test", "qa"];

/**
 * `baseline: main` names a stage; with a branch called so and no such stage, `ref:main` is meant: a
 * first version that is compared with nothing would pass in silence. A stage's name that is nearly
 * another's is told.
 *
 * @throws InputError `BASELINE_IS_BRANCH`
 */
async function questionStage(
  selector: string,
  history: ModelHistory,
  { context }: Finding,
): Promise<void> {
  if ([...STAGES, ...EITHER].includes(selector) || /^v\d/.test(selector)) return;
  const { ports, subject } = context;
  const name = showablePart(selector, 120);
  const commit = await ports.repository.resolve(selector).catch(() => null);
  if (commit !== null) {
    throw new InputError({
      code: "BASELINE_IS_BRANCH",
      message: `baseline: ${name} is read as a stage, and ${subject.model} has no version in it; the repository has a branch or tag of that name.`,
      hint: `Write baseline: ref:${name} to compare with the same files there.`,
    });
  }
  const nearest = findNearest(selector, [...STAGES, ...Object.keys(history.stages)]);
  if (nearest === undefined) return;
  ports.log.warning(
    `baseline: ${subject.model} has no version in ${name}, so nothing is compared. Did you mean ${nearest}?`,
  );
}

/** The newest version whose release is published; one that is not is still being made. */
async function newestComplete(
  history: ModelHistory,
  { context }: Finding,
): Promise<VersionEntry | null> {
  for (const entry of history.versions.toReversed()) {
    if (entry.deregistered) continue;
    const release = await context.ports.history?.release(entry);
    if (release?.draft === false) return entry;
  }
  return latestVersion(history);
}

async function scoreByFile(path: string, finding: Finding): Promise<Reference> {
  const { workspace } = finding.context.ports;
  const file = { path, directory: workspace, name: path };
  const scored = await scoreAnswerFile(file, "by its predictions file", finding);
  if ("kind" in scored) return scored;
  return { kind: "scored", name: path, version: null, manifest: null, ...scored };
}

async function scoreByModelFile(path: string, finding: Finding): Promise<Reference> {
  const { candidate, context } = finding;
  if (/\.(csv|tsv|parquet|jsonl|ndjson)(\.(gz|zst))?$/i.test(path))
    return scoreByFile(path, finding);
  const file = inWorkspace(path, context);
  if (isByCommand(context.inputs)) return scoreFileByCommand(path, file, finding);
  const { subject } = context;
  const open = await openModel(
    {
      path: file,
      signature: subject.signature,
      features: subject.features,
      task: subject.task,
      classes: subject.classes,
      output: outputOfBaseline(null, subject.output),
      others: otherColumns(subject, context.inputs),
    },
    { ...context, rows: candidate.rows.table.rows },
  );
  const rows = allRows(candidate);
  const answers = await open.answer(candidate.rows.table, path);
  return {
    kind: "scored",
    name: path,
    version: null,
    rows,
    answers,
    meaning: meaningOf(answers, candidate),
    scoredBy: `in process (${open.model.engine})`,
    note: null,
    manifest: null,
    open,
    sizeBytes: (await measureFile(file)).bytes,
  };
}

/** Another model file of this checkout, scored by this checkout's program. */
async function scoreFileByCommand(
  path: string,
  file: string,
  finding: Finding,
): Promise<Reference> {
  const { workspace, repository } = finding.context.ports;
  const place = await requireModel(file, path);
  const commit = (await repository.head()) ?? "";
  const code = async () => ({ path: workspace, commit, remove: async () => {} });
  const other = { name: path, path: file, place, run: finding.context.subject.run, code };
  const scored = await scoreOtherModel(other, finding);
  if ("kind" in scored) return scored;
  const scoredBy = "by predict-command";
  return { kind: "scored", name: path, version: null, manifest: null, ...scored, scoredBy };
}
