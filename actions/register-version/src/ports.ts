import type { Clock, Log } from "#core";
import type { ArtifactStore } from "#toolkit";
import type { FirstRun } from "./first-run-files.ts";
import type { Registry } from "./registry.ts";

/** What register-version needs of the world. */
export interface Ports {
  readonly registry: Registry;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly actor: string;
  /** The commit of the workflow run: the source where run.json names none. */
  readonly sha: string;
  readonly workspace: string;
  readonly temporaryDirectory: string;
  /** The artifacts of another run of this repository. */
  readonly artifactsOf: FirstRun["artifactsOf"];
  sha256(text: string): string;
}
