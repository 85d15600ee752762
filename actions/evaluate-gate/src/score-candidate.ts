import { join } from "node:path";
import { requireNumber } from "#data";
import { formatNumber, showablePart } from "#report";
import { measureFile } from "#toolkit";
import {
  answerFileOf,
  inWorkspace,
  meaningFromRows,
  onlyModelFile,
  otherColumns,
  sizeOfModel,
  type Candidate,
  type ScoringContext,
} from "./candidate.ts";
import { codesIn } from "./class-codes.ts";
import { readEvaluationRows, type EvaluationRows } from "./evaluation-rows.ts";
import { resolveMeaning } from "./meaning.ts";
import { requireModel, type ModelPlace } from "./model-place.ts";
import { CANDIDATE, predictByCommand } from "./predict-command.ts";
import { noteOfRepeatedIds } from "./repeated-ids.ts";
import { openModel } from "./score-model.ts";
import { scoreByPredictions } from "./score-predictions.ts";
import { scoreByRunPredictions } from "./score-run-predictions.ts";
import { findModelFile } from "./subject.ts";
import { findDoubtfulThresholds } from "./doubtful-thresholds.ts";
import { findMissingScores, findTextTime, findUnusedInputs } from "./unused-inputs.ts";

/**
 * Scores the candidate the first way that works: predictions, in process, predict-command, predictions
 * of the run. A model file that comes with a predict-command is scored by it.
 */
export async function scoreCandidate(context: ScoringContext): Promise<Candidate> {
  const candidate = await score(context);
  checkTruth(candidate);
  return noteRepeatedIds(noteUnusedInputs(candidate, context));
}

/**
 * An input that decides nothing, and one that is missing, is told: in the log, and in the report. Doubtful
 * thresholds stand at the report's top.
 */
function noteUnusedInputs(
  candidate: Candidate,
  { inputs, ports, subject }: ScoringContext,
): Candidate {
  const unused = [
    ...findUnusedInputs(inputs, candidate),
    ...findMissingScores(inputs, candidate),
    ...findTextTime(subject.time, candidate),
  ];
  for (const sentence of [...findDoubtfulThresholds(inputs), ...unused])
    ports.log.warning(sentence);
  const { answers } = candidate;
  return { ...candidate, answers: { ...answers, notes: [...answers.notes, ...unused] } };
}

/** Rows that share an id are no fault by themselves; a report says that there are some. */
function noteRepeatedIds(candidate: Candidate): Candidate {
  const { rows, answers } = candidate;
  const note = rows.clusters === null ? noteOfRepeatedIds(rows.ids) : null;
  if (note === null) return candidate;
  return { ...candidate, answers: { ...answers, notes: [...answers.notes, note] } };
}

/** @throws DataError `NOT_NUMERIC`, `UNKNOWN_CLASS` */
function checkTruth({ rows, meaning }: Candidate): void {
  if (meaning.task === "regression") requireNumber(rows.table, rows.target.name);
  else codesIn(rows.target, meaning.classes, rows.name);
}

async function score(context: ScoringContext): Promise<Candidate> {
  const { inputs, subject } = context;
  if (inputs.predictions !== null) return scoreByPredictions(inputs.predictions, context);
  const rows = await readEvaluationRows(inputs, subject, {
    directory: context.directory,
    ports: context.ports,
  });
  const { modelFile } = inputs;
  if (modelFile !== null) {
    const place = await requireModel(inWorkspace(modelFile, context), modelFile);
    return inputs.predictCommand === null
      ? scoreInProcess(inWorkspace(modelFile, context), rows, { ...context, place })
      : scoreByCommand(inputs.predictCommand, rows, { ...context, place });
  }
  const file = findModelFile(subject.run?.files ?? [], subject.predictCommand);
  if (file !== null) {
    return scoreInProcess(context.directory.resolve(file.path), rows, { ...context, place: null });
  }
  if (subject.predictCommand !== null)
    return scoreByCommand(subject.predictCommand, rows, { ...context, place: null });
  return scoreByRunPredictions(rows, context);
}

/** With the model file that the user names. */
type WithPlace = ScoringContext & { readonly place: ModelPlace | null };

/** Scoring so many is begun with a word in the log. */
const MANY_ROWS = 50_000;

async function scoreInProcess(
  path: string,
  rows: EvaluationRows,
  { inputs, subject, ports, place }: WithPlace,
): Promise<Candidate> {
  const open = await openModel(
    {
      path,
      signature: subject.signature,
      features: subject.features,
      task: subject.task,
      classes: subject.classes,
      output: { name: subject.output, mayLack: false },
      others: otherColumns(subject, inputs),
    },
    { inputs, ports, rows: rows.table.rows },
  );
  for (const warning of open.model.warnings ?? []) ports.log.warning(showablePart(warning, 600));
  const { rows: count } = rows.table;
  if (count >= MANY_ROWS)
    ports.log.info(`Scoring ${formatNumber(count)} rows of ${showablePart(rows.name, 200)}.`);
  const answers = await open.answer(rows.table, open.model.fileName);
  // What the classes are called comes before which of them is the positive one.
  if (answers.kind === "classes") codesIn(rows.target, answers.classes, rows.name);
  return {
    rows,
    answers,
    meaning: resolveMeaning(subject, answers),
    scoredBy: `in process (${open.model.engine})`,
    open,
    sizeBytes: (await measureFile(path)).bytes,
    modelFile: place,
  };
}

async function scoreByCommand(
  line: string,
  rows: EvaluationRows,
  { inputs, subject, directory, ports, place }: WithPlace,
): Promise<Candidate> {
  const meaning = meaningFromRows(subject, rows);
  const answers = await predictByCommand(
    {
      line,
      directory: join(ports.workspace, inputs.workingDirectory),
      directoryName: inputs.workingDirectory,
      modelDirectory: place?.directory ?? directory.path,
      modelFile:
        place === null ? onlyModelFile(subject.run?.files ?? [], directory.resolve) : place.file,
      whose: CANDIDATE,
      timeoutMs: inputs.predictTimeout,
      table: rows.table,
      keys: rows.keys,
      target: subject.target,
      file: answerFileOf(inputs, subject, meaning),
      mayKnowMore: subject.classes === null,
    },
    ports,
  );
  return {
    rows,
    answers,
    // Of a task that the rows tell; a model may know classes that they do not hold.
    meaning: answers.kind === "classes" ? { ...meaning, classes: answers.classes } : meaning,
    scoredBy: "by predict-command",
    open: null,
    sizeBytes: place?.bytes ?? sizeOfModel(subject),
    modelFile: place,
  };
}
