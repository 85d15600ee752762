import { InputError } from "#core";
import { readAnswerFile, refuseOtherTruth } from "./answer-files.ts";
import { takeAnswers } from "./answers.ts";
import {
  answerFileOf,
  meaningFromRows,
  sizeOfModel,
  type Candidate,
  type ScoringContext,
} from "./candidate.ts";
import type { EvaluationRows } from "./evaluation-rows.ts";
import { joinKeyedRows } from "./join-rows.ts";
import { refuseRepeatedIds } from "./repeated-ids.ts";
import type { Subject } from "./subject.ts";

/** Takes the predictions that the trainer wrote for the run's test rows. */
export async function scoreByRunPredictions(
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
