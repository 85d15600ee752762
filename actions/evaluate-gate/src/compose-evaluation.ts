import type { Evaluation } from "#core";
import { analysisDocument } from "./analysis/analysis-document.ts";
import type { Findings } from "./findings.ts";

/** `evaluation.json` of what was found. */
export function composeEvaluation(findings: Findings, created: Date): Evaluation {
  const { subject, candidate, whole, baseline, compared } = findings;
  const { rows, meaning } = candidate;
  const told = candidate.open === null ? null : subject.toldAnswers;
  return {
    schema: "slipway/evaluation@1",
    model: subject.model,
    run: subject.run?.id ?? null,
    created: created.toISOString(),
    task: meaning.task,
    classes: [...meaning.classes],
    positive_class: meaning.positiveClass,
    ...(told !== null && { answers: told }),
    rows: rows.table.rows,
    data: { name: rows.name, digest: rows.digest },
    scored_by: candidate.scoredBy,
    verdict: whole.verdict,
    reason: whole.reason,
    baseline: describeBaseline(findings),
    metrics: Object.fromEntries(findings.metrics),
    ...(baseline.kind === "scored" && {
      baseline_metrics: Object.fromEntries(
        compared.map(({ name, reference, difference }) => [
          name,
          {
            value: reference,
            ...(reference === null && { reason: difference.reason ?? "undefined" }),
          },
        ]),
      ),
      differences: Object.fromEntries(compared.map(({ name, difference }) => [name, difference])),
    }),
    slices: findings.slices.map(({ column, value, rows: own, metrics }) => ({
      column,
      value,
      rows: own.length,
      metrics: Object.fromEntries(metrics),
    })),
    judgements: [...findings.judgements],
    checks: findings.checks.map(({ margin: _margin, needs: _needs, ...check }) => check),
    ...(findings.analysis !== null && { error_analysis: analysisDocument(findings.analysis) }),
  };
}

function describeBaseline({ baseline }: Findings): Evaluation["baseline"] {
  switch (baseline.kind) {
    case "absent":
      return null;
    case "not-compared":
      return {
        name: baseline.version ?? "baseline",
        version: baseline.version,
        rows: 0,
        scored_by: `not compared: ${baseline.why}`,
      };
    case "scored":
      return {
        name: baseline.name,
        version: baseline.version,
        rows: baseline.rows.length,
        scored_by: baseline.scoredBy,
        ...(baseline.commit !== undefined && { commit: baseline.commit }),
        ...(baseline.note !== null && { note: baseline.note }),
      };
  }
}
