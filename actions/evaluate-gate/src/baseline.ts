import { latestVersion, trySelectVersion, type ModelHistory, type VersionEntry } from "#core";
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
  FEWEST_COMMON_ROWS,
  joinAnswers,
  meaningOf,
  type Finding,
  type Reference,
} from "./reference.ts";
import { scoreOtherModel } from "./score-checkout.ts";
import { openModel, outputOfBaseline } from "./score-model.ts";
import { scoreRef } from "./score-ref.ts";
import { scoreRun } from "./score-run.ts";
import { scoreVersion } from "./score-version.ts";

/** Finds and scores references, each once, however many thresholds name it. */
export interface References {
  find(name: string): Promise<Reference>;
}

/** References of a candidate: `baseline` is what the input names, the rest are stages and versions. */
export function createReferences(candidate: Candidate, context: ScoringContext): References {
  const found = new Map<string, Promise<Reference>>();
  let history: Promise<ModelHistory> | undefined;
  const readHistory = (): Promise<ModelHistory> | null => {
    const source = context.ports.history;
    return source === null ? null : (history ??= source.read(context.subject.model));
  };
  const find = (name: string): Promise<Reference> => {
    const known = found.get(name);
    if (known !== undefined) return known;
    const wanted = findReference(name, { candidate, context, readHistory });
    found.set(name, wanted);
    return wanted;
  };
  return { find: (name) => find(sameAs(name, context)) };
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
  const history = await finding.readHistory();
  if (history === null) {
    return { kind: "absent", why: "no repository is known, so there are no versions" };
  }
  const entry =
    selector === "latest"
      ? await newestComplete(history, finding)
      : trySelectVersion(history, selector);
  if (entry === null) {
    const why = `${finding.context.subject.model} has no version in ${selector} yet`;
    return history.versions.length === 0 || !/^v\d/.test(selector)
      ? { kind: "absent", why: `first version: not compared (${why})` }
      : { kind: "not-compared", version: selector, why: `there is no version ${selector}` };
  }
  return scoreVersion(entry, selector, finding);
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
  const joined = await joinAnswers({ path, directory: workspace, name: path }, finding);
  const all = finding.candidate.rows.table.rows;
  if (joined.rows.length < FEWEST_COMMON_ROWS) {
    return {
      kind: "not-compared",
      version: null,
      why: `${joined.rows.length} rows are common to ${path} and the candidate's, at least ${FEWEST_COMMON_ROWS} are needed`,
    };
  }
  return {
    kind: "scored",
    name: path,
    version: null,
    ...joined,
    meaning: finding.candidate.meaning,
    scoredBy: "by its predictions file",
    note:
      joined.rows.length < all ? `${joined.rows.length} of ${all} rows are in both files` : null,
    manifest: null,
    open: null,
    sizeBytes: null,
  };
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
