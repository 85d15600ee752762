import { findColumn } from "#core";
import { showablePart } from "#report";
import { describeMetric } from "#stats";
import type { Candidate } from "./candidate.ts";
import type { Inputs } from "./inputs.ts";

/** What is known of how the candidate was scored. */
export type Scoring = Pick<Candidate, "open" | "scoredBy">;

/** Scores that thresholds need and nobody named: a sentence, or none. */
export function findMissingScores(
  { thresholds, predictions }: Pick<Inputs, "thresholds" | "predictions">,
  { answers }: Pick<Candidate, "answers">,
): readonly string[] {
  if (predictions === null || answers.kind === "values" || answers.scores.length > 0) return [];
  const needs = thresholds.filter(({ metric }) => describeMetric(metric)?.needs === "scores");
  const names = [...new Set(needs.map(({ metric }) => metric))];
  if (names.length === 0) return [];
  return [
    `No scores are read, which ${names.join(", ")} ${names.length === 1 ? "needs" : "need"}: name their columns with scores:, one of the positive class, or class=column each.`,
  ];
}

/** A time column of text, such as `31.12.2025`, tells no order: a sentence, or none. */
export function findTextTime(
  time: string | null,
  { rows, meaning }: Pick<Candidate, "rows" | "meaning">,
): readonly string[] {
  const column = time === null ? undefined : findColumn(rows.table, time);
  if (column?.kind !== "text" || meaning.task !== "regression") return [];
  return [
    `time is not used: ${showablePart(column.name, 120)} was read as text, which has no order in time. Write dates as 2025-12-31.`,
  ];
}

/** Inputs that were given and decide nothing, because the model is scored in another way: a sentence each. */
export function findUnusedInputs(inputs: Inputs, { open, scoredBy }: Scoring): readonly string[] {
  const how = `the model was scored ${showablePart(scoredBy, 120)}`;
  const isInProcess = open !== null;
  const given = [
    inputs.output !== null &&
      !isInProcess &&
      inputs.baseline.kind !== "file" &&
      `output is not used: ${how}, and only a model that is scored in process has outputs to choose from.`,
    inputs.scores !== null &&
      isInProcess &&
      inputs.baseline.kind !== "file" &&
      inputs.baselinePredictions === null &&
      `scores is not used: ${how}, which gives its own.`,
    inputs.predictCommand !== null &&
      isInProcess &&
      `predict-command is not used for the model: ${how}. To score it by the command, name it with model-file too.`,
    ...(inputs.predictions === null ? [] : besidePredictions(inputs)),
  ];
  return given.filter((sentence) => sentence !== false);
}

function besidePredictions({ data, modelFile }: Inputs): readonly (string | false)[] {
  const why = "predictions is given, which holds the rows and their answers.";
  return [
    data !== null && `data is not used: ${why}`,
    modelFile !== null && `model-file is not used: ${why}`,
  ];
}
