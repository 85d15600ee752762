import { evaluateCondition, evaluateTextMapping } from "./expressions.ts";
import {
  scopeOf,
  type Conclusion,
  type JobSession,
  type StepFrame,
  type StepRecord,
} from "./job-session.ts";
import type { StepOutcome } from "./outcomes.ts";
import { prepareAction, runPre, type ActionUse } from "./run-action-step.ts";
import { actionNameOf, controlStep, runStep, stepName } from "./run-step.ts";
import { reportError } from "./step-output.ts";
import type { Step, UsesStep } from "./workflow-model.ts";
import { describeError } from "./workflow-error.ts";

/** Shows steps while they run; the tracker of a job, or nobody. */
export interface StepObserver {
  step(
    step: { readonly name: string; readonly id?: string | undefined },
    run: (
      record: StepRecord,
    ) => Promise<{ readonly outcome: Conclusion; readonly conclusion: Conclusion }>,
  ): Promise<StepOutcome>;
}

function settle(session: JobSession, conclusion: Conclusion): void {
  if (conclusion === "failure" && session.status === "success") session.status = "failure";
}

/** Runs something visible that is no step of the workflow; anything thrown fails it. */
async function observe(
  observer: StepObserver,
  session: JobSession,
  visible: { readonly name: string; readonly run: (record: StepRecord) => Promise<Conclusion> },
): Promise<void> {
  const { conclusion } = await observer.step({ name: visible.name }, async (record) => {
    try {
      const ended = await visible.run(record);
      return { outcome: ended, conclusion: ended };
    } catch (error) {
      reportError(session, record, describeError(error));
      return { outcome: "failure", conclusion: "failure" };
    }
  });
  settle(session, conclusion);
}

/** Looks up the actions of a job before its first step; those in the workspace are not there yet. */
async function resolveActions(
  steps: readonly Step[],
  frame: StepFrame,
): Promise<readonly UsesStep[]> {
  const withPre: UsesStep[] = [];
  for (const step of steps) {
    if (step.kind !== "uses" || step.uses.startsWith("./")) continue;
    const prepared = await prepareAction(step, frame);
    frame.session.prepared.set(step, prepared);
    const { runs } = prepared.action.manifest;
    if (runs.kind === "node" && runs.pre !== undefined) withPre.push(step);
  }
  return withPre;
}

async function runPreOf(step: UsesStep, frame: StepFrame, observer: StepObserver): Promise<void> {
  const { session } = frame;
  const displayName = await stepName(step, frame);
  await observe(observer, session, {
    name: `Pre ${displayName}`,
    run: async (record) => {
      const prepared = await prepareAction(step, frame);
      const { runs } = prepared.action.manifest;
      const stepEnv = await evaluateTextMapping(step.env, scopeOf(frame));
      const condition = runs.kind === "node" ? runs.pre?.condition : undefined;
      if (condition === undefined) return "skipped";
      if (!(await evaluateCondition(condition, scopeOf(frame, stepEnv)))) return "skipped";
      const control = controlStep(frame, { condition, env: stepEnv, timeoutMinutes: undefined });
      const use: ActionUse = {
        step,
        frame,
        prepared,
        stepEnv,
        displayName,
        actionName: actionNameOf(step),
        runStep,
      };
      return runPre(use, record, control.signal).finally(() => control.stop());
    },
  });
}

async function runPosts(session: JobSession, observer: StepObserver): Promise<void> {
  while (session.posts.length > 0) {
    const post = session.posts.pop();
    if (post === undefined) break;
    const { name, condition, frame, env } = post;
    await observe(observer, session, {
      name,
      run: async (record) => {
        if (!(await evaluateCondition(condition, scopeOf(frame, env)))) return "skipped";
        const control = controlStep(frame, { condition, env, timeoutMinutes: undefined });
        return post.run(record, control.signal).finally(() => control.stop());
      },
    });
  }
}

/** Runs the steps of a job: set-up, pre, main and post programs in GitHub's order. */
export async function runSteps(
  steps: readonly Step[],
  frame: StepFrame,
  { observer, setUp }: { readonly observer: StepObserver; readonly setUp: () => Promise<void> },
): Promise<void> {
  const { session } = frame;
  let withPre: readonly UsesStep[] = [];
  await observe(observer, session, {
    name: "Set up job",
    run: async () => {
      await setUp();
      withPre = await resolveActions(steps, frame);
      return "success";
    },
  });
  if (session.status === "failure") return;
  for (const step of withPre) await runPreOf(step, frame, observer);
  for (const step of steps) {
    const name = await stepName(step, frame);
    const { conclusion } = await observer.step({ name, id: step.id }, (record) =>
      runStep(step, frame, record),
    );
    settle(session, conclusion);
  }
  await runPosts(session, observer);
}
