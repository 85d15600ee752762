import type { ProgressEvent } from "./runner/progress.ts";

/** How much of a run is printed. */
export interface PrintOptions {
  /** The logs' lines too, not only the steps. */
  readonly lines: boolean;
}

const marks = { success: "✓", failure: "✗", cancelled: "■", skipped: "–" } as const;

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** One line of plain text for an event, or `undefined` for one that is not shown. */
export function describeProgress(
  event: ProgressEvent,
  { lines }: PrintOptions,
): string | undefined {
  switch (event.kind) {
    case "run-started":
      return `▶ ${event.run.name} (${event.run.event}, run ${event.run.id}): ${event.title}`;
    case "run-completed":
      return `${marks[event.run.conclusion ?? "skipped"]} ${event.run.name} (run ${event.run.id}): ${event.run.conclusion}`;
    case "run-refused":
      return `✗ ${event.run.workflow} (run ${event.run.id}) cannot run:\n  ${event.message.replaceAll("\n", "\n  ")}`;
    case "job-started":
      return `  ▶ ${event.job}`;
    case "job-completed":
      return `  ${marks[event.conclusion]} ${event.job}: ${event.conclusion}`;
    case "step-started":
      return undefined;
    case "step-completed":
      return `    ${marks[event.conclusion]} ${event.job} › ${event.step} (${seconds(event.durationMs)})`;
    case "line":
      return lines || event.line.startsWith("##[error]")
        ? `      ${event.job} | ${event.line}`
        : undefined;
  }
}
