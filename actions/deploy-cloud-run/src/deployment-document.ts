import type { Deployment } from "#core";
import type { RolloutOutcome } from "./outcome.ts";
import { measureOf } from "./judge-look.ts";
import type { ServedFigures } from "./served-figures.ts";

/** `deployment.json`: what was deployed, each step and its verdict. */
export function composeDeployment(outcome: RolloutOutcome): Deployment {
  const { journal } = outcome;
  return {
    schema: "slipway/deployment@1",
    model: outcome.model,
    version: outcome.version,
    previous_version: outcome.previousVersion,
    environment: outcome.environment,
    service: outcome.service,
    region: outcome.region,
    project: outcome.project,
    mode: outcome.mode,
    strategy: outcome.strategy,
    rollout: outcome.rolloutId,
    started: journal.started.toISOString(),
    finished: outcome.finished.toISOString(),
    revision: outcome.revision,
    previous_revision: outcome.previousRevision,
    url: outcome.url,
    tag_url: outcome.tagUrl,
    verdict: outcome.verdict,
    rolled_back: outcome.end === "rolled-back",
    reason: outcome.reason,
    end: outcome.end,
    stage_tag: outcome.stage?.tag ?? null,
    deployment_id: outcome.deploymentId,
    smoke: journal.smoke === null ? null : composeSmoke(journal.smoke),
    steps: journal.steps.map((step) => ({
      percent: step.percent,
      started: step.started.toISOString(),
      finished: step.finished.toISOString(),
      candidate_requests: step.candidate.requests,
      stable_requests: step.stable?.requests ?? 0,
      candidate: composeFigures(step.candidate),
      stable: step.stable === null ? null : composeFigures(step.stable),
      verdict: step.verdict,
      reason: step.reason,
      judgements: [...step.judgements],
    })),
    traffic_marks: journal.marks.map(({ at, percent }) => ({ at: at.toISOString(), percent })),
    traffic: outcome.traffic.map((target) => ({
      revision: target.revision ?? "LATEST",
      percent: target.percent ?? 0,
      tag: target.tag ?? null,
    })),
    warnings: [...journal.warnings],
  };
}

function composeSmoke(smoke: NonNullable<RolloutOutcome["journal"]["smoke"]>) {
  const { verdict, reason, measures } = smoke;
  return { verdict, reason, measures };
}

function composeFigures(figures: ServedFigures) {
  const { requests, errors } = figures;
  const value = (metric: string) => measureOf(metric, figures).value;
  return {
    requests,
    errors,
    p50_ms: value("p50_ms"),
    p95_ms: value("p95_ms"),
    p99_ms: value("p99_ms"),
  };
}
