import type { Clock, Log } from "#core";
import type { RemoteSources } from "#data";
import type { ArtifactStore, CommandOutput, RunCommand, RunDirectory } from "#toolkit";
import type { SourceFacts } from "./run-record.ts";

/** What train-model needs of the world. */
export interface Ports {
  readonly workspace: string;
  readonly temporaryDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly source: SourceFacts;
  readonly remote: RemoteSources;
  readonly openDirectory: (path: string) => RunDirectory;
  readonly runCommand: RunCommand;
  readonly output: CommandOutput;
  /** `null` where the job has no artifacts: on no runner. */
  readonly artifacts: ArtifactStore | null;
  readonly runAttempt: number;
  /** Rows that the newest version was trained from. */
  readonly previousRows: (model: string) => Promise<number | null>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}
