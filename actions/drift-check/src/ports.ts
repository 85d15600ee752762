import type { Clock, Log, VersionHistory } from "#core";
import type { RemoteSources } from "#data";
import type { ArtifactStore } from "#toolkit";

/** A drift issue as it stands. */
export interface DriftIssue {
  readonly number: number;
  readonly url: string;
  readonly open: boolean;
  /** Without the hidden marker that it is found by. */
  readonly body: string;
}

/** What an issue says. */
export interface IssueText {
  readonly title: string;
  readonly body: string;
}

/** The issues of one model's drift. */
export interface IssueDesk {
  /** All of them, open and closed, oldest first. */
  list(): Promise<readonly DriftIssue[]>;
  open(text: IssueText): Promise<DriftIssue>;
  update(
    number: number,
    change: Partial<IssueText> & { readonly state?: "open" | "closed" },
  ): Promise<DriftIssue>;
  /** Closes one that another check opened at the same time; it is not found again. */
  closeDuplicate(number: number, of: number): Promise<void>;
  /** Says something once: a comment with the same key is rewritten. */
  comment(number: number, key: string, body: string): Promise<void>;
}

/** A workflow run that was started. */
export interface StartedRun {
  /** `null` where GitHub does not tell. */
  readonly id: number | null;
  readonly url: string | null;
}

/** Starts workflows. */
export interface Retraining {
  start(workflow: string, inputs: Readonly<Record<string, string>>): Promise<StartedRun>;
  /** The first run of that workflow that was started by request at or after a time. */
  startedSince(workflow: string, at: Date): Promise<StartedRun | null>;
}

/** What drift-check needs of the world. */
export interface Ports {
  readonly history: VersionHistory;
  readonly issues: IssueDesk;
  readonly retraining: Retraining;
  readonly artifacts: ArtifactStore;
  readonly remote: RemoteSources;
  readonly workspace: string;
  readonly temporaryDirectory: string;
  /** Whether the job can store artifacts. */
  readonly canUpload: boolean;
  readonly attempt: number;
  /** Names this check: the same again when the job is run again. */
  readonly checkKey: string;
  readonly runUrl: string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
}
