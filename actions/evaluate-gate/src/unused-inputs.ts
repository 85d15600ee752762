import { showablePart } from "#report";
import type { Candidate } from "./candidate.ts";
import type { Inputs } from "./inputs.ts";

/** What is known of how the candidate was scored. */
export type Scoring = Pick<Candidate, "open" | "scoredBy">;

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
