import type { EventsConfig } from "./language.ts";
import type { Place, Template } from "./tokens.ts";

/** Access of a token by scope, as `permissions:` says it. */
export type Permissions = Readonly<Record<string, "read" | "write" | "none">>;

/** A condition with its status function made explicit. */
export interface Condition {
  readonly expression: string;
  readonly place: Place;
}

/** `defaults.run`. */
export interface RunDefaults {
  readonly shell?: Template | undefined;
  readonly workingDirectory?: Template | undefined;
}

interface BaseStep {
  readonly id: string | undefined;
  readonly name: Template | undefined;
  readonly condition: Condition;
  readonly env: Template | undefined;
  readonly continueOnError: Template | undefined;
  readonly timeoutMinutes: Template | undefined;
  readonly place: Place;
}

/** A step that runs a script. */
export interface RunStep extends BaseStep {
  readonly kind: "run";
  readonly run: Template;
  readonly shell: Template | undefined;
  readonly workingDirectory: Template | undefined;
}

/** A step that uses an action. */
export interface UsesStep extends BaseStep {
  readonly kind: "uses";
  readonly uses: string;
  readonly with: Template | undefined;
}

/** A step of a job or of a composite action. */
export type Step = RunStep | UsesStep;

interface BaseJob {
  readonly id: string;
  readonly name: Template | undefined;
  readonly needs: readonly string[];
  readonly condition: Condition;
  readonly strategy: Template | undefined;
  readonly permissions: Permissions | undefined;
  readonly concurrency: Template | undefined;
  readonly place: Place;
}

/** A job with steps. */
export interface StepsJob extends BaseJob {
  readonly kind: "steps";
  readonly runsOn: Template;
  readonly env: Template | undefined;
  readonly environment: Template | undefined;
  readonly outputs: Template | undefined;
  readonly defaults: RunDefaults;
  readonly timeoutMinutes: Template | undefined;
  readonly cancelTimeoutMinutes: Template | undefined;
  readonly continueOnError: Template | undefined;
  readonly steps: readonly Step[];
}

/** A job that calls another workflow. */
export interface CallJob extends BaseJob {
  readonly kind: "call";
  readonly uses: string;
  readonly with: Template | undefined;
  readonly secrets: Template | undefined;
}

/** A job of a workflow. */
export type Job = StepsJob | CallJob;

/** An input of `workflow_dispatch` or `workflow_call`. */
export interface WorkflowInput {
  readonly type: "string" | "boolean" | "number" | "choice" | "environment";
  readonly required: boolean;
  readonly default: Template | undefined;
  readonly options: readonly string[];
}

/** `on.workflow_call`. */
export interface WorkflowCall {
  readonly inputs: ReadonlyMap<string, WorkflowInput>;
  readonly secrets: ReadonlyMap<string, { readonly required: boolean }>;
  readonly outputs: ReadonlyMap<string, Template>;
}

/** A workflow file, checked and ready to run. */
export interface Workflow {
  readonly file: string;
  readonly name: string;
  readonly runName: Template | undefined;
  readonly events: EventsConfig;
  readonly dispatchInputs: ReadonlyMap<string, WorkflowInput>;
  readonly call: WorkflowCall | undefined;
  readonly env: Template | undefined;
  readonly defaults: RunDefaults;
  readonly permissions: Permissions | undefined;
  readonly concurrency: Template | undefined;
  readonly jobs: readonly Job[];
}
