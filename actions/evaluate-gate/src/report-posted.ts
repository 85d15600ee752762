import type { Evaluation } from "#core";
import type { RunFacts } from "#github";
import {
  code,
  folded,
  formatInterval,
  formatNumber,
  formatSigned,
  intervalBelow,
  judgementBlock,
  lineBreak,
  own,
  paragraph,
  small,
  strong,
  verdictIcon,
  type Block,
  type Phrase,
} from "#report";
import { analysisBlocks } from "./analysis/analysis-blocks.ts";
import { readAnalysis } from "./analysis/read-analysis.ts";
import { foldedEntries } from "./checks/checks-report.ts";
import { headlineNames } from "./metric-lists.ts";
import { tablesOfSlices } from "./report-evidence.ts";
import { historyBlocks, type OwnFigures } from "./report-history.ts";
import { orderJudgements } from "./report-verdict.ts";
import type { PastVersion } from "./version-history.ts";

/** What a posted report is made of besides the evaluation. */
export interface PostedFacts {
  readonly run: RunFacts;
  /** Of this repository's own releases, oldest first. */
  readonly past: readonly PastVersion[];
}

/**
 * The report of an evaluation that another run left, from its document: as the gate's own, but for the
 * values of columns and what the document does not hold (charts, the confusion matrix).
 */
export function composePostedReport(
  document: Evaluation,
  { run, past }: PostedFacts,
): readonly Block[] {
  return [
    {
      kind: "headline",
      text: [
        own(`${verdictIcon(document.verdict)} `),
        document.model,
        own(`: ${document.verdict}`),
      ],
    },
    paragraph(
      strong(document.reason),
      lineBreak,
      own(`Judged on ${formatNumber(document.rows)} rows of `),
      code(document.data.name),
      ...describeBaseline(document),
    ),
    paragraph(
      small(
        own("Computed by the pull request's own code, in "),
        { kind: "link", text: "its run", url: run.url },
        own(": read it as the pull request's claim until it was run again after review."),
      ),
    ),
    judgementBlock(orderJudgements(document.judgements)),
    ...failedChecks(document),
    ...differenceTable(document),
    ...historyBlocks(figuresOf(document), past),
    ...foldedEntries(document.checks ?? []),
    ...sliceTablesOf(document),
    ...analysisOf(document),
    metricTable(document),
  ];
}

function figuresOf({ task, metrics, rows }: Evaluation): OwnFigures {
  return { names: headlineNames(task), metrics: new Map(Object.entries(metrics)), rows };
}

/** More slices than these are no report any more. */
const MOST_SLICES = 200;

function sliceTablesOf({ slices }: Evaluation): readonly Block[] {
  return tablesOfSlices(
    slices.slice(0, MOST_SLICES).map(({ column, value, rows, metrics }) => ({
      column,
      value,
      count: rows,
      metrics: new Map(Object.entries(metrics)),
    })),
  );
}

function analysisOf({ error_analysis: analysis }: Evaluation): readonly Block[] {
  return analysis === undefined ? [] : analysisBlocks({ analysis: readAnalysis(analysis) });
}

function describeBaseline({ baseline }: Evaluation): Phrase {
  if (baseline === null) return [own("; compared with nothing.")];
  if (baseline.rows === 0) return [own("; "), baseline.scored_by, own(".")];
  return [own(", compared with "), code(baseline.name), own(` on ${formatNumber(baseline.rows)}.`)];
}

function failedChecks({ checks = [] }: Evaluation): readonly Block[] {
  const failed = checks.filter(({ verdict }) => verdict === "fail");
  if (failed.length === 0) return [];
  return [
    { kind: "heading", text: [own("Checks")] },
    {
      kind: "list",
      items: failed.map(({ name, level, message }) => [
        { kind: "mark", verdict: "fail", level },
        own(" "),
        code(name),
        own(": "),
        message,
      ]),
    },
  ];
}

function differenceTable({ differences, metrics, baseline }: Evaluation): readonly Block[] {
  const found = Object.entries(differences ?? {});
  if (found.length === 0) return [];
  return [
    { kind: "heading", text: [own("Against "), baseline?.name ?? "the baseline"] },
    {
      kind: "table",
      headers: ["metric", "difference", "this model"].map((text) => [own(text)]),
      numeric: [1, 2],
      rows: found.map(([name, { value, low, high, reason }]) => [
        [code(name)],
        value === null
          ? [small(reason ?? "undefined")]
          : [own(formatSigned(value)), ...intervalBelow(low, high)],
        [own(formatNumber(metrics[name]?.value ?? null))],
      ]),
    },
  ];
}

function metricTable({ metrics }: Evaluation): Block {
  const entries = Object.entries(metrics);
  return folded([own(`All ${entries.length} metrics`)], {
    kind: "table",
    headers: ["metric", "value", "interval"].map((text) => [own(text)]),
    numeric: [1, 2],
    rows: entries.map(([name, { value, low, high, reason }]) => [
      [code(name)],
      value === null ? [small(reason ?? "undefined")] : [own(formatNumber(value))],
      [own(formatInterval(low, high))],
    ]),
  });
}
