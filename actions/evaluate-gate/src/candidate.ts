import { isAbsolute, join } from "node:path";
import { InputError, type FileEntry, type Task } from "#core";
import {
  digestFiles,
  interpretPredictions,
  locateFiles,
  readTable,
  requireNumber,
  type Predictions,
} from "#data";
import { formatNumber, showablePart } from "#report";
import { measureFile, type RunDirectory } from "#toolkit";
import { takeAnswers, type Answers } from "./answers.ts";
import { codesIn, codesOfAnswers } from "./class-codes.ts";
import { labelsOfScores, readAnswerFile, readHeldKeys, refuseOtherTruth } from "./answer-files.ts";
import { describeRows, readEvaluationRows, type EvaluationRows } from "./evaluation-rows.ts";
import type { Inputs } from "./inputs.ts";
import { joinKeyedRows } from "./join-rows.ts";
import { readLoggedPredictions, type LoggedPredictions } from "./logged-predictions.ts";
import type { Ports } from "./ports.ts";
import { requireModel, type ModelPlace } from "./model-place.ts";
import { CANDIDATE, predictByCommand } from "./predict-command.ts";
import { noteOfRepeatedIds, refuseRepeatedIds } from "./repeated-ids.ts";
import { openModel, type OpenModel } from "./score-model.ts";
import { findModelFile, type Subject } from "./subject.ts";
import { resolveMeaning, type Meaning } from "./meaning.ts";
import { findMissingScores, findUnusedInputs } from "./unused-inputs.ts";

/** The candidate's answers on the rows, with what they mean. */
export interface Candidate {
  readonly rows: EvaluationRows;
  readonly answers: Answers;
  readonly meaning: Meaning;
  /** How it was scored, for people. */
  readonly scoredBy: string;
  /** `null` when it was not scored in this process. */
  readonly open: OpenModel | null;
  /** Size of the model's files; `null` where there are none. */
  readonly sizeBytes: number | null;
  /** The file or folder that the input `model-file` names; `null` without it. */
  readonly modelFile: ModelPlace | null;
}

/** What finding answers needs. */
export interface ScoringContext {
  readonly inputs: Inputs;
  readonly subject: Subject;
  readonly directory: RunDirectory;
  readonly ports: Ports;
}

/**
 * Scores the candidate the first way that works: predictions, in process, predict-command, predictions
 * of the run. A model file that comes with a predict-command is scored by it.
 */
export async function scoreCandidate(context: ScoringContext): Promise<Candidate> {
  const candidate = await score(context);
  checkTruth(candidate);
  return noteRepeatedIds(noteUnusedInputs(candidate, context));
}

