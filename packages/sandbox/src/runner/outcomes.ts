import type { RunRecord } from "../contracts.ts";
import type { Conclusion } from "./job-session.ts";
import type { Annotation } from "./workflow-commands.ts";

/** A step as it ended. */
export interface StepOutcome {
  readonly id: string | undefined;
  readonly name: string;
  readonly number: number;
  readonly outcome: Conclusion;
  readonly conclusion: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown that the step added to the job's summary. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly exitCode: number | null;
  readonly exitSignal: NodeJS.Signals | null;
  readonly startedAt: string;
  readonly completedAt: string;
}

/** A job as it ended. */
export interface JobOutcome {
  /** Number at the local GitHub. */
  readonly jobId: number;
  /** Key in the workflow file. */
  readonly id: string;
  readonly name: string;
  readonly conclusion: Conclusion;
  /** What `needs.<id>.result` says: a tolerated failure counts as success. */
  readonly result: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepOutcome[];
  /** Markdown of all steps, also kept beside the log. */
  readonly summary: string;
  /** What went wrong before or outside the steps. */
  readonly error?: string;
  readonly logFile?: string;
}

/** A run as it ended. */
export interface RunOutcome extends RunRecord {
  /** Title as GitHub lists the run. */
  readonly title: string;
  readonly jobs: readonly JobOutcome[];
  /** Outputs by job key. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why the workflow was refused as a whole. */
  readonly error?: string;
}
