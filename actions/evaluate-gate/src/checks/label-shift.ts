import type { Column } from "#core";
import { toText } from "#data";
import { formatNumber } from "#report";
import { binSample, judgeColumn, quantileEdges, type DriftColumn } from "#stats";
import { FEWEST_ROWS, type Check, type CheckContext } from "./check-context.ts";
import { percent, quoteName, type Outcome } from "./finding.ts";

const BINS = 20;

/** Whether the target is distributed here as it was in training, beyond what sampling gives. */
export const checkLabelShift: Check = (context) => ({ distance: compareTargets(context) });

function compareTargets({ training, candidate, evaluation, scoring }: CheckContext): Outcome {
  if (training.kind === "unknown") return training;
  const name = quoteName(candidate.rows.target.name);
  if (training.target === null)
    return { kind: "unknown", why: `${training.name} has no column ${name}.` };
  const isRegression = evaluation.task === "regression";
  const found = isRegression
    ? binValues(training.target, candidate.rows.target)
    : countClasses(training.target, candidate.rows.target);
  if (found === null)
    return { kind: "unknown", why: `The target ${name} holds no numbers in ${training.name}.` };
  const confidence = 0.99;
  const judged = judgeColumn(found.column, {
    statistic: "js",
    threshold: 0,
    confidence,
    minRows: FEWEST_ROWS,
    seed: scoring.inputs.seed,
  });
  if (judged.score === null) return { kind: "unknown", why: `${judged.reason ?? "undefined"}.` };

  const { score, drifted } = judged;
  const noise =
    judged.noise === null
      ? ""
      : ` Chance alone stays below ${formatNumber(judged.noise, 3)} (99 %).`;
  return {
    kind: "measured",
    value: score,
    low: null,
    high: null,
    isBeyondChance: drifted,
    found: `The target ${name} lies at a distance of ${formatNumber(score, 3)} from training${found.example()}.${noise}`,
    advice:
      "Metrics then hold for other rows than the model learnt from: stratify the split, or train on rows like these.",
  };
}

interface Compared {
  readonly column: DriftColumn;
  /** Where both differ most. */
  example(): string;
}

function countClasses(training: Column, here: Column): Compared {
  const [first, second] = [toText(training), toText(here)];
  const names = [...new Set([...first.levels, ...second.levels])];
  const place = new Map(names.map((name, at) => [name, at]));
  const count = ({ codes, levels }: typeof first): Float64Array => {
    const counts = new Float64Array(names.length);
    const places = levels.map((level) => place.get(level) ?? 0);
    for (const code of codes) {
      const at = places[code];
      if (at !== undefined) counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  };
  const [reference, current] = [count(first), count(second)];
  return {
    column: { reference: { counts: reference }, current: { counts: current }, isOrdered: false },
    example: () => {
      const [before, now] = [sharesOf(reference), sharesOf(current)];
      const at = largestChange(before, now);
      return `: ${quoteName(names[at] ?? "")} was ${percent(before[at] ?? 0)} of rows and is ${percent(now[at] ?? 0)}`;
    },
  };
}

function binValues(training: Column, here: Column): Compared | null {
  if (training.kind !== "number" || here.kind !== "number") return null;
  const known = training.values.filter((value) => Number.isFinite(value));
  const own = here.values.filter((value) => Number.isFinite(value));
  if (known.length === 0 || own.length === 0) return null;
  const edges = quantileEdges(known, BINS);
  const [reference, current] = [binSample(known, edges), binSample(own, edges)];
  return {
    column: { reference, current, isOrdered: true },
    example: () =>
      `: its mean was ${formatNumber(meanOf(known))} and is ${formatNumber(meanOf(own))}`,
  };
}

function sharesOf(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

function largestChange(before: Float64Array, now: Float64Array): number {
  const changes = now.map((share, at) => Math.abs(share - (before[at] ?? 0)));
  return changes.indexOf(changes.reduce((most, change) => Math.max(most, change), 0));
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
