import { judgementBlock, own, paragraph, type Block } from "#report";
import { analysisBlocks } from "./analysis/analysis-blocks.ts";
import type { ThresholdChanges } from "./base-thresholds.ts";
import { checksBlocks } from "./checks/checks-report.ts";
import { findDoubtfulThresholds } from "./doubtful-thresholds.ts";
import type { Findings } from "./findings.ts";
import type { Inputs } from "./inputs.ts";
import { comparisonBlocks } from "./report-comparison.ts";
import {
  confusionTable,
  dataList,
  methodList,
  metricTable,
  sliceTables,
} from "./report-evidence.ts";
import { historyFold, historyLine } from "./report-history.ts";
import { describeChanges, headline, orderJudgements, sentence } from "./report-verdict.ts";
import type { PastVersion } from "./version-history.ts";

/** A report: what everybody reads first, and what is folded away. */
export interface Report {
  /** One line of text. */
  readonly title: string;
  readonly footer: string;
  readonly top: readonly Block[];
  readonly folds: readonly Block[];
  readonly blocks: readonly Block[];
}

/** What a report says besides the findings. */
export interface ReportFacts {
  readonly inputs: Inputs;
  readonly changes: ThresholdChanges | null;
  /** Oldest first. */
  readonly past: readonly PastVersion[];
  readonly created: Date;
  readonly runUrl: string | null;
}

/** Composes the report: the verdict, the thresholds, what changed against the baseline, then the evidence. */
export function composeReport(findings: Findings, facts: ReportFacts): Report {
  const { subject, whole } = findings;
  const checks = checksBlocks(findings);
  const top = [
    headline(subject.model, whole.verdict),
    sentence(findings),
    ...(facts.changes === null ? [] : [describeChanges(facts.changes)]),
    ...findDoubtfulThresholds(facts.inputs).map((doubt) => paragraph(own("⚠️ "), doubt)),
    judgementBlock(orderJudgements(findings.judgements)),
    ...checks.filter(({ kind }) => kind !== "folded"),
    ...comparisonBlocks(findings),
    ...historyLine(findings, facts.past),
  ];
  const folds = [
    ...checks.filter(({ kind }) => kind === "folded"),
    ...sliceTables(findings, facts.inputs),
    ...analysisBlocks(findings),
    ...confusionTable(findings),
    ...historyFold(findings, facts.past),
    metricTable(findings),
    dataList(findings),
    methodList(findings, facts.inputs),
  ];
  const day = facts.created.toISOString().slice(0, 16).replace("T", " ");
  return {
    title: `${subject.model}: ${whole.verdict}`,
    footer: `Slipway evaluate-gate, ${day} UTC${facts.runUrl === null ? "" : `, ${facts.runUrl}`}`,
    top,
    folds,
    blocks: [...top, ...folds],
  };
}
