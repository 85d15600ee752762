import type { Manifest } from "./manifest.ts";
import type { ModelHistory, VersionEntry } from "./tags.ts";

/** The time, and waiting for it. */
export interface Clock {
  now(): Date;
  /** Waits; ends early by throwing the signal's reason when it is aborted. */
  wait(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Lines that an action writes for its reader. */
export interface Log {
  info(message: string): void;
  warning(message: string): void;
  debug(message: string): void;
  /** Runs `work` inside a folded group of lines. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}

/** How an action reaches the GitHub it runs on, and what it runs for. */
export interface GithubAccess {
  readonly token: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly owner: string;
  readonly repository: string;
  readonly sha: string;
  readonly ref: string;
  readonly eventName: string;
  /** The webhook payload that started the run; untrusted. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly runId: number;
  readonly runAttempt: number;
  readonly workflow: string;
  readonly job: string;
}

/** A file that hangs on a version's release. */
export interface ReleaseAsset {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  /** `sha256:…`, or `null` where GitHub has not computed it yet. */
  readonly digest: string | null;
}

/** A version's release. */
export interface ReleaseFacts {
  readonly id: number;
  readonly url: string;
  readonly draft: boolean;
  readonly assets: readonly ReleaseAsset[];
}

/** Reads models' histories. */
export interface VersionHistory {
  read(model: string): Promise<ModelHistory>;
  /** The manifest in a version's release commit. */
  manifest(entry: VersionEntry): Promise<Manifest>;
  release(entry: VersionEntry): Promise<ReleaseFacts | null>;
  /** Downloads one of a version's files by its path in the manifest and checks its digest. */
  download(entry: VersionEntry, path: string, destination: string): Promise<void>;
}
