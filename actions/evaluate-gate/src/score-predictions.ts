import type { Task } from "#core";
import { digestFiles, interpretPredictions, locateFiles, readTable, type Predictions } from "#data";
import { labelsOfScores, readHeldKeys } from "./answer-files.ts";
import type { Answers } from "./answers.ts";
import { sizeOfModel, type Candidate, type ScoringContext } from "./candidate.ts";
import { codesOfAnswers } from "./class-codes.ts";
import { describeRows } from "./evaluation-rows.ts";
import { readLoggedPredictions, type LoggedPredictions } from "./logged-predictions.ts";

/** Takes the answers that predictions files hold, or those that a server logged; the rows are theirs. */
export async function scoreByPredictions(
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
