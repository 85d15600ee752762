import type { Judgement } from "#core";
import {
  codeText,
  escapeText,
  formatInterval,
  formatNumber,
  formatSigned,
  markdownTable,
  type Markdown,
} from "./markdown.ts";
import { verdictMark } from "./verdict-marks.ts";

/** The table that every report begins with: what was asked, what was found, how it ended. */
export function judgementTable(judgements: readonly Judgement[]): Markdown {
  if (judgements.length === 0) return "_No thresholds were given._";
  return markdownTable({
    headers: ["", "threshold", "value", "bound", "margin", "difference", "why"],
    numeric: [2, 3, 4],
    rows: judgements.map(judgementRow),
  });
}

function judgementRow(judgement: Judgement): readonly Markdown[] {
  const [bound] = judgement.bounds;
  const { measure } = judgement;
  const interval = formatInterval(measure.low, measure.high);
  return [
    verdictMark(judgement.verdict, judgement.level),
    codeText(judgement.threshold),
    `${formatNumber(measure.value)}${interval === "—" ? "" : `<br>${interval}`}`,
    judgement.bounds.map(({ value }) => formatNumber(value)).join("<br>") || "—",
    bound === undefined ? "—" : formatSigned(bound.margin),
    describeDifference(judgement),
    judgement.reason === undefined ? "" : escapeText(judgement.reason),
  ];
}

function describeDifference(judgement: Judgement): Markdown {
  const compared = judgement.bounds.find(
    ({ difference }) => difference !== null && difference !== undefined,
  );
  const difference = compared?.difference;
  if (difference === null || difference === undefined) return "";
  const name = compared?.reference?.version ?? compared?.reference?.name ?? "reference";
  return `${formatSigned(difference.value)} ${formatInterval(difference.low, difference.high)} against ${codeText(name)}`;
}
