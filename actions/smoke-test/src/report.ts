import {
  codeText,
  details,
  escapeText,
  formatNumber,
  judgementTable,
  markdownTable,
  paragraphs,
  verdictHeadline,
  type Markdown,
} from "#report";
import {
  isMatch,
  type BadRequestResult,
  type CaseResult,
  type SmokeEvidence,
  type SmokeOutcome,
} from "#probe";
import type { RenderedOutcome } from "#toolkit";
import type { Outcome } from "./run.ts";

const SHOWN_CASES = 10;

/** What smoke-test tells the runner. */
export function renderOutcome(outcome: Outcome): RenderedOutcome {
  const { evidence, measures } = outcome;
  const { load } = evidence;
  const latency =
    load === null
      ? null
      : {
          p50_ms: load.p50Ms,
          p95_ms: load.p95Ms,
          p99_ms: load.p99Ms,
          max_ms: load.maxMs,
          rps: load.rps,
          requests: load.requests,
        };
  return {
    outputs: {
      verdict: outcome.verdict,
      latency: JSON.stringify(latency),
      "cold-start-ms": String(Math.round(evidence.readiness.waitedMs)),
      mismatches: String(measures["mismatches"]?.value ?? ""),
      "report-path": outcome.reportPath,
    },
    summary: composeReport(outcome),
    ...(outcome.verdict === "fail" && {
      failure: `Smoke test of ${evidence.url}: ${outcome.reason}`,
    }),
  };
}

/** The report of a smoke test, for people. */
export function composeReport(outcome: SmokeOutcome): Markdown {
  const { evidence } = outcome;
  const what = [evidence.expectation.model, evidence.expectation.version]
    .filter((part) => part !== null)
    .join(" ");
  return paragraphs(
    verdictHeadline(outcome.verdict, `Smoke test${what === "" ? "" : ` of ${escapeText(what)}`}`),
    escapeText(outcome.reason),
    outcome.judgements.length === 0 ? null : judgementTable(outcome.judgements),
    details("What was asked", askedTable(evidence)),
    evidence.load === null ? null : details("Latency", latencyTable(evidence)),
    casesPart(evidence.cases),
    badRequestsPart(evidence.badRequests),
  );
}

function askedTable({ url, readiness, identity, expectation }: SmokeEvidence): Markdown {
  return markdownTable({
    headers: ["", ""],
    rows: [
      ["URL", codeText(url)],
      [
        "ready",
        readiness.kind === "ready"
          ? `after ${formatNumber(Math.round(readiness.waitedMs))} ms`
          : escapeText(readiness.why),
      ],
      [
        "says it is",
        identity === null
          ? "nothing"
          : `${codeText(identity.model ?? "?")} ${codeText(identity.version ?? "?")}`,
      ],
      ["golden cases", escapeText(expectation.casesFrom)],
    ],
  });
}

function latencyTable({ load }: SmokeEvidence): Markdown {
  return markdownTable({
    headers: ["requests", "errors", "p50 ms", "p95 ms", "p99 ms", "max ms", "requests/s"],
    numeric: [0, 1, 2, 3, 4, 5, 6],
    rows: [
      [
        load?.requests,
        load?.errors,
        load?.p50Ms,
        load?.p95Ms,
        load?.p99Ms,
        load?.maxMs,
        load?.rps,
      ].map((value) => formatNumber(value)),
    ],
  });
}

function casesPart(cases: readonly CaseResult[]): Markdown | null {
  const wrong = cases.filter((result) => !isMatch(result));
  if (wrong.length === 0) return null;
  const rows = wrong.slice(0, SHOWN_CASES).map((result) => {
    const [first] = result.differences;
    return [
      formatNumber(result.number),
      first === undefined ? escapeText(result.failure ?? "") : codeText(first.path || "the answer"),
      first === undefined ? "" : codeText(JSON.stringify(first.expected) ?? "nothing"),
      first === undefined ? "" : codeText(JSON.stringify(first.actual) ?? "nothing"),
    ];
  });
  return details(
    `${wrong.length} of ${cases.length} golden cases differ`,
    markdownTable({ headers: ["case", "where", "expected", "found"], numeric: [0], rows }),
  );
}

function badRequestsPart(results: readonly BadRequestResult[]): Markdown | null {
  if (results.length === 0) return null;
  const rows = results.map((result) => [
    escapeText(result.name),
    escapeText(result.why),
    result.refused ? "✅ refused" : "❌ not refused",
  ]);
  const wrong = results.filter((result) => !result.refused).length;
  return details(
    wrong === 0 ? "Bad requests were all refused" : `${wrong} bad requests were not refused`,
    markdownTable({ headers: ["request", "answer", ""], rows }),
  );
}
