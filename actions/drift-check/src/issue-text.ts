import {
  codeText,
  details,
  escapeText,
  formatNumber,
  judgementTable,
  markdownTable,
  paragraphs,
  verdictMark,
  type Markdown,
} from "#report";
import { bySeverity, driftedColumns, type DriftCheck } from "./check.ts";
import { formatIssueState, type IssueState, type PastCheck } from "./issue-state.ts";
import type { IssueText } from "./ports.ts";
import { columnTable } from "./report-columns.ts";

const SHOWN_COLUMNS = 20;

/** The drift issue as it stands after a check. */
export function composeIssue(check: DriftCheck, state: IssueState): IssueText {
  const drifted = driftedColumns(check);
  const columns = bySeverity(check.columns);
  const shown = columns.slice(0, SHOWN_COLUMNS);
  const body = paragraphs(
    formatIssueState(state),
    headlineOf(check),
    escapeText(check.reason, 600),
    judgementTable(check.judgements),
    columnTable(shown, check),
    columns.length > shown.length
      ? `_and ${columns.length - shown.length} more columns, in the report_`
      : null,
    retrainingLine(state),
    details(
      `The last ${state.checks.length === 1 ? "check" : `${state.checks.length} checks`}`,
      checkTable(state.checks),
    ),
    `${check.runUrl === null ? "" : `[The run](${check.runUrl}) has the whole report with histograms. `}This issue is updated by every check and closed when the drift is gone.`,
  );
  const what =
    drifted.length === 0
      ? ""
      : `: ${drifted.length} ${drifted.length === 1 ? "column" : "columns"}`;
  return { title: `Drift of ${check.model}${what}`, body };
}

function headlineOf({ model, reference, verdict, data }: DriftCheck): Markdown {
  const what = {
    fail: "has drifted",
    pass: "no longer drifts",
    inconclusive: "cannot be judged right now",
  }[verdict];
  return `**What ${codeText(model)} sees ${what}**: ${formatNumber(data.rows)} rows against ${codeText(reference.name)}.`;
}

function retrainingLine({ retraining }: IssueState): Markdown | null {
  if (retraining === null) return null;
  const run = retraining.run === null ? "a run" : `run ${retraining.run}`;
  const link = retraining.url === null ? run : `[${run}](${retraining.url})`;
  return retraining.status === "started"
    ? `A retraining was started at ${retraining.at}: ${link}.`
    : `A retraining is being started since ${retraining.at}.`;
}

function checkTable(checks: readonly PastCheck[]): Markdown {
  return markdownTable({
    headers: ["time (UTC)", "verdict", "reference", "rows", "drifted columns", "most"],
    numeric: [3],
    rows: checks.toReversed().map(({ at, verdict, version, rows, drifted, judged, worst, url }) => {
      const time = at.slice(0, 16).replace("T", " ");
      return [
        url === null ? time : `[${time}](${url})`,
        verdictMark(verdict),
        version === null ? "a file" : codeText(version),
        formatNumber(rows),
        `${drifted} of ${judged}`,
        worst === null ? "" : `${codeText(worst.name)} ${formatNumber(worst.score)}`,
      ];
    }),
  });
}

/** The comment under an issue that is closed. */
export function describeGone({ reference, data, runUrl }: DriftCheck): Markdown {
  const run = runUrl === null ? "" : ` ([run](${runUrl}))`;
  return `The drift is gone: ${formatNumber(data.rows)} rows were compared with ${codeText(reference.name)} and every threshold passed${run}.`;
}

/** The comment under an issue that is opened again. */
export function describeReturn(check: DriftCheck): Markdown {
  const names = driftedColumns(check)
    .slice(0, 8)
    .map(({ name }) => codeText(name))
    .join(", ");
  const run = check.runUrl === null ? "" : ` ([run](${check.runUrl}))`;
  return `Drift is back against ${codeText(check.reference.name)}: ${names === "" ? escapeText(check.reason, 300) : names}${run}.`;
}
