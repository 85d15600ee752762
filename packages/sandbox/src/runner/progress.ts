import type { RunRecord } from "../contracts.ts";
import type { Conclusion } from "./job-session.ts";

/** What happens in a run while it happens; text has no secrets in it. */
export type ProgressEvent =
  | {
      readonly kind: "run-started" | "run-completed";
      readonly run: RunRecord;
      readonly title: string;
    }
  | { readonly kind: "run-refused"; readonly run: RunRecord; readonly message: string }
  | {
      readonly kind: "job-started";
      readonly runId: number;
      readonly jobId: number;
      readonly job: string;
    }
  | {
      readonly kind: "job-completed";
      readonly runId: number;
      readonly jobId: number;
      readonly job: string;
      readonly conclusion: Conclusion;
    }
  | {
      readonly kind: "step-started";
      readonly runId: number;
      readonly jobId: number;
      readonly job: string;
      readonly step: string;
    }
  | {
      readonly kind: "step-completed";
      readonly runId: number;
      readonly jobId: number;
      readonly job: string;
      readonly step: string;
      readonly conclusion: Conclusion;
      readonly durationMs: number;
    }
  | {
      readonly kind: "line";
      readonly runId: number;
      readonly jobId: number;
      readonly job: string;
      readonly line: string;
    };

/** Hears of progress. */
export type ProgressListener = (event: ProgressEvent) => void;
