import type { RunOutcome, StepOutcome } from "../runner/outcomes.ts";

/** Which run is waited for. */
export interface WantedRun {
  /** File name below `.github/workflows`. */
  readonly workflow: string;
  readonly event: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The workflow runs that have ended, in the order of their ends. */
export interface WorkflowRuns {
  ended(run: RunOutcome): void;
  all(): readonly RunOutcome[];
  /** The next ended run that nobody has taken yet. @throws Error when none ends in time */
  take(wanted: WantedRun): Promise<RunOutcome>;
}

const everyMs = 50;

/** Keeps the ended runs of a dispatcher. */
export function createWorkflowRuns(): WorkflowRuns {
  const runs: RunOutcome[] = [];
  const taken = new Set<number>();
  return {
    ended: (run) => void runs.push(run),
    all: () => runs,
    async take({ workflow, event, timeoutMs, signal }) {
      const giveUpAt = Date.now() + timeoutMs;
      for (;;) {
        signal.throwIfAborted();
        const found = runs.find(
          (run) =>
            !taken.has(run.id) && run.event === event && run.workflow.endsWith(`/${workflow}`),
        );
        if (found !== undefined) {
          taken.add(found.id);
          return found;
        }
        if (Date.now() > giveUpAt) {
          throw new Error(`no run of ${workflow} by ${event} ended within ${timeoutMs / 1000} s`);
        }
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    },
  };
}

/** A step of a run by its name or id, in whichever job it is. */
export function findStep(run: RunOutcome, name: string): StepOutcome | undefined {
  return run.jobs
    .flatMap(({ steps }) => steps)
    .find((step) => step.id === name || step.name === name);
}

/** What a failed run says of itself: errors of its steps, and where the logs are. */
export function describeFailure(run: RunOutcome): string {
  const errors = run.jobs.flatMap(({ name, error, steps }) => [
    ...(error === undefined ? [] : [`${name}: ${error}`]),
    ...steps.flatMap(({ name: step, annotations }) =>
      annotations
        .filter(({ level }) => level === "error")
        .map(({ message }) => `${name} › ${step}: ${message}`),
    ),
  ]);
  const logs = run.jobs.flatMap(({ logFile }) => (logFile === undefined ? [] : [logFile]));
  return [
    ...(run.error === undefined ? [] : [run.error]),
    ...errors,
    ...logs.map((file) => `log: ${file}`),
  ].join("\n");
}
