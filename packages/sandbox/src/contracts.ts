/**
 * What the sandbox's parts know of each other. Everything else passes over HTTP, as it does
 * between the live services.
 */

/** A running local service. */
export interface Service {
  /** Base URL on loopback, without a trailing slash. */
  readonly url: string;
  /** Stops listening, ends what it started and flushes its state to disk. */
  close(): Promise<void>;
}

/** What every service is started with. State survives a restart on the same folder. */
export interface ServiceOptions {
  readonly stateDirectory: string;
  /** 0 picks a free port; the port that was used is kept in the state and asked for again. */
  readonly port?: number;
}

/** What the local GitHub tells whoever runs workflows. */
export interface RepositoryEvent {
  /** `push`, `pull_request`, `workflow_dispatch`, `repository_dispatch`, `schedule`, `issues`, `workflow_run`, … */
  readonly name: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Full ref, e.g. `refs/heads/main` or `refs/pull/3/merge`. */
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  /** The webhook payload, as in `GITHUB_EVENT_PATH`. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Only this workflow file (`.github/workflows/x.yml`), for a dispatch. */
  readonly workflow?: string;
  /** The run id that a dispatch has already promised to its caller. */
  readonly runId?: number;
}

export type RunStatus = "queued" | "in_progress" | "completed";
export type RunConclusion = "success" | "failure" | "cancelled" | "skipped" | null;

/** A workflow run as the local GitHub lists it. */
export interface RunRecord {
  readonly id: number;
  readonly attempt: number;
  readonly repository: string;
  /** Path of the workflow file. */
  readonly workflow: string;
  readonly name: string;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly actor: string;
  readonly status: RunStatus;
  readonly conclusion: RunConclusion;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A job of a run as the local GitHub lists it. */
export interface JobRecord {
  readonly id: number;
  readonly runId: number;
  readonly name: string;
  readonly status: RunStatus;
  readonly conclusion: RunConclusion;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly steps: readonly {
    readonly name: string;
    readonly number: number;
    readonly status: RunStatus;
    readonly conclusion: RunConclusion;
  }[];
}

/** What a job gets to talk to GitHub with. */
export interface JobCredentials {
  /** `GITHUB_TOKEN`, limited to `permissions`, valid until the job is closed. */
  readonly githubToken: string;
  /** `ACTIONS_RUNTIME_TOKEN`: a JWT whose `scp` is `Actions.Results:<run backend id>:<job backend id>`. */
  readonly runtimeToken: string;
  /** `ACTIONS_RESULTS_URL`, with a trailing slash. */
  readonly resultsUrl: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_URL` and its token; absent without `id-token: write`. */
  readonly idTokenRequest?: { readonly url: string; readonly token: string };
}

/** A job that is about to run, with what its token may do. */
export interface JobToOpen {
  readonly repository: string;
  readonly runId: number;
  readonly attempt: number;
  readonly jobId: number;
  readonly ref: string;
  readonly sha: string;
  readonly event: string;
  readonly workflow: string;
  readonly actor: string;
  readonly environment?: string;
  /** `contents: write` and so on; missing scopes are `none`. */
  readonly permissions: Readonly<Record<string, "read" | "write" | "none">>;
  /** The job's `cache-mode`; by default `read` for events that strangers can cause, else `write`. */
  readonly cacheMode?: "none" | "read" | "write" | "write-only";
}

/** The local GitHub, as the runner and the page of the state use it in process. */
export interface GithubService extends Service {
  /** `GITHUB_SERVER_URL`: `http://github.localhost:<port>`; git and the artifact library accept it. */
  readonly serverUrl: string;
  /** Calls `listener` for each event that may start workflows; returns a function that stops it. */
  onEvent(listener: (event: RepositoryEvent) => void): () => void;
  /** Path of the bare git repository, or `undefined`. */
  repositoryPath(repository: string): string | undefined;
  /** Repository variables and secrets, as the settings page would hold them. */
  variables(repository: string): Readonly<Record<string, string>>;
  secrets(repository: string): Readonly<Record<string, string>>;
  nextRunId(): number;
  saveRun(run: RunRecord): void;
  saveJob(job: JobRecord): void;
  /** Calls back when somebody asks for a run to be cancelled. */
  onCancel(listener: (runId: number) => void): () => void;
  openJob(job: JobToOpen): JobCredentials;
  closeJob(jobId: number): void;
}

/** What `startGithub` gives beyond what the runner must have. */
export interface LocalGithub extends GithubService {
  /** A personal token of the owner: what is done with it starts workflows. The same after a restart. */
  readonly adminToken: string;
  /** An id for a job; jobs and check runs share their numbers, as on GitHub. */
  nextJobId(): number;
  /** Keeps what a job has written, whole; served as its log. */
  saveJobLog(jobId: number, text: string): void;
}

/**
 * A fault that a service is asked to have, by `POST /_sandbox/faults` with this body. It is used
 * up after `times` matching requests. `GET` lists the open ones, `DELETE` clears them.
 */
export interface Fault {
  /** Upper-case HTTP method, or any when absent. */
  readonly method?: string;
  /** Regular expression over path and query. */
  readonly path: string;
  /** Let this many matching requests through first (default 0). */
  readonly skip?: number;
  /** How many requests have the fault (default 1). */
  readonly times?: number;
  /** Answer with a status, close before doing anything, close after the work is done, or wait first. */
  readonly effect:
    | {
        readonly kind: "status";
        readonly status: number;
        readonly body?: unknown;
        readonly headers?: Readonly<Record<string, string>>;
      }
    | { readonly kind: "drop-before" }
    | { readonly kind: "drop-after" }
    | { readonly kind: "delay"; readonly delayMs: number };
}
