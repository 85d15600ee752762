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

/** The report of an evaluation that another run left, from its document alone. */
export function composePostedReport(document: Evaluation, run: RunFacts): readonly Block[] {
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
    judgementBlock(document.judgements),
    ...failedChecks(document),
    ...differenceTable(document),
    metricTable(document),
  ];
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
