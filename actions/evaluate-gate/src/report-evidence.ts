import type { Measure } from "#core";
import {
  code,
  folded,
  formatInterval,
  formatNumber,
  intervalBelow,
  own,
  paragraph,
  small,
  strong,
  type Block,
  type Inline,
  type Phrase,
  type TableBlock,
} from "#report";
import { confusionOf } from "#stats";
import type { EvaluationRows } from "./evaluation-rows.ts";
import type { Findings } from "./findings.ts";
import type { Inputs } from "./inputs.ts";

/** A slice as a report shows it. */
export interface ShownSlice {
  readonly column: string;
  readonly value: string;
  readonly count: number;
  readonly metrics: ReadonlyMap<string, Measure>;
}

/** The metrics of each value of the columns that were asked for. */
export function sliceTables({ slices }: Findings, inputs: Inputs): readonly Block[] {
  const note = `Values with at least ${inputs.minSliceRows} rows, the most frequent first. The more values there are, the likelier one looks bad by chance: a threshold for each value calls one bad only when its p, adjusted by ${CORRECTIONS[inputs.correction]}, is at most ${Number(((1 - inputs.confidence) / 2).toPrecision(3))}.`;
  return tablesOfSlices(
    slices.map((slice) => ({ ...slice, count: slice.rows.length })),
    paragraph(own(note)),
  );
}

/** Slices in a table a column, with a remark below; nothing without any. */
export function tablesOfSlices(
  slices: readonly ShownSlice[],
  ...remarks: readonly Block[]
): readonly Block[] {
  if (slices.length === 0) return [];
  const columns = [...new Set(slices.map(({ column }) => column))];
  const names = [...(slices[0]?.metrics.keys() ?? [])];
  const tables = columns.map((column): TableBlock => ({
    kind: "table",
    headers: [[column], [own("rows")], ...names.map((name): Phrase => [own(name)])],
    numeric: [1, ...names.map((_, at) => at + 2)],
    rows: slices
      .filter((slice) => slice.column === column)
      .map(({ value, count, metrics }) => [
        [code(value)],
        [own(formatNumber(count))],
        ...names.map((name) => describeMeasure(metrics.get(name))),
      ]),
  }));
  return [folded([own("Slices: "), columns.join(", ")], ...tables, ...remarks)];
}

function describeMeasure(measure: Measure | undefined): Phrase {
  if (measure === undefined || measure.value === null) {
    return measure?.reason === undefined ? [own("—")] : [own("— "), small(measure.reason)];
  }
  return [own(formatNumber(measure.value)), ...intervalBelow(measure.low, measure.high)];
}

const MOST_CONFUSION_CLASSES = 12;

/** How often each class was taken for which. */
export function confusionTable({ evaluation }: Findings): readonly Block[] {
  if (evaluation.task === "regression" || evaluation.classes.length > MOST_CONFUSION_CLASSES)
    return [];
  const { classes } = evaluation;
  const { cells } = confusionOf(evaluation);
  const round = (value: number): string => formatNumber(Math.round(value * 100) / 100);
  return [
    folded([own("Confusion matrix")], {
      kind: "table",
      headers: [[own("true ↓ predicted →")], ...classes.map((name): Phrase => [code(name)])],
      numeric: classes.map((_, at) => at + 1),
      rows: classes.map((truth, row) => [
        [code(truth)],
        ...classes.map((_, column): Phrase => {
          const text = own(round(cells[row * classes.length + column] ?? 0));
          return [row === column ? strong(text) : text];
        }),
      ]),
    }),
  ];
}

/** Every metric with its interval, or why there is none. */
export function metricTable({ metrics }: Findings): Block {
  return folded([own(`All ${metrics.size} metrics`)], {
    kind: "table",
    headers: ["metric", "value", "interval", ""].map((text) => [own(text)]),
    numeric: [1, 2],
    rows: [...metrics].map(([name, measure]) => [
      [code(name)],
      [own(formatNumber(measure.value))],
      [own(formatInterval(measure.low, measure.high))],
      measure.value === null ? [small(measure.reason ?? "undefined")] : [],
    ]),
  });
}

