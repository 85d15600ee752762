import type { ErrorAnalysisDocument } from "#core";
import type { ConfusionPair, ErrorAnalysis, WorstError } from "./error-analysis.ts";

/** More of one kind than these is no report any more. */
const MOST = 50;

/**
 * Error analysis back from evaluation.json, as {@link analysisDocument} wrote it. Of long lists their
 * beginning; values of columns are left out, whoever showed them where it was written.
 */
export function readAnalysis(document: ErrorAnalysisDocument): ErrorAnalysis {
  const { extent, loss } = document;
  return {
    extent,
    loss: loss.name,
    meanLoss: loss.mean,
    segments: segmentsOf(document),
    worst: worstOf(document),
    confusions: confusionsOf(document),
    importance: importanceOf(document),
    attributions: attributionsOf(document),
    timings: [],
  };
}

function segmentsOf({ segments: part }: ErrorAnalysisDocument): ErrorAnalysis["segments"] {
  if (part.kind === "left-out") return { kind: "left-out", why: part.why };
  const { search } = part;
  return {
    kind: "found",
    search: {
      ...search,
      ofRows: search.of_rows,
      pairedColumns: search.paired_columns,
      columnsLeftOut: search.columns_left_out,
      minRows: search.min_rows,
      leastEffect: search.least_effect,
    },
    segments: part.segments.slice(0, MOST).map((one) => ({
      ...one,
      terms: one.terms.slice(0, 2),
      restLoss: one.rest_loss,
      adjustedP: one.adjusted_p,
      restAccuracy: one.rest_accuracy,
    })),
  };
}

function worstOf({ worst_errors: part }: ErrorAnalysisDocument): ErrorAnalysis["worst"] {
  if (part.kind === "left-out") return { kind: "left-out", why: part.why };
  const errors = part.errors.slice(0, MOST).map((one): WorstError => ({
    ...one,
    row: one.row - 1,
    rowInFile: one.row_in_file - 1,
    values: [],
  }));
  return { kind: "found", wrongRows: part.wrong_rows, errors };
}

function confusionsOf({ confusions: part }: ErrorAnalysisDocument): ErrorAnalysis["confusions"] {
  if (part.kind === "left-out") return { kind: "left-out", why: part.why };
  const pairs = part.pairs.slice(0, MOST).map(({ change, ...pair }): ConfusionPair => ({
    ...pair,
    change: change && {
      candidate: change.candidate,
      baseline: change.baseline,
      onlyCandidate: change.only_candidate,
      onlyBaseline: change.only_baseline,
      p: change.p,
      adjustedP: change.adjusted_p,
    },
  }));
  return { ...part, kind: "found", pairs };
}

function importanceOf({ importance: part }: ErrorAnalysisDocument): ErrorAnalysis["importance"] {
  if (part.kind === "left-out") return { kind: "left-out", why: part.why };
  return {
    ...part,
    kind: "found",
    higherIsBetter: part.higher_is_better,
    ofRows: part.of_rows,
    leftOut: part.left_out,
  };
}

function attributionsOf({
  attributions: part,
}: ErrorAnalysisDocument): ErrorAnalysis["attributions"] {
  if (part.kind === "left-out") return { kind: "left-out", why: part.why };
  const features = part.features.map(({ column, mean_size: meanSize }) => ({ column, meanSize }));
  return { ...part, kind: "found", features };
}
