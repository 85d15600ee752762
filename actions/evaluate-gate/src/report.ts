import { renderMarkdown, showablePart } from "#report";
import type { Annotation, RenderedOutcome } from "#toolkit";
import { checkAnnotations } from "./checks/checks-report.ts";
import type { PostOutcome } from "./post-report.ts";
import { remarksOf, type Remark } from "./remarks.ts";
import type { Outcome } from "./run.ts";

/** What evaluate-gate tells the runner and the reader of the summary. */
export function renderOutcome(outcome: Outcome | PostOutcome): RenderedOutcome {
  return "kind" in outcome ? renderPost(outcome) : renderJudgement(outcome);
}

/** A posted report decides nothing here: its own run did, and only a person may trust that. */
function renderPost(outcome: PostOutcome): RenderedOutcome {
  if (outcome.kind === "posted")
    return { outputs: { verdict: outcome.document.verdict, "comment-url": outcome.url } };
  return {
    outputs: {},
    annotations: [
      {
        level: "notice",
        title: "evaluate-gate",
        message: showablePart(`No report was posted: ${outcome.why}.`, 400),
      },
    ],
  };
}

function renderJudgement(outcome: Outcome): RenderedOutcome {
  const { document } = outcome;
  const failed = document.judgements.filter(
    ({ verdict, level }) => verdict === "fail" && level === "error",
  );
  return {
    outputs: {
      verdict: document.verdict,
      passed: String(document.verdict === "pass"),
      metrics: JSON.stringify(
        Object.fromEntries(
          Object.entries(document.metrics).map(([name, { value }]) => [name, value]),
        ),
      ),
      "report-path": outcome.reportPath,
      "html-path": outcome.htmlPath ?? "",
      "baseline-version": document.baseline?.rows === 0 ? "" : (document.baseline?.version ?? ""),
      "failed-thresholds": JSON.stringify(failed.map(({ threshold }) => threshold)),
      "failed-checks": JSON.stringify(failedChecks(document)),
      "comment-url": outcome.comment.kind === "written" ? outcome.comment.url : "",
    },
    ...(outcome.wantsSummary && { summary: renderMarkdown(outcome.report.blocks) }),
    annotations: annotationsOf(outcome),
    ...(document.verdict === "fail" &&
      outcome.failOnVerdict && {
        failure: `${document.model}: fail. ${showablePart(document.reason, 600)}`,
      }),
  };
}

/** Names of the checks that failed, those that only warn included. */
function failedChecks({ checks = [] }: Outcome["document"]): readonly string[] {
  return [...new Set(checks.flatMap(({ name, verdict }) => (verdict === "fail" ? [name] : [])))];
}

const MOST_THRESHOLDS = 8;
const MOST_ANNOTATIONS = 10;

function annotationsOf({ document, comment, check, places }: Outcome): readonly Annotation[] {
  const title = `evaluate-gate ${document.model}`;
  const found: Annotation[] = [];
  if (document.verdict === "inconclusive")
    found.push({
      level: "warning",
      title,
      message: `inconclusive: ${showablePart(document.reason, 600)}`,
    });
  if (comment.kind === "refused") found.push(describeRefusal(comment, title));
  if (check.kind === "refused" && check.asked)
    found.push({
      level: "warning",
      title,
      message: `The check run could not be added: ${check.why} Give the job permissions: checks: write.`,
    });
  // The check run's own remarks stand at the same lines: twice would be once too often.
  const remarks = remarksOf(document, places).map((remark) =>
    toAnnotation(remark, check.kind !== "written"),
  );
  const thresholds = [...found, ...remarks.slice(0, MOST_THRESHOLDS - found.length)];
  return [...thresholds, ...checkAnnotations(document.checks ?? [], title)].slice(
    0,
    MOST_ANNOTATIONS,
  );
}

function toAnnotation({ level, title, message, place }: Remark, wantsPlace: boolean): Annotation {
  const at = wantsPlace && place !== null ? { file: place.path, line: place.line } : {};
  return { level, title, message, ...at };
}

function describeRefusal(
  comment: Extract<Outcome["comment"], { kind: "refused" }>,
  title: string,
): Annotation {
  return comment.fromFork
    ? {
        level: "notice",
        title,
        message:
          "The pull request comes from a fork, whose token may not write comments: the report is in the job's summary and in the artifact. The README shows a workflow_run workflow that posts it.",
      }
    : {
        level: "warning",
        title,
        message: `The comment could not be written: ${comment.why} Give the job permissions: pull-requests: write.`,
      };
}