/** What was evaluated. */
export function dataList({ candidate, evaluation, subject }: Findings): Block {
  const { rows, meaning, answers } = candidate;
  const counts =
    evaluation.task === "regression"
      ? []
      : [...confusionOf(evaluation).truthTotals].flatMap((count, at): Inline[] => [
          ...(at === 0 ? [] : [own(", ")]),
          code(meaning.classes[at] ?? ""),
          own(` ${formatNumber(Math.round(count * 100) / 100)}`),
        ]);
  const notes = [...answers.notes, ...(candidate.open?.model.notes ?? [])];
  return folded([own("Data and model")], {
    kind: "list",
    items: [
      [
        own(`${formatNumber(rows.table.rows)} rows of `),
        code(rows.name),
        own(", "),
        code(rows.digest),
      ],
      [own("target "), code(subject.target), own(`, ${meaning.task}`)],
      ...(counts.length === 0 ? [] : [[own("rows by class: "), ...counts]]),
      ...(rows.weight === null ? [] : [[own("weighted by "), code(rows.weight.name)]]),
      [own(`scored ${candidate.scoredBy}`)],
      ...notes.map((note): Phrase => [note]),
    ],
  });
}

const BOOTSTRAPS: Readonly<Record<Inputs["intervals"], string>> = {
  auto: "bootstrap percentiles, expanded for few rows and, of gaps such as ece that noise lifts, by their mirror image, or the bootstrap t of means such as losses and errors",
  percentile: "bootstrap percentiles",
  bca: "bootstrapped by BCa",
};

function describeIntervals({ intervals }: Inputs, { weight, clusters }: EvaluationRows): string {
  const bootstrap = BOOTSTRAPS[intervals];
  if (intervals !== "auto") return `All are ${bootstrap}`;
  if (clusters !== null) return `Rows belong together, so all are ${bootstrap}`;
  return weight === null
    ? `Wilson's for shares of rows, DeLong's for areas under ROC curves and likewise for average precision, else ${bootstrap}`
    : `Rows are weighted, so all are ${bootstrap}`;
}

/** What is drawn with replacement: rows, or whole entities. */
function rowsDrawn({ cluster }: Inputs, { clusters }: EvaluationRows): Phrase {
  if (cluster === null || clusters === null) return [own("Rows are taken as independent.")];
  const count = formatNumber(new Set(clusters).size);
  return [
    own("Rows of one "),
    code(cluster),
    own(` belong together: whole entities are resampled, of which there are ${count}.`),
  ];
}

const CORRECTIONS: Readonly<Record<Inputs["correction"], string>> = {
  bh: "Benjamini–Hochberg",
  holm: "Holm",
};

/** How intervals were made and bounds held. */
export function methodList({ baseline, candidate, compared }: Findings, inputs: Inputs): Block {
  const confidence = `${formatNumber(inputs.confidence * 100)} %`;
  const rows = rowsDrawn(inputs, candidate.rows);
  return folded([own("How it was compared and judged")], {
    kind: "list",
    items: [
      [
        own(
          `Intervals hold ${confidence}. ${describeIntervals(inputs, candidate.rows)} (${formatNumber(inputs.resamples)} resamples, seed ${inputs.seed}; a tenth of them for metrics that are neither judged nor compared). Where no row varies, resampling would show no width: the interval ends where Clopper and Pearson's does at none or all of the rows. `,
        ),
        ...rows,
      ],
      [
        own(
          "A bound against a reference is judged on the interval of the paired difference: both models on the same rows, so that what both find hard cancels out. It passes when the whole interval keeps the bound, fails when none of it does, and is inconclusive else.",
        ),
      ],
      [
        own(
          inputs.plainBounds === "point"
            ? "A bound that is a number judges the value itself."
            : "A bound that is a number judges the interval: inconclusive when the bound lies inside it.",
        ),
      ],
      ...(compared.length === 0
        ? []
        : [
            [
              own(
                "The marks better and worse of the metrics look at each metric's own interval. They are not corrected for the number of metrics: of many metrics, some are marked by chance.",
              ),
            ],
          ]),
      ...(baseline.kind === "scored"
        ? [[own("The baseline was scored "), baseline.scoredBy, own(".")]]
        : [[own("No baseline was compared: "), baseline.why, own(".")]]),
      [own(`Inconclusive thresholds: ${inputs.onInconclusive}.`)],
    ],
  });
}