/** An input that decides nothing, and one that is missing, is told: in the log, and in the report. */
function noteUnusedInputs(candidate: Candidate, { inputs, ports }: ScoringContext): Candidate {
  const unused = [...findUnusedInputs(inputs, candidate), ...findMissingScores(inputs, candidate)];
  for (const sentence of unused) ports.log.warning(sentence);
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

/** Whether the user says that models are scored by the command: candidate and baseline alike. */
export function isByCommand({ modelFile, predictCommand }: Inputs): boolean {
  return modelFile !== null && predictCommand !== null;
}

/** The absolute path of one that the user gave. */
export function inWorkspace(path: string, { ports }: Pick<ScoringContext, "ports">): string {
  return isAbsolute(path) ? path : join(ports.workspace, path);
}

/** With the model file that the user names. */
type WithPlace = ScoringContext & { readonly place: ModelPlace | null };

/** Columns that a model does not read unless it is told so. */
export function otherColumns(subject: Subject, inputs: Inputs): readonly string[] {
  return [
    subject.target,
    ...subject.id,
    ...(subject.time === null ? [] : [subject.time]),
    ...(subject.weight === null ? [] : [subject.weight]),
    ...(subject.cluster === null ? [] : [subject.cluster]),
    inputs.prediction,
  ];
}

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

async function scoreByRunPredictions(
  rows: EvaluationRows,
  { inputs, subject, directory }: ScoringContext,
): Promise<Candidate> {
  const file = subject.run?.files.find(({ role }) => role === "predictions");
  if (file === undefined) throw nothingToScore(subject);
  const meaning = meaningFromRows(subject, rows);
  const read = await readAnswerFile({
    ...answerFileOf(inputs, subject, meaning),
    path: file.path,
    directory: directory.path,
    name: file.path,
  });
  if (inputs.id !== null) {
    refuseRepeatedIds(rows.ids, rows.name);
    refuseRepeatedIds(read.ids, file.path);
  }
  const joined = joinKeyedRows(rows, read);
  if (joined.left.length !== rows.table.rows) {
    throw new InputError({
      code: "ROWS_NOT_PREDICTED",
      message: `${file.path} answers ${joined.left.length} of the ${rows.table.rows} rows of ${rows.name}.`,
      hint: "Write a prediction for every test row.",
    });
  }
  refuseOtherTruth(
    { target: rows.target, rows: joined.left, file: rows.name },
    { table: read.table, rows: joined.right, file: file.path },
  );
  return {
    rows,
    answers: takeAnswers(read.answers, joined.right),
    meaning,
    scoredBy: `by its predictions (${file.path})`,
    open: null,
    sizeBytes: sizeOfModel(subject),
    modelFile: null,
  };
}

function nothingToScore(subject: Subject): InputError {
  const files = subject.run?.files.map(({ path }) => path).join(", ") || "none";
  return new InputError({
    code: "NOTHING_TO_SCORE",
    message: `The run has no ONNX or TensorFlow.js model, no predict-command and no predictions; its files are ${files}.`,
    hint: "Export the model to ONNX, give predict-command:, or let the trainer write predictions.",
  });
}

/** The path of a run's model where it is one file. */
export function onlyModelFile(
  files: readonly FileEntry[],
  resolve: (path: string) => string,
): string | null {
  const [first, second] = files.filter(({ role }) => role === "model");
  return first === undefined || second !== undefined ? null : resolve(first.path);
}

function sizeOfModel(subject: Subject): number | null {
  const models = subject.run?.files.filter(({ role }) => role === "model") ?? [];
  return models.length === 0 ? null : models.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** How files of answers are read once it is known what answers mean. */
export function answerFileOf(
  inputs: Inputs,
  subject: Subject,
  meaning: Meaning,
): Prediction["file"] {
  return {
    prediction: inputs.prediction,
    scores: inputs.scores,
    id: subject.id,
    salt: subject.model,
    task: meaning.task,
    classes: meaning.classes,
    positiveClass: meaning.positiveClass,
    others: otherColumns(subject, inputs),
  };
}
type Prediction = Parameters<typeof predictByCommand>[0];

/** Without a model in this process the run must say what is predicted, or the target shows it. */
function meaningFromRows(subject: Subject, rows: EvaluationRows): Meaning {
  return resolveMeaning(subject, null, rows.target);
}

async function scoreByPredictions(
  patterns: readonly string[],
  context: ScoringContext,
): Promise<Candidate> {
  const { inputs, subject, ports } = context;
  const { groundTruth } = inputs;
  const {
    table,
    name,
    digest,
    inputs: given,
    notes,
  } = groundTruth === null
    ? await readPredictionFiles(patterns, ports)
    : await readLoggedPredictions(patterns, groundTruth, context);
  const columns = table.columns.map((column) => column.name);
  const scores = inputs.scores ?? scoresByName(columns);
  const predictions = interpretPredictions(table, {
    target: subject.target,
    ...((scores.length === 0 || columns.includes(inputs.prediction)) && {
      prediction: inputs.prediction,
    }),
    scores,
    ...(subject.classes !== null && { classes: subject.classes }),
    ...(subject.positiveClass !== null && { positiveClass: subject.positiveClass }),
    ...(subject.weight !== null && { weight: subject.weight }),
    ...(subject.task !== null && { task: subject.task }),
    id: subject.id,
  });
  const heldKeys = readHeldKeys(predictions.table);
  const facts = { name, digest, isTestPart: false, heldKeys };
  const answers = answersOfPredictions(predictions, name, new Set(given));
  return {
    rows: describeRows(predictions.table, subject, facts),
    answers: { ...answers, notes: [...answers.notes, ...notes] },
    meaning: {
      task: predictions.task,
      classes: predictions.classes,
      positiveClass: predictions.positiveClass,
    },
    scoredBy: groundTruth === null ? "by its predictions file" : "by what it answered in use",
    open: null,
    sizeBytes: sizeOfModel(subject),
    modelFile: null,
  };
}

async function readPredictionFiles(
  patterns: readonly string[],
  ports: ScoringContext["ports"],
): Promise<LoggedPredictions> {
  const place = { directory: ports.workspace, remote: ports.remote };
  const files = await locateFiles(patterns, place);
  const table = await readTable(patterns, place);
  const { digest } = await digestFiles(files);
  return {
    table,
    name: files.map(({ uri }) => uri).join(", "),
    digest,
    inputs: [],
    notes: [],
  };
}

/** `score_rain` is the score of class rain. */
function scoresByName(columns: readonly string[]): readonly string[] {
  const own = columns.filter((name) => name.startsWith("score_"));
  return own.length < 2 ? [] : own.map((name) => `${name.slice("score_".length)}=${name}`);
}

/** Numbers beside the answers are measures of them, but for what the model was given. */
function answersOfPredictions(
  predictions: Predictions,
  file: string,
  given: ReadonlySet<string>,
): Answers {
  const measures = new Map(
    predictions.measures
      .filter(({ name }) => !given.has(name))
      .map(({ name, values }) => [name, values]),
  );
  const { prediction, scores, classes } = predictions;
  const task: Task = predictions.task;
  if (task === "regression") {
    const values =
      prediction?.kind === "number" ? prediction.values : new Float64Array(predictions.table.rows);
    return { kind: "values", values, measures, notes: [] };
  }
  const labels =
    prediction === null
      ? labelsOfScores(scores, classes)
      : codesOfAnswers(prediction, classes, file);
  return { kind: "classes", classes, labels, scores, measures, notes: [] };
}
