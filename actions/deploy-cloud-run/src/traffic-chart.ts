import type { Markdown } from "#report";
import type { Journal } from "./journal.ts";

const MOST_POINTS = 24;

/** The candidate's share over time, as a chart that GitHub draws. */
export function trafficChart(
  { marks, started }: Pick<Journal, "marks" | "started">,
  finished: Date,
): Markdown {
  const begun = Math.min(started.getTime(), ...marks.map(({ at }) => at.getTime()));
  const lengthMs = Math.max(1, finished.getTime() - begun);
  const points = Array.from({ length: MOST_POINTS + 1 }, (_, index) => {
    const atMs = begun + (lengthMs * index) / MOST_POINTS;
    const current = marks.findLast(({ at }) => at.getTime() <= atMs);
    return { atMs, percent: current?.percent ?? 0 };
  });
  const minutes = lengthMs >= 180_000;
  const unit = minutes ? 60_000 : 1000;
  return [
    "```mermaid",
    "xychart-beta",
    '  title "Traffic to the candidate"',
    `  x-axis "${minutes ? "minutes" : "seconds"}" 0 --> ${Number((lengthMs / unit).toPrecision(3))}`,
    '  y-axis "percent" 0 --> 100',
    `  line [${points.map(({ percent }) => percent).join(", ")}]`,
    "```",
  ].join("\n");
}
