import type { Clock, Log, VersionEntry, VersionHistory } from "#core";
import type { RemoteSources } from "#data";
import type { CheckRunText, RunArtifact, SuccessfulRun } from "#github";
import type { NativeSource } from "#models";
import type { ArtifactStore } from "#toolkit";
import type { ReportSource } from "./post-report.ts";
import type { NamedText } from "./threshold-places.ts";

/** A command of the user's that ran to its end. */
export interface CommandResult {
  readonly end:
    | { readonly kind: "timed-out" }
    /** `code` is `null` when a signal ended it. */
    | { readonly kind: "exited"; readonly code: number | null };
  /** The last lines that it wrote to standard error. */
  readonly lastErrorLines: readonly string[];
}

/** A command line of the user's and how it is run. */
export interface CommandToRun {
  readonly line: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whose output it is, before each of its lines; `null` for the job's own commit. */
  readonly label: string | null;
}

/** Runs a command line of the user's; its output goes to the job's log. */
export type RunCommand = (command: CommandToRun) => Promise<CommandResult>;

/** A checkout in a folder of its own. */
export interface Worktree {
  readonly path: string;
  readonly commit: string;
  /** Takes it away; never throws. */
  remove(): Promise<void>;
}

/** What is needed of git. */
export interface Repository {
  /** A checkout of a version's release commit. */
  checkout(entry: VersionEntry): Promise<Worktree>;
  /**
   * The commit of a branch, tag, commit or revision (`main`, `v1`, `HEAD~1`); on a push to a branch,
   * that branch as it was before. `null` when there was none before.
   *
   * @throws InputError `NO_REPOSITORY`, `REF_NOT_FOUND`; RemoteError `REF_UNREADABLE`
   */
  resolve(ref: string): Promise<string | null>;
  /** The commit that is checked out; `null` without git. */
  head(): Promise<string | null>;
  /** A checkout of a commit, fetched where the clone lacks it. @throws RemoteError `COMMIT_UNREADABLE` */
  checkoutCommit(commit: string, name: string): Promise<Worktree>;
  /** Fetches what is a Git LFS pointer in a worktree; `false` without Git LFS or its content. */
  pullLargeFile(worktree: Worktree, path: string): Promise<boolean>;
  /** Whether the job's own commit has the path, so that it is no product of the job. */
  tracks(path: string): Promise<boolean>;
  /** A file as a commit has it; `null` when the commit lacks it or there is no git. */
  show(commit: string, path: string): Promise<FileAtCommit>;
}

/** A run of this workflow that ended well. */
export type JudgedRun = SuccessfulRun;

/** The earlier runs of this workflow. */
export interface BranchRuns {
  /** Its file name. */
  readonly workflow: string;
  /** Successful runs of a branch's own commits, newest first. @throws RemoteError */
  list(branch: string): Promise<readonly JudgedRun[]>;
  artifacts(runId: number): Promise<readonly RunArtifact[]>;
  /** Unpacks an artifact into a folder. @throws DataError `BAD_ARTIFACT`, `DIGEST_MISMATCH` */
  download(runId: number, artifact: RunArtifact, destination: string): Promise<void>;
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
  /** `null` outside of a workflow run. */
  readonly runs: BranchRuns | null;
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
