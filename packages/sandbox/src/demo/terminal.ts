import colors from "picocolors";
import type { ProgressEvent } from "../runner/progress.ts";

/** How the demo speaks to whoever watches. */
export interface Terminal {
  heading(text: string): void;
  /** One line below the current heading. */
  say(text: string): void;
  /** A line that was measured and is as the story says. */
  good(text: string): void;
  bad(text: string): void;
  plain(text: string): void;
  /** Shows a workflow run as it goes. */
  progress(event: ProgressEvent): void;
  /** Speaks up whenever nothing was printed for a while, with what `describe` says. */
  keepAlive(describe: () => string): { stop(): void };
}

const silenceMs = 5000;
/** Steps that every job has and nobody asks about unless they fail. */
const quietStep = /^(?:Set up job|Complete job|Post |Run (?:actions|google-github-actions)\/)/;
const marks = { success: "✓", failure: "✗", cancelled: "■", skipped: "–" } as const;

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** One line for an event of a run, or `undefined` for one that is left out. */
export function describeEvent(event: ProgressEvent): string | undefined {
  switch (event.kind) {
    case "run-started":
      return `▶ ${event.run.name}: run ${event.run.id} by ${event.run.event}`;
    case "run-refused":
      return `✗ ${event.run.workflow} cannot run: ${event.message}`;
    case "step-completed":
      return quietStep.test(event.step) && event.conclusion !== "failure"
        ? undefined
        : `  ${marks[event.conclusion]} ${event.job} › ${event.step} (${seconds(event.durationMs)})`;
    case "run-completed":
      return `${marks[event.run.conclusion ?? "skipped"]} ${event.run.name}: ${event.run.conclusion}`;
    case "line":
      return event.line.startsWith("##[error]") ? `    ${event.line.slice(9)}` : undefined;
    case "job-started":
    case "job-completed":
    case "step-started":
      return undefined;
  }
}

/** Writes for people: colour only where the terminal has it, no cursor movement anywhere. */
export function createTerminal(
  write: (line: string) => void,
  now: () => number = Date.now,
): Terminal {
  let lastAt = now();
  const print = (text: string): void => {
    lastAt = now();
    write(text);
  };
  return {
    heading: (text) => print(`\n${colors.bold(text)}`),
    say: (text) => print(`   ${text}`),
    good: (text) => print(`   ${colors.green("✔")} ${text}`),
    bad: (text) => print(`   ${colors.red("✘")} ${text}`),
    plain: print,
    progress(event) {
      const text = describeEvent(event);
      if (text !== undefined) print(`     ${colors.dim(text)}`);
    },
    keepAlive(describe) {
      const timer = setInterval(() => {
        if (now() - lastAt >= silenceMs) print(`     ${colors.dim(`… ${describe()}`)}`);
      }, 1000);
      return { stop: () => clearInterval(timer) };
    },
  };
}
