import { resolve } from "node:path";
import type { FileEntry } from "#core";
import type { RunDirectory } from "#toolkit";
import type { Answers } from "./answers.ts";
import type { EvaluationRows } from "./evaluation-rows.ts";
import type { Inputs } from "./inputs.ts";
import { resolveMeaning, type Meaning } from "./meaning.ts";
import type { ModelPlace } from "./model-place.ts";
import type { Ports } from "./ports.ts";
import type { Prediction } from "./predict-command.ts";
import type { OpenModel } from "./score-model.ts";
import type { Subject } from "./subject.ts";

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

/** Whether the user says that models are scored by the command: candidate and baseline alike. */
export function isByCommand({ modelFile, predictCommand }: Inputs): boolean {
  return modelFile !== null && predictCommand !== null;
}

/** The absolute path of one that the user gave. */
export function inWorkspace(path: string, { ports }: Pick<ScoringContext, "ports">): string {
  return resolve(ports.workspace, path);
}

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

/** The path of a run's model where it is one file. */
export function onlyModelFile(
  files: readonly FileEntry[],
  resolve: (path: string) => string,
): string | null {
  const [first, second] = files.filter(({ role }) => role === "model");
  return first === undefined || second !== undefined ? null : resolve(first.path);
}

/** Bytes of a run's model; `null` where it has none. */
export function sizeOfModel(subject: Subject): number | null {
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

/** Without a model in this process the run must say what is predicted, or the target shows it. */
export function meaningFromRows(subject: Subject, rows: EvaluationRows): Meaning {
  return resolveMeaning(subject, null, rows.target);
}
