import type { Verdict } from "#core";
import type { StageOutcome } from "#github";
import type { TrafficTarget } from "#google";
import type { Journal } from "./journal.ts";

/** How a rollout ended. */
export type RolloutEnd =
  /** The version has all traffic. */
  | "deployed"
  /** It had it before, with these very settings. */
  | "already-deployed"
  /** It stays at its step: the figures cannot tell. */
  | "held"
  /** The stable traffic serves again. */
  | "rolled-back"
  /** A first deployment failed: it stays private, there is nothing to go back to. */
  | "left-private"
  /** Somebody else took over; nothing was restored over them. */
  | "interrupted"
  /** A rollback by hand serves, and its smoke test failed. */
  | "serves-unproven";

/** What a deployment or rollback came to. */
export interface RolloutOutcome {
  readonly kind: "rollout";
  readonly mode: "deploy" | "rollback";
  readonly end: RolloutEnd;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly model: string;
  readonly version: string;
  readonly previousVersion: string | null;
  readonly service: string;
  readonly region: string;
  readonly project: string;
  readonly environment: string;
  readonly strategy: string;
  readonly rolloutId: string;
  readonly revision: string | null;
  readonly previousRevision: string | null;
  readonly url: string | null;
  readonly tagUrl: string | null;
  readonly traffic: readonly TrafficTarget[];
  readonly deploymentId: number | null;
  /** `null` when no stage tag was due or it was refused. */
  readonly stage: StageOutcome | null;
  readonly journal: Journal;
  readonly finished: Date;
}

/** What a service serves, and what is going on with it. */
export interface StatusOutcome {
  readonly kind: "status";
  readonly model: string;
  readonly service: string;
  readonly url: string | null;
  readonly traffic: readonly TrafficTarget[];
  readonly revisions: readonly {
    readonly revision: string;
    readonly version: string | null;
    readonly percent: number;
    readonly tags: readonly string[];
    readonly ready: boolean;
    readonly created: string | null;
  }[];
  readonly stages: Readonly<Record<string, string | null>>;
  /** One sentence about a rollout under way or the last one; `null` without any. */
  readonly rollout: string | null;
}

/** What would happen. */
export interface DryRunOutcome {
  readonly kind: "dry-run";
  readonly mode: "deploy" | "rollback";
  readonly model: string;
  readonly version: string;
  readonly service: string;
  readonly revision: string | null;
  readonly url: string | null;
  /** Lines of what would change; empty when nothing would. */
  readonly changes: readonly string[];
  readonly traffic: readonly TrafficTarget[];
}

export type Outcome = RolloutOutcome | StatusOutcome | DryRunOutcome;
