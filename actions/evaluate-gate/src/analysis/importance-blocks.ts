import {
  folded,
  formatNumber,
  formatSigned,
  lineBreak,
  own,
  paragraph,
  small,
  type Block,
  type Phrase,
} from "#report";
import type { AttributionSummary, ErrorAnalysis, Importance } from "./error-analysis.ts";

/** Columns that a report lists; evaluation.json has all. */
const MOST_FEATURES = 15;

/** What the model relies on: permutation importance beside mean attributions, or why there are none. */
export function importanceBlocks({ importance, attributions }: ErrorAnalysis): readonly Block[] {
  const title: Phrase = [own("What the model relies on")];
  if (importance.kind === "left-out" && attributions.kind === "left-out") {
    return [folded(title, paragraph(own("Left out: "), importance.why, own(".")))];
  }
  return [
    folded(
      title,
      ...(importance.kind === "found"
        ? importanceTable(importance, attributions)
        : [paragraph(own("Permutation importance is left out: "), importance.why, own("."))]),
      ...(attributions.kind === "found"
        ? attributionTable(attributions, importance.kind === "found")
        : [paragraph(small(own("Attributions are left out: "), attributions.why, own(".")))]),
    ),
  ];
}

function importanceTable(
  importance: Importance,
  attributions: ErrorAnalysis["attributions"],
): readonly Block[] {
  const { metric, features, higherIsBetter, value, rows, ofRows, repeats, leftOut } = importance;
  const sizes =
    attributions.kind === "found"
      ? new Map(attributions.features.map(({ column, meanSize }) => [column, meanSize]))
      : null;
  const shown = features.slice(0, MOST_FEATURES);
  const sampled = rows < ofRows ? ` of ${formatNumber(ofRows)}, drawn at random` : "";
  return [
    {
      kind: "table",
      headers: [
        [own("column")],
        [metric, own(higherIsBetter ? " lost" : " gained")],
        ...(sizes === null ? [] : [[own("mean attribution")]]),
      ],
      numeric: sizes === null ? [1] : [1, 2],
      rows: shown.map(({ column, mean, deviation }) => [
        [column],
        [
          own(formatSigned(mean)),
          ...(deviation === null ? [] : [lineBreak, small(own(`± ${formatNumber(deviation)}`))]),
        ],
        ...(sizes === null ? [] : [[own(formatNumber(sizes.get(column)))]]),
      ]),
    },
    paragraph(
      small(
        ...(features.length > shown.length
          ? [own(`${features.length - shown.length} further columns matter less. `)]
          : []),
        own("How much worse "),
        metric,
        own(
          ` (${formatNumber(value)} here) gets when one column's values are shuffled among the rows: mean and standard deviation of ${repeats === 1 ? "1 shuffle" : `${repeats} shuffles`} over the same ${formatNumber(rows)} rows${sampled}. Columns that carry the same information share it: each alone can look unimportant although both together are not, and shuffling one makes rows that do not occur.`,
        ),
        ...(leftOut.length === 0
          ? []
          : [
              own(` No time was left for ${leftOut.length} columns, among them `),
              leftOut.slice(0, 5).join(", "),
              own("; error-analysis: full allows more."),
            ]),
      ),
    ),
  ];
}

function attributionTable(
  attributions: AttributionSummary,
  isBesideImportance: boolean,
): readonly Block[] {
  const { features, rows, background, method, scale, error } = attributions;
  const how =
    method === "tree-shap"
      ? "exact Shapley values of the trees"
      : `Shapley values by sampling${error === null ? "" : ` (largest standard error ${formatNumber(error)})`}`;
  const unit = { probability: "scores", margin: "margins", value: "the prediction's unit" }[scale];
  const note = paragraph(
    small(
      own(
        `Mean attribution: the average size of a column's share in ${formatNumber(rows)} predictions, in ${unit}; ${how}, against ${formatNumber(background)} average rows.`,
      ),
    ),
  );
  if (isBesideImportance) return [note];
  return [
    {
      kind: "table",
      headers: [[own("column")], [own("mean attribution")]],
      numeric: [1],
      rows: features
        .slice(0, MOST_FEATURES)
        .map(({ column, meanSize }) => [[column], [own(formatNumber(meanSize))]]),
    },
    note,
  ];
}
