import { describeTraffic } from "#google";
import {
  codeText,
  details,
  escapeText,
  formatNumber,
  judgementTable,
  markdownTable,
  paragraphs,
  verdictHeadline,
  verdictMark,
  type Markdown,
} from "#report";
import type { Annotation, RenderedOutcome } from "#toolkit";
import type { StepRecord } from "./journal.ts";
import { measureOf } from "./judge-look.ts";
import type { DryRunOutcome, Outcome, RolloutOutcome, StatusOutcome } from "./outcome.ts";
import type { ServedFigures } from "./served-figures.ts";
import { trafficChart } from "./traffic-chart.ts";

const LONGEST_REASON = 2000;

/** What deploy-cloud-run tells the runner and the reader of the summary. */
export function renderOutcome(outcome: Outcome): RenderedOutcome {
  switch (outcome.kind) {
    case "rollout":
      return renderRollout(outcome);
    case "status":
      return renderStatus(outcome);
    case "dry-run":
      return renderDryRun(outcome);
  }
}

function renderRollout(outcome: RolloutOutcome): RenderedOutcome {
  const { end, verdict, journal } = outcome;
  const title = `${outcome.model} ${outcome.version} on ${outcome.service}: ${end.replaceAll("-", " ")}`;
  return {
    outputs: {
      revision: outcome.revision ?? "",
      "previous-revision": outcome.previousRevision ?? "",
      url: outcome.url ?? "",
      "tag-url": outcome.tagUrl ?? "",
      traffic: JSON.stringify(outcome.traffic),
      verdict,
      "rolled-back": String(end === "rolled-back"),
      "rollout-id": outcome.rolloutId,
      "model-version": outcome.version,
      "deployment-id": outcome.deploymentId === null ? "" : String(outcome.deploymentId),
    },
    summary: composeSummary(outcome),
    annotations: [
      ...(end === "held" ? [warning(`${title}. ${outcome.reason}`)] : []),
      ...journal.warnings.map(warning),
    ],
    ...(verdict === "fail" && { failure: `${title}. ${outcome.reason}` }),
  };
}

function warning(message: string): Annotation {
  return { level: "warning", message };
}

const HEADLINES: Readonly<Record<RolloutOutcome["end"], string>> = {
  deployed: "serves all traffic",
  "already-deployed": "served all traffic already",
  held: "is held",
  "rolled-back": "was rolled back",
  "left-private": "is not open to callers",
  interrupted: "was interrupted",
  "serves-unproven": "serves unproven",
};

/** The summary of a rollout: verdict, steps, what it rests on. */
export function composeSummary(outcome: RolloutOutcome): Markdown {
  const { journal, model, version, end } = outcome;
  const { steps, smoke, marks } = journal;
  return paragraphs(
    verdictHeadline(outcome.verdict, `${escapeText(`${model} ${version}`)} ${HEADLINES[end]}`),
    escapeText(outcome.reason, LONGEST_REASON),
    steps.length === 0 ? null : stepTable(steps),
    marks.length === 0 ? null : trafficChart(journal, outcome.finished),
    factTable(outcome),
    ...steps.map((step) =>
      step.judgements.length === 0
        ? null
        : details(
            `${step.percent} %: ${verdictMark(step.verdict)}`,
            paragraphs(escapeText(step.reason, LONGEST_REASON), judgementTable(step.judgements)),
          ),
    ),
    smoke === null
      ? null
      : details(
          `Smoke test: ${verdictMark(smoke.verdict)}`,
          paragraphs(
            escapeText(smoke.reason, LONGEST_REASON),
            smoke.judgements.length === 0 ? null : judgementTable(smoke.judgements),
          ),
        ),
  );
}

