import type { Judgement, Verdict } from "#core";
import type { Markdown } from "./markdown.ts";

const MARKS: Readonly<Record<Judgement["verdict"], string>> = {
  pass: "✅",
  fail: "❌",
  inconclusive: "❓",
  skipped: "⏭️",
};

/** A mark and the word, so that the mark is never alone in telling. */
export function verdictMark(
  verdict: Judgement["verdict"],
  level: "error" | "warn" = "error",
): Markdown {
  if (verdict === "fail" && level === "warn") return "⚠️ warning";
  return `${MARKS[verdict]} ${verdict}`;
}

/** The mark alone, where the word stands beside it anyway. */
export function verdictIcon(verdict: Judgement["verdict"]): string {
  return MARKS[verdict];
}

/** A report's headline: `✅ weather: pass`. */
export function verdictHeadline(verdict: Verdict, title: Markdown): Markdown {
  return `## ${MARKS[verdict]} ${title}: ${verdict}`;
}
