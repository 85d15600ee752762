import type { Clock } from "#core";
import type { RetryPolicy } from "../retry.ts";
import type { Transport } from "../transport.ts";

/** What the parts of this adapter share. */
export interface RunParts {
  readonly transport: Transport;
  readonly endpoint: string;
  /** `projects/P/locations/R`. */
  readonly parent: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retryPolicy: RetryPolicy;
}
