import type { Clock, Log, VersionEntry, VersionHistory } from "#core";
import type { RemoteSources } from "#data";
import type { CheckRunText } from "#github";
import type { NativeSource } from "#models";
import type { ArtifactStore } from "#toolkit";
import type { ReportSource } from "./post-report.ts";
import type { NamedText } from "./threshold-places.ts";

/** A command of the user's that ran to its end. */
export interface CommandResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  /** The last lines that it wrote to standard error. */
  readonly lastErrorLines: readonly string[];
}

/** Runs a command line of the user's; its output goes to the job's log. */
export type RunCommand = (command: {
  readonly line: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}) => Promise<CommandResult>;

/** What is needed of git. */
export interface Repository {
  /** A checkout of a version's release commit in a folder of its own. */
  checkout(entry: VersionEntry): Promise<{ readonly path: string; remove(): Promise<void> }>;
  /** A file as a commit has it; `null` when the commit lacks it or there is no git. */
  show(commit: string, path: string): Promise<FileAtCommit>;
}

/** What looking for a file in a commit came to. */
export type FileAtCommit =
  | { readonly kind: "found"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "no-git" }
  | { readonly kind: "unreadable"; readonly why: string };

/** The pull request that the job runs for. */
export interface PullRequest {
  readonly number: number;
  readonly baseCommit: string;
  /** The branch's newest commit; GITHUB_SHA is that of its merge into the base. */
  readonly headCommit: string | null;
  /** Whether it comes from another repository, whose token may only read. */
  readonly fromFork: boolean;
}

/** Thresholds that `slipway.yml` names, here and in the base branch's. */
export interface ThresholdsOfSettings {
  /** `null` when the settings name none. */
  ofText(settings: string): string | null;
  current(): string | null;
}

/** What evaluate-gate needs of the world. */
export interface Ports {
  /** `null` where no repository is known (a run outside of a workflow). */
  readonly history: VersionHistory | null;
  readonly artifacts: ArtifactStore;
  readonly repository: Repository;
  readonly runCommand: RunCommand;
  /** Where the native ONNX runtime comes from. */
  native(): Promise<NativeSource>;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  readonly settings: ThresholdsOfSettings;
  /** Writes or updates the comment of that key; its URL. */
  writeComment(comment: {
    readonly number: number;
    readonly key: string;
    readonly body: string;
  }): Promise<string>;
  /** Reports that other runs left. */
  readonly reports: ReportSource;
  /** Adds a check run to a commit; its URL. */
  createCheckRun(check: CheckRunText): Promise<string>;
  readonly pullRequest: PullRequest | null;
  /** The commit that the job runs for, where there is no pull request. */
  readonly commit: string;
  /** Files of the repository in which thresholds may stand: the settings, the workflow. */
  thresholdFiles(): Promise<readonly NamedText[]>;
  /** Where data with a scheme is read from: `gs://…`. */
  readonly remote: RemoteSources;
  readonly workspace: string;
  readonly temporaryDirectory: string;
  /** Whether the job can store artifacts. */
  readonly canUpload: boolean;
  readonly attempt: number;
  readonly runUrl: string | null;
  readonly clock: Clock;
  /** Milliseconds with fractions, for latencies. */
  stopwatch(): number;
  readonly log: Log;
}
