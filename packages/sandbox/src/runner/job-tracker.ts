import type { JobRecord } from "../contracts.ts";
import { createRecord, type Conclusion, type StepRecord } from "./job-session.ts";
import type { StepOutcome } from "./outcomes.ts";
import type { RunContext } from "./run-context.ts";

/** Keeps a job's record at the local GitHub and tells whoever watches. */
export interface JobTracker {
  readonly jobId: number;
  readonly name: string;
  readonly steps: readonly StepOutcome[];
  start(): void;
  /** Runs one visible step. */
  step(
    step: { readonly name: string; readonly id?: string | undefined },
    run: (
      record: StepRecord,
    ) => Promise<{ readonly outcome: Conclusion; readonly conclusion: Conclusion }>,
  ): Promise<StepOutcome>;
  complete(conclusion: Conclusion): void;
}

type StepStatus = JobRecord["steps"][number];

/** Starts tracking a job. */
export function trackJob(context: RunContext, jobId: number, name: string): JobTracker {
  const { github, runId, onProgress } = context;
  const outcomes: StepOutcome[] = [];
  const statuses: StepStatus[] = [];
  let startedAt: string | null = null;
  const save = (status: JobRecord["status"], conclusion: JobRecord["conclusion"]) => {
    const completedAt = status === "completed" ? new Date().toISOString() : null;
    github.saveJob({
      id: jobId,
      runId,
      name,
      status,
      conclusion,
      startedAt,
      completedAt,
      steps: [...statuses],
    });
  };
  save("queued", null);
  const place = { runId, jobId, job: name };
  return {
    jobId,
    name,
    steps: outcomes,
    start() {
      startedAt = new Date().toISOString();
      save("in_progress", null);
      onProgress({ kind: "job-started", ...place });
    },
    async step(step, run) {
      const number = statuses.length + 1;
      const begun = new Date();
      statuses.push({ name: step.name, number, status: "in_progress", conclusion: null });
      save("in_progress", null);
      onProgress({ kind: "step-started", ...place, step: step.name });
      const record = createRecord();
      const { outcome, conclusion } = await run(record);
      const ended = new Date();
      statuses[number - 1] = { name: step.name, number, status: "completed", conclusion };
      save("in_progress", null);
      const durationMs = ended.getTime() - begun.getTime();
      onProgress({ kind: "step-completed", ...place, step: step.name, conclusion, durationMs });
      const stepOutcome: StepOutcome = {
        id: step.id,
        name: step.name,
        number,
        outcome,
        conclusion,
        outputs: record.outputs,
        summary: record.summaries.join("\n"),
        annotations: record.annotations,
        exitCode: record.exitCode,
        exitSignal: record.exitSignal,
        startedAt: begun.toISOString(),
        completedAt: ended.toISOString(),
      };
      outcomes.push(stepOutcome);
      return stepOutcome;
    },
    complete(conclusion) {
      save("completed", conclusion);
      onProgress({ kind: "job-completed", ...place, conclusion });
    },
  };
}
