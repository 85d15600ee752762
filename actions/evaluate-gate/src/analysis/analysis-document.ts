import type { ErrorAnalysisDocument } from "#core";
import type { ErrorAnalysis, WorstError } from "./error-analysis.ts";

/** Error analysis as evaluation.json keeps it; rows count from 1 there. */
export function analysisDocument(analysis: ErrorAnalysis): ErrorAnalysisDocument {
  return {
    extent: analysis.extent,
    loss: { name: analysis.loss, mean: analysis.meanLoss },
    segments: segmentsOf(analysis),
    worst_errors: worstOf(analysis),
    confusions: confusionsOf(analysis),
    importance: importanceOf(analysis),
    attributions: attributionsOf(analysis),
    timings_ms: Object.fromEntries(
      analysis.timings.map(({ part, ms }) => [part, Number(ms.toFixed(3))]),
    ),
  };
}

function segmentsOf({ segments: part }: ErrorAnalysis): ErrorAnalysisDocument["segments"] {
  if (part.kind === "left-out") return part;
  const { search, segments } = part;
  const { ofRows, pairedColumns, columnsLeftOut, minRows, leastEffect, ...searched } = search;
  return {
    kind: "found",
    search: {
      ...searched,
      of_rows: ofRows,
      paired_columns: pairedColumns,
      columns_left_out: columnsLeftOut,
      min_rows: minRows,
      least_effect: leastEffect,
    },
    segments: segments.map(({ terms, restLoss, adjustedP, restAccuracy, ...one }) => ({
      terms: terms.map((term) => ({ ...term })),
      ...one,
      rest_loss: restLoss,
      adjusted_p: adjustedP,
      rest_accuracy: restAccuracy,
    })),
  };
}

function worstOf({ worst: part }: ErrorAnalysis): ErrorAnalysisDocument["worst_errors"] {
  if (part.kind === "left-out") return part;
  return { kind: "found", wrong_rows: part.wrongRows, errors: part.errors.map(errorOf) };
}

function errorOf(error: WorstError) {
  const { row, rowInFile, values, contributions, ...one } = error;
  return {
    row: row + 1,
    row_in_file: rowInFile + 1,
    ...one,
    // A value that JSON cannot hold (NaN, infinity) is written out.
    values: Object.fromEntries(
      values.map(({ column, value }) => [
        column,
        typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
      ]),
    ),
    contributions: contributions === null ? null : contributions.map((each) => ({ ...each })),
  };
}

function confusionsOf({ confusions: part }: ErrorAnalysis): ErrorAnalysisDocument["confusions"] {
  if (part.kind === "left-out") return part;
  const { pairs, ...one } = part;
  return {
    ...one,
    pairs: pairs.map(({ change, ...pair }) => ({
      ...pair,
      change: change && {
        candidate: change.candidate,
        baseline: change.baseline,
        only_candidate: change.onlyCandidate,
        only_baseline: change.onlyBaseline,
        p: change.p,
        adjusted_p: change.adjustedP,
      },
    })),
  };
}

function importanceOf({ importance: part }: ErrorAnalysis): ErrorAnalysisDocument["importance"] {
  if (part.kind === "left-out") return part;
  const { higherIsBetter, ofRows, leftOut, features, ...one } = part;
  return {
    ...one,
    higher_is_better: higherIsBetter,
    of_rows: ofRows,
    features: features.map((feature) => ({ ...feature })),
    left_out: [...leftOut],
  };
}

function attributionsOf({
  attributions: part,
}: ErrorAnalysis): ErrorAnalysisDocument["attributions"] {
  if (part.kind === "left-out") return part;
  const { outputs, features, ...one } = part;
  return {
    ...one,
    outputs: [...outputs],
    features: features.map(({ column, meanSize }) => ({ column, mean_size: meanSize })),
  };
}
