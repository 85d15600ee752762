import type { ActionResolver, ResolvedAction } from "./action-resolver.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Scope } from "./expressions.ts";
import type { Json, JsonObject } from "./json.ts";
import type { JobLog } from "./job-log.ts";
import type { Masker } from "./masks.ts";
import type { KillLadder } from "./processes.ts";
import type { Annotation } from "./workflow-commands.ts";
import type { Condition, RunDefaults, Step } from "./workflow-model.ts";

/** How a step or job ended. */
export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

/** Folders that one job has for itself. */
export interface JobDirectories {
  readonly root: string;
  readonly workspace: string;
  readonly home: string;
  readonly temp: string;
  readonly toolCache: string;
  /** The files through which steps speak to the runner. */
  readonly commands: string;
}

/** One of the programs of a step. */
export type KillStage = "pre" | "main" | "post";

/** Asks for a step to be killed in its middle, as a lost machine would end it. */
export interface KillStep {
  /** The step's id, or its `uses` with or without the ref. */
  readonly step: string;
  /** Which program of the step; `main` when absent. */
  readonly stage?: KillStage;
  readonly signal: NodeJS.Signals;
  /** Kill when the step writes a line that matches. */
  readonly afterOutput?: RegExp;
  /** Kill when this aborts, e.g. between two requests that a test sees. */
  readonly when?: AbortSignal;
  /** Kill so long after its start (or after the line). */
  readonly afterMs?: number;
}

/** `steps.<id>`. */
export interface StepContext {
  readonly outputs: Readonly<Record<string, string>>;
  readonly outcome: Conclusion;
  readonly conclusion: Conclusion;
}

/** What a step leaves behind while it runs. */
export interface StepRecord {
  readonly annotations: Annotation[];
  readonly outputs: Record<string, string>;
  readonly summaries: string[];
  /** A refused command or broken file fails the step whatever its exit code. */
  commandFailed: boolean;
  /** Exit of the step's last program. */
  exitCode: number | null;
  exitSignal: NodeJS.Signals | null;
}

/** A step that runs after the job's own, in reverse order. */
export interface PostStep {
  readonly name: string;
  readonly condition: Condition;
  readonly frame: StepFrame;
  readonly env: Readonly<Record<string, string>>;
  run(record: StepRecord, signal: AbortSignal): Promise<Conclusion>;
}

/** Everything that the steps of one job share. */
export interface JobSession {
  readonly directories: JobDirectories;
  /** The `github` context. */
  readonly github: JsonObject;
  /** The contexts that do not change while the job runs: needs, matrix, strategy, secrets, vars, runner. */
  readonly contexts: Readonly<Record<string, Json>>;
  readonly job: JsonObject;
  readonly inputs: Json;
  /** Set in every process, below what workflows set: PATH, HOME, LANG, service switches. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** Set in every process, above what workflows set: CI, GITHUB_*, RUNNER_*, the identity request. */
  readonly fixedEnvironment: Readonly<Record<string, string>>;
  /** Only actions get the runtime token, not scripts. */
  readonly actionEnvironment: Readonly<Record<string, string>>;
  /** `env` of workflow and job, and what steps added by GITHUB_ENV. */
  readonly env: Record<string, string>;
  /** What steps added by GITHUB_PATH, the latest first. */
  readonly pathAdditions: string[];
  readonly masker: Masker;
  readonly log: JobLog;
  readonly resolveAction: ActionResolver;
  readonly posts: PostStep[];
  /** State and actions of steps whose `pre` has run. */
  readonly prepared: Map<Step, PreparedAction>;
  readonly cancellation: Cancellation;
  /** Ends whatever still runs some minutes after a cancellation. */
  readonly deadline: AbortSignal;
  readonly hardStop: AbortSignal | undefined;
  readonly ladder: KillLadder;
  readonly killStep: KillStep | undefined;
  status: "success" | "failure" | "cancelled";
  /** Numbers the folders of command files. */
  programCount: number;
}

/** An action that the job's set-up has resolved. */
export interface PreparedAction {
  readonly action: ResolvedAction;
  readonly state: Record<string, string>;
  postRegistered: boolean;
}

/** The surroundings of a list of steps: a job, or a composite action inside it. */
export interface StepFrame {
  readonly session: JobSession;
  readonly steps: Record<string, StepContext>;
  readonly inputs: Json;
  /** `env` of the steps that led here. */
  readonly env: Readonly<Record<string, string>>;
  readonly defaults: RunDefaults;
  readonly composite:
    | {
        readonly action: ResolvedAction;
        readonly timeoutSignal: AbortSignal;
        status: "success" | "failure";
      }
    | undefined;
}

/** Makes the record of a step; a nested one shares annotations and summaries with its parent. */
export function createRecord(parent?: StepRecord): StepRecord {
  return {
    annotations: parent?.annotations ?? [],
    summaries: parent?.summaries ?? [],
    outputs: {},
    commandFailed: false,
    exitCode: null,
    exitSignal: null,
  };
}

/** What expressions of a step see. */
export function scopeOf(frame: StepFrame, stepEnv: Readonly<Record<string, string>> = {}): Scope {
  const { session, composite } = frame;
  const github = composite
    ? {
        ...session.github,
        action_path: composite.action.directory,
        action_repository: composite.action.repository ?? "",
        action_ref: composite.action.ref ?? "",
        action_status: composite.status,
      }
    : session.github;
  const status = composite?.status ?? session.status;
  const cancelled = session.status === "cancelled";
  return {
    contexts: {
      ...session.contexts,
      github,
      env: { ...session.env, ...frame.env, ...stepEnv },
      job: { ...session.job, status: session.status },
      steps: frame.steps,
      inputs: frame.inputs,
    },
    status: {
      success: () => status === "success" && !cancelled,
      failure: () => status === "failure" && !cancelled,
      cancelled: () => cancelled,
    },
    workspace: session.directories.workspace,
  };
}
