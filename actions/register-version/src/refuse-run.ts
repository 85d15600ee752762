import { InputError, type Evaluation, type RunRecord } from "#core";
import type { Inputs } from "./inputs.ts";

/**
 * Refuses a run of another model.
 *
 * @throws InputError `OTHER_MODEL`
 */
export function refuseWrongRun(
  run: RunRecord,
  inputs: Pick<Inputs, "model" | "runDirectory">,
): void {
  if (run.model === inputs.model) return;
  throw new InputError({
    code: "OTHER_MODEL",
    message: `The run in ${inputs.runDirectory} is of model ${run.model}, not ${inputs.model}.`,
    hint: "Give model: the name that train-model was given, or another run-directory:.",
  });
}

/**
 * Refuses a run whose evaluation did not end as `require-verdict` wants it.
 *
 * @throws InputError `NOT_EVALUATED` or `VERDICT_REFUSED`
 */
export function refuseVerdict(
  evaluation: Evaluation | null,
  required: Inputs["requireVerdict"],
): void {
  if (required === "none") return;
  if (evaluation === null) {
    if (required === "not-fail") return;
    throw new InputError({
      code: "NOT_EVALUATED",
      message: "require-verdict: pass, but the run has no evaluation.json.",
      hint: "Run evaluate-gate before register-version.",
    });
  }
  const refused =
    required === "pass" ? evaluation.verdict !== "pass" : evaluation.verdict === "fail";
  if (!refused) return;
  throw new InputError({
    code: "VERDICT_REFUSED",
    message: `The run's evaluation ended ${evaluation.verdict}: ${evaluation.reason} require-verdict: ${required} refuses it.`,
    hint: "Nothing was registered. Look at the evaluation's report; train a better model or change the thresholds.",
  });
}
