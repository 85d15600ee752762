import type { Clock, Log, Version, VersionEntry, VersionHistory } from "#core";
import type { DeploymentProgress, DeploymentRequest, StageOutcome } from "#github";
import type { CloudMonitoring, CloudRun } from "#google";
import type { Expectation, SmokeOutcome, SmokePlan } from "#probe";

/** The workflow run that works on a rollout. */
export interface RunIdentity {
  /** Run, job and model: a re-run of the job has the same. */
  readonly id: string;
  readonly url: string | null;
}

/** GitHub's side of a rollout: what is written down there. It never decides one. */
export interface RolloutRecords {
  startDeployment(request: DeploymentRequest): Promise<number>;
  reportDeployment(id: number, progress: DeploymentProgress): Promise<void>;
  assignStage(assignment: {
    readonly stage: string;
    readonly version: Version;
    readonly reason: string;
  }): Promise<StageOutcome>;
}

/** What deploy-cloud-run needs of the world. */
export interface Ports {
  readonly run: CloudRun;
  readonly monitoring: CloudMonitoring;
  readonly history: VersionHistory;
  readonly records: RolloutRecords;
  readonly project: string;
  readonly identity: RunIdentity;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  newRolloutId(): string;
  /** Asks a deployed model whether it is the one and works. */
  probe(plan: SmokePlan): Promise<SmokeOutcome>;
  /** Headers that let requests to `url` in; `audience` is the service's own URL. */
  authorise(url: string, audience: string): Promise<Readonly<Record<string, string>>>;
  /** What is expected of a deployed version: itself and its golden cases, or a file's. */
  expect(entry: VersionEntry, cases: string | null): Promise<Expectation>;
  /** Writes deployment.json into the run directory and uploads it where that is asked for. */
  writeDeployment(document: object): Promise<void>;
}