function stepTable(steps: readonly StepRecord[]): Markdown {
  return markdownTable({
    headers: [
      "traffic",
      "",
      "requests",
      "5xx",
      "p95 ms",
      "stable: requests",
      "5xx",
      "p95 ms",
      "verdict",
    ],
    numeric: [0, 2, 3, 4, 5, 6, 7],
    rows: steps.map((step) => [
      `${step.percent} %`,
      duration(step.started, step.finished),
      ...figureCells(step.candidate),
      ...figureCells(step.stable),
      verdictMark(step.verdict),
    ]),
  });
}

function figureCells(figures: ServedFigures | null): readonly Markdown[] {
  if (figures === null) return ["—", "—", "—"];
  return [figures.requests, figures.errors, measureOf("p95_ms", figures).value].map((value) =>
    formatNumber(value),
  );
}

function duration(started: Date, finished: Date): string {
  const seconds = (finished.getTime() - started.getTime()) / 1000;
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`;
}

function factTable(outcome: RolloutOutcome): Markdown {
  const { previousVersion, previousRevision, stage, url, tagUrl } = outcome;
  const orNone = (value: string | null): Markdown => (value === null ? "none" : codeText(value));
  const rows: (readonly [string, Markdown])[] = [
    [
      "service",
      `${codeText(outcome.service)} in ${codeText(outcome.region)}, ${codeText(outcome.project)}`,
    ],
    ["revision", orNone(outcome.revision)],
    [
      "before",
      `${orNone(previousVersion)} ${previousRevision === null ? "" : codeText(previousRevision)}`,
    ],
    ["traffic now", escapeText(describeTraffic(outcome.traffic), LONGEST_REASON)],
    ["URL", orNone(url)],
    ["tag URL", orNone(tagUrl)],
    ["stage tag", stage === null ? "none" : codeText(stage.tag)],
    ["rollout", orNone(outcome.rolloutId === "" ? null : outcome.rolloutId)],
  ];
  return markdownTable({ headers: ["", ""], rows });
}

function renderStatus(outcome: StatusOutcome): RenderedOutcome {
  const { revisions, traffic } = outcome;
  const [serving] = revisions.toSorted((left, right) => right.percent - left.percent);
  const stages = Object.entries(outcome.stages).map(
    ([stage, version]) =>
      `${escapeText(stage)}: ${version === null ? "nothing" : codeText(version)}`,
  );
  return {
    outputs: {
      revision: serving?.revision ?? "",
      url: outcome.url ?? "",
      traffic: JSON.stringify(traffic),
      "model-version": serving?.version ?? "",
    },
    summary: paragraphs(
      `## ${escapeText(outcome.service)}: ${escapeText(describeTraffic(traffic), LONGEST_REASON)}`,
      outcome.rollout === null ? null : escapeText(outcome.rollout, LONGEST_REASON),
      stages.length === 0 ? null : `Stages: ${stages.join(", ")}`,
      markdownTable({
        headers: ["revision", "version", "traffic", "tags", "ready", "made"],
        numeric: [2],
        rows: revisions
          .slice(0, 50)
          .map((revision) => [
            codeText(revision.revision),
            revision.version === null ? "—" : codeText(revision.version),
            `${revision.percent} %`,
            revision.tags.map(codeText).join(" "),
            revision.ready ? "yes" : "no",
            escapeText(revision.created ?? "—"),
          ]),
      }),
    ),
  };
}

function renderDryRun(outcome: DryRunOutcome): RenderedOutcome {
  const { changes, mode, model, version } = outcome;
  const what = `${escapeText(`${model} ${version}`)} on ${escapeText(outcome.service)}`;
  return {
    outputs: {
      revision: outcome.revision ?? "",
      url: outcome.url ?? "",
      traffic: JSON.stringify(outcome.traffic),
      "model-version": version,
    },
    summary: paragraphs(
      `## Dry run: ${mode === "rollback" ? "rollback to" : "rollout of"} ${what}`,
      changes.length === 0
        ? "Nothing would change: it has all traffic already, with these settings."
        : "Cloud Run has checked the change. Nothing was changed.",
      changes.map((change) => `- ${escapeText(change, LONGEST_REASON)}`).join("\n"),
    ),
  };
}
