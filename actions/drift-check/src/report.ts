import {
  codeText,
  details,
  escapeText,
  formatInterval,
  formatNumber,
  formatSigned,
  judgementTable,
  markdownTable,
  paragraphs,
  verdictHeadline,
  type Markdown,
} from "#report";
import type { Annotation, RenderedOutcome } from "#toolkit";
import {
  bySeverity,
  driftedColumns,
  isFeature,
  type ColumnFinding,
  type DriftCheck,
} from "./check.ts";
import { columnDetails, columnTable } from "./report-columns.ts";
import { qualityPart } from "./report-quality.ts";
import type { Outcome } from "./run.ts";

/** What drift-check tells the runner. */
export function renderOutcome(outcome: Outcome): RenderedOutcome {
  const { check, issue, retraining, failure } = outcome;
  const runId = retraining === null || retraining.kind === "held" ? null : retraining.id;
  return {
    outputs: {
      verdict: check.verdict,
      drifted: String(check.verdict === "fail"),
      "drifted-columns": JSON.stringify(driftedColumns(check).map(({ name }) => name)),
      "drift-scores": JSON.stringify(composeScores(check.columns)),
      "issue-number": issue === null ? "" : String(issue.number),
      "dispatched-run-id": runId === null ? "" : String(runId),
      "profile-path": outcome.profilePath,
      "report-path": outcome.reportPath,
    },
    summary: paragraphs(composeReport(check), describeActions(outcome)),
    annotations: annotationsOf(check),
    ...(failure !== null && { failure }),
  };
}

/** The output `drift-scores`: a map of columns. */
function composeScores(columns: readonly ColumnFinding[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    columns.map(({ name, statistic, score, noise, threshold, drifted }) => [
      name,
      { statistic, score, noise, threshold, drifted },
    ]),
  );
}

function annotationsOf(check: DriftCheck): readonly Annotation[] {
  const found: Annotation[] = [];
  const title = `Drift of ${check.model}`;
  if (check.verdict !== "pass") found.push({ level: "warning", title, message: check.reason });
  else if (check.leftOut !== null) found.push({ level: "warning", title, message: check.leftOut });
  return found;
}

/** The report of a check, for people: the verdict first, then the evidence. */
export function composeReport(check: DriftCheck): Markdown {
  const columns = bySeverity(check.columns);
  const features = columns.filter(({ role }) => isFeature(role));
  const outcomes = columns.filter(({ role }) => !isFeature(role));
  return paragraphs(
    verdictHeadline(check.verdict, `Drift of ${escapeText(check.model)}`),
    escapeText(check.reason, 1000),
    describeSides(check),
    judgementTable(check.judgements),
    "### Columns",
    features.length === 0 ? "_No feature could be compared._" : columnTable(features, check),
    columnDetails(features),
    outcomes.length === 0 ? null : "### Predictions and labels",
    outcomes.length === 0 ? null : columnTable(outcomes, check),
    outcomes.length === 0 ? null : columnDetails(outcomes),
    performancePart(check),
    qualityPart(check),
    describeRule(check),
  );
}

function describeSides({ reference, data, window }: DriftCheck): Markdown {
  const rows = (count: number): string => `${formatNumber(count)} ${count === 1 ? "row" : "rows"}`;
  const when = window === null ? "" : ` from ${window.from} to ${window.to}`;
  const answered =
    reference.version === null || data.answeredRows === data.rows
      ? ""
      : ` Predictions are those of ${reference.version}: ${rows(data.answeredRows)}.`;
  return `Reference: ${codeText(reference.name)}, ${rows(reference.profile.rows)}. Current: ${rows(data.rows)} of ${formatNumber(data.notes.shards.length)} ${data.notes.shards.length === 1 ? "file" : "files"}${when}.${answered}`;
}

function performancePart({ performance, reference }: DriftCheck): Markdown | null {
  if (performance === null) return null;
  const facts = `${formatNumber(performance.rows)} predictions have their true label by now; ${formatNumber(performance.unmatched)} labels belong to no prediction.`;
  const names = Object.entries(performance.metrics);
  if (names.length === 0) return paragraphs("### Performance", facts).trimEnd();
  const table = markdownTable({
    headers: [
      "",
      "metric",
      "now",
      "95%",
      reference.name === "" ? "reference" : escapeText(reference.name),
      "difference",
      "95%",
    ],
    numeric: [2, 4, 5],
    rows: names.map(([name, { current, reference: before, difference, worse }]) => [
      worse ? "❌ worse" : "",
      codeText(name),
      formatNumber(current.value),
      formatInterval(current.low, current.high),
      formatNumber(before?.value),
      formatSigned(difference?.value),
      formatInterval(difference?.low, difference?.high),
    ]),
  });
  return paragraphs("### Performance", facts, table).trimEnd();
}

function describeRule(check: DriftCheck): Markdown {
  const correction = {
    bh: "Benjamini–Hochberg over the columns",
    holm: "Holm over the columns",
    none: "no correction over the columns",
  }[check.correction];
  const rule =
    check.method === "evidently"
      ? "Columns are judged as Evidently 0.7 does by its defaults."
      : `A column has drifted when its score is at least the threshold and beyond what sampling noise alone gives for these numbers of rows (${formatNumber(check.confidence * 100)}% bound, ${correction}), with at least ${formatNumber(check.minRows)} rows on both sides. Bins are merged until each expects 5 rows in both samples.`;
  return details(
    "How this was judged",
    `${rule} Rows are taken as independent: where many rows come from one user, sensor or hour, noise is larger than the bound says.`,
  );
}

/** What was done about it. */
export function describeActions({ issue, retraining }: Outcome): Markdown | null {
  const did = [];
  if (issue !== null) did.push(`Issue [#${issue.number}](${issue.url}) was ${issue.kind}.`);
  if (retraining !== null) did.push(describeRetraining(retraining));
  return did.length === 0 ? null : did.join(" ");
}

function describeRetraining(retraining: NonNullable<Outcome["retraining"]>): string {
  if (retraining.kind === "held")
    return `No retraining was started: ${escapeText(retraining.why, 300)}.`;
  const run = retraining.id === null ? "a run" : `run ${retraining.id}`;
  const link = retraining.url === null ? run : `[${run}](${retraining.url})`;
  return retraining.kind === "started"
    ? `A retraining was started: ${link}.`
    : `A retraining is under way already: ${link}.`;
}
