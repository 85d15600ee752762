import type { Cancellation } from "./cancellation.ts";
import type { Scope } from "./expressions.ts";
import type { Json } from "./json.ts";
import type { WorkflowFrame } from "./run-context.ts";
import type { StepsJob } from "./workflow-model.ts";

/** One job to run: a combination of its matrix, or the job itself. */
export interface JobLeg {
  readonly frame: WorkflowFrame;
  readonly job: StepsJob;
  readonly name: string;
  /** The contexts needs, matrix and strategy. */
  readonly contexts: Readonly<Record<string, Json>>;
  readonly cancellation: Cancellation;
}

/** What expressions of a job see outside its steps. */
export function jobScope(frame: WorkflowFrame, contexts: Readonly<Record<string, Json>>): Scope {
  return {
    contexts: {
      github: frame.context.githubContext,
      inputs: frame.inputs,
      vars: frame.vars,
      ...contexts,
    },
  };
}
