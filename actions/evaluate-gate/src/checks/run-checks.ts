import type { Measure } from "#core";
import type { Evaluation } from "#stats";
import type { Candidate, ScoringContext } from "../candidate.ts";
import type { Latencies } from "../latency.ts";
import { checkBaselineGain } from "./baseline-gain.ts";
import { checkCalibration } from "./calibration.ts";
import type { CheckName } from "./catalog.ts";
import { findFeatures, type CheckContext, type Outcomes } from "./check-context.ts";
import { checkLatency, checkSize } from "./costs.ts";
import { checkDuplicates } from "./duplicates.ts";
import { checkFairness } from "./fairness.ts";
import { judgeOutcome, type CheckFinding, type Outcome } from "./finding.ts";
import { checkLabelShift } from "./label-shift.ts";
import { checkLeakage } from "./leakage.ts";
import { checkOverfit } from "./overfit.ts";
import { checkOverlap } from "./overlap.ts";
import type { ChecksChoice } from "./read-checks.ts";
import { readTrainingRows, type TrainingRows } from "./training-rows.ts";

/** What was measured by the time checks run. */
export interface Measured {
  readonly evaluation: Evaluation;
  readonly metrics: ReadonlyMap<string, Measure>;
  readonly latencies: Latencies | null;
}

const NEEDS_TRAINING: readonly CheckName[] = [
  "duplicates",
  "overlap",
  "leakage",
  "label-shift",
  "overfit",
  "baseline-gain",
];

/** Runs the checks that `checks` asks for, in the order of the report. */
export async function runChecks(
  candidate: Candidate,
  scoring: ScoringContext,
  measured: Measured,
): Promise<readonly CheckFinding[]> {
  const choice = scoring.inputs.checks;
  if (choice.parts.size === 0) return [];
  const { stopwatch, log } = scoring.ports;
  const began = stopwatch();
  const context: CheckContext = {
    ...measured,
    candidate,
    scoring,
    training: await trainingFor(choice, scoring),
    features: await findFeatures(candidate, scoring),
  };
  const findings: CheckFinding[] = [];
  for (const [name, parts] of choice.parts) {
    const outcomes = await look(name, context, choice);
    for (const [part, own] of parts) {
      const found = outcomes[part];
      const list: readonly Outcome[] = found === undefined ? [] : "kind" in found ? [found] : found;
      for (const outcome of list) findings.push(judgeOutcome({ name, part, choice: own }, outcome));
    }
  }
  log.info(`${choice.parts.size} checks took ${Math.round(stopwatch() - began)} ms.`);
  return findings;
}

async function trainingFor(choice: ChecksChoice, scoring: ScoringContext): Promise<TrainingRows> {
  if (NEEDS_TRAINING.some((name) => choice.parts.has(name))) return readTrainingRows(scoring);
  return { kind: "unknown", why: "No check needs training rows.", needs: "training-data" };
}

function look(
  name: CheckName,
  context: CheckContext,
  choice: ChecksChoice,
): Outcomes | Promise<Outcomes> {
  switch (name) {
    case "duplicates":
      return checkDuplicates(context);
    case "overlap":
      return checkOverlap(context);
    case "leakage":
      return checkLeakage(context);
    case "label-shift":
      return checkLabelShift(context);
    case "overfit":
      return checkOverfit(context, choice.overfitMetric);
    case "baseline-gain":
      return checkBaselineGain(context);
    case "calibration":
      return checkCalibration(context);
    case "fairness":
      return checkFairness(context, choice.fairnessColumns);
    case "latency":
      return checkLatency(context);
    case "size":
      return checkSize(context);
  }
}
