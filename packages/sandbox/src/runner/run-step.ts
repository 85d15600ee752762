import {
  evaluateBoolean,
  evaluateCondition,
  evaluateNumber,
  evaluateText,
  evaluateTextMapping,
} from "./expressions.ts";
import {
  scopeOf,
  type Conclusion,
  type StepContext,
  type StepFrame,
  type StepRecord,
} from "./job-session.ts";
import { prepareAction, runActionStep } from "./run-action-step.ts";
import { runScript } from "./run-script.ts";
import { reportError } from "./step-output.ts";
import type { Condition, Step } from "./workflow-model.ts";
import { describeError } from "./workflow-error.ts";

/** Name of a step as GitHub shows it. */
export async function stepName(step: Step, frame: StepFrame): Promise<string> {
  const given = await evaluateText(step.name, scopeOf(frame)).catch(() => undefined);
  if (given) return given;
  if (step.kind === "uses") return `Run ${step.uses}`;
  const script = await evaluateText(step.run, scopeOf(frame)).catch(() => "");
  return `Run ${(script ?? "").trim().split("\n")[0] ?? ""}`;
}

/** `GITHUB_ACTION`: the step's id, else a name made of what it uses. */
export function actionNameOf(step: Step): string {
  if (step.id !== undefined) return step.id;
  return step.kind === "run" ? "__run" : `__${step.uses.replace(/@.*$/, "").replaceAll("/", "_")}`;
}

/**
 * A signal that ends a step: its own timeout, or the job's cancellation unless the step's
 * condition still holds for a cancelled job (`always()`, `cancelled()`), as on GitHub.
 */
export function controlStep(
  frame: StepFrame,
  {
    condition,
    env,
    timeoutMinutes,
  }: {
    condition: Condition;
    env: Readonly<Record<string, string>>;
    timeoutMinutes: number | undefined;
  },
) {
  const controller = new AbortController();
  const { session } = frame;
  const startedCancelled = session.cancellation.cancelled;
  const timeout = new AbortController();
  const timer =
    timeoutMinutes === undefined
      ? undefined
      : setTimeout(() => {
          timeout.abort();
          controller.abort();
        }, timeoutMinutes * 60_000);
  const endUnlessStillWanted = async () => {
    const wanted = await evaluateCondition(condition, scopeOf(frame, env)).catch(() => false);
    if (!wanted) controller.abort();
  };
  // A step that starts after the cancellation was let in by its condition.
  const stopListening = startedCancelled
    ? () => {}
    : session.cancellation.onCancel(() => void endUnlessStillWanted());
  const outer = [session.deadline, frame.composite?.timeoutSignal].filter(
    (signal) => signal !== undefined,
  );
  return {
    signal: AbortSignal.any([controller.signal, ...outer]),
    timeoutSignal: timeout.signal,
    stop() {
      clearTimeout(timer);
      stopListening();
    },
  };
}

async function runBody(
  step: Step,
  frame: StepFrame,
  {
    record,
    stepEnv,
  }: { readonly record: StepRecord; readonly stepEnv: Readonly<Record<string, string>> },
): Promise<Conclusion> {
  const { session } = frame;
  const timeoutMinutes = await evaluateNumber(step.timeoutMinutes, scopeOf(frame, stepEnv));
  const control = controlStep(frame, { condition: step.condition, env: stepEnv, timeoutMinutes });
  const actionName = actionNameOf(step);
  try {
    const { signal } = control;
    if (step.kind === "run")
      return await runScript(step, frame, { record, stepEnv, signal, actionName });
    const prepared = await prepareAction(step, frame);
    const displayName = await stepName(step, frame);
    const { timeoutSignal } = control;
    const use = { step, frame, prepared, stepEnv, displayName, actionName, runStep };
    return await runActionStep(use, record, { signal, timeoutSignal });
  } finally {
    control.stop();
    if (control.timeoutSignal.aborted) {
      reportError(
        session,
        record,
        `The action '${await stepName(step, frame)}' has timed out after ${timeoutMinutes} minutes.`,
      );
      record.commandFailed = true;
    }
  }
}

async function conclude(step: Step, frame: StepFrame, outcome: Conclusion): Promise<Conclusion> {
  if (outcome !== "failure") return outcome;
  const tolerated = await evaluateBoolean(step.continueOnError, scopeOf(frame)).catch(() => false);
  return tolerated ? "success" : "failure";
}

/** Runs a step: condition, body, outcome; and makes it visible as `steps.<id>`. */
export async function runStep(
  step: Step,
  frame: StepFrame,
  record: StepRecord,
): Promise<StepContext> {
  const { session } = frame;
  let outcome: Conclusion;
  try {
    const stepEnv = await evaluateTextMapping(step.env, scopeOf(frame));
    const wanted = await evaluateCondition(step.condition, scopeOf(frame, stepEnv));
    outcome = wanted ? await runBody(step, frame, { record, stepEnv }) : "skipped";
  } catch (error) {
    reportError(session, record, describeError(error));
    outcome = "failure";
  }
  // A timeout ends a step like a cancellation, but counts as its failure.
  if (outcome === "cancelled" && record.commandFailed) outcome = "failure";
  const conclusion = await conclude(step, frame, outcome);
  const context = { outputs: record.outputs, outcome, conclusion };
  if (step.id !== undefined) frame.steps[step.id] = context;
  return context;
}
