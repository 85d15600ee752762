import type { LocalGithub, RepositoryEvent } from "../contracts.ts";
import type { ActionSources } from "./action-resolver.ts";
import type { Cancellation } from "./cancellation.ts";
import type { ConcurrencyGroups } from "./concurrency.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Conclusion, KillStep } from "./job-session.ts";
import type { JobOutcome } from "./outcomes.ts";
import type { KillLadder } from "./processes.ts";
import type { ProgressListener } from "./progress.ts";
import type { Slots } from "./slots.ts";
import type { Permissions, Workflow } from "./workflow-model.ts";

/** How runs are carried out. */
export interface RunnerSettings {
  readonly actionSources: ActionSources;
  /** Variables for every process, e.g. where the local services listen. */
  readonly environment: Readonly<Record<string, string>>;
  readonly killStep?: KillStep;
  /** Waits between the signals that end a process; GitHub's when absent. */
  readonly ladder?: KillLadder;
  /** Ends everything at once when it aborts: no signals first, no `always()` steps after. */
  readonly hardStop?: AbortSignal;
  /** Leaves each job's folders behind. */
  readonly keepWorkspaces?: boolean;
}

/** What all jobs of one run share. */
export interface RunContext {
  readonly github: LocalGithub;
  readonly event: RepositoryEvent;
  readonly runId: number;
  readonly attempt: number;
  readonly workflowPath: string;
  readonly githubContext: JsonObject;
  /** Logs and, while they run, the jobs' own folders. */
  readonly directory: string;
  readonly cacheDirectory: string;
  readonly settings: RunnerSettings;
  readonly slots: Slots;
  readonly groups: ConcurrencyGroups;
  readonly cancellation: Cancellation;
  readonly onProgress: ProgressListener;
  readonly jobs: JobOutcome[];
}

/** A workflow within a run: the run's own, or one that a job calls. */
export interface WorkflowFrame {
  readonly context: RunContext;
  readonly workflow: Workflow;
  readonly inputs: Json;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** A called workflow may not do more than its caller. */
  readonly permissionsCap: Permissions | undefined;
  /** `caller / ` before the names of a called workflow's jobs. */
  readonly namePrefix: string;
  /** `caller/` before the keys of a called workflow's jobs. */
  readonly idPrefix: string;
  readonly depth: number;
}

/** `needs.<id>` of a job, after its matrix is through. */
export interface JobResult {
  readonly result: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
}
