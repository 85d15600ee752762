import {
  code,
  folded,
  formatNumber,
  formatSigned,
  intervalBelow,
  lineBreak,
  own,
  paragraph,
  small,
  strong,
  type Block,
  type Phrase,
} from "#report";
import type { Findings } from "../findings.ts";
import { importanceBlocks } from "./importance-blocks.ts";
import type {
  ConfusionChange,
  ErrorAnalysis,
  LossName,
  SegmentSearch,
  WeakSegment,
  WorstError,
} from "./error-analysis.ts";

/** The report's folded parts on errors: weak segments, worst errors, confusions, what the model relies on. */
export function analysisBlocks({ analysis }: Pick<Findings, "analysis">): readonly Block[] {
  if (analysis === null) return [];
  return [
    ...segmentBlocks(analysis),
    ...worstBlocks(analysis),
    ...confusionBlocks(analysis),
    ...importanceBlocks(analysis),
  ];
}

/** What a loss is called. */
export const LOSSES: Readonly<Record<LossName, string>> = {
  brier: "Brier score",
  zero_one: "share of wrong rows",
  absolute_error: "mean absolute error",
};

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.001 ? 2 : 1)} %`;
}

function segmentBlocks({ segments: part, loss }: ErrorAnalysis): readonly Block[] {
  if (part.kind === "left-out") return [];
  const { search, segments } = part;
  if (segments.length === 0) {
    return [
      folded(
        [own("Weak segments: none beyond chance")],
        paragraph(
          own(
            `Of ${formatNumber(search.candidates)} segments of one or two columns none has a ${LOSSES[loss]} that is above the rest's by more than searching so many explains.`,
          ),
        ),
        searchNote(search),
      ),
    ];
  }
  const isClassifier = segments[0]?.accuracy !== null;
  return [
    folded(
      [own(`Weak segments: ${segments.length}`)],
      {
        kind: "table",
        headers: [
          "segment",
          `${LOSSES[loss]} above the rest`,
          ...(isClassifier ? ["right, here and elsewhere"] : ["error, here and elsewhere"]),
        ].map((text) => [own(text)]),
        numeric: [1, 2],
        rows: segments.map(segmentRow),
      },
      searchNote(search),
    ),
  ];
}

function segmentRow(segment: WeakSegment): readonly Phrase[] {
  const { terms, rows, difference, low, high, effect, adjustedP } = segment;
  const name = terms.flatMap(({ column, value }, at): Phrase => [
    ...(at === 0 ? [] : [own(" and"), lineBreak]),
    column,
    own(" = "),
    code(value),
  ]);
  const [here, elsewhere] =
    segment.accuracy === null || segment.restAccuracy === null
      ? [formatNumber(segment.loss), formatNumber(segment.restLoss)]
      : [percent(segment.accuracy), percent(segment.restAccuracy)];
  return [
    [...name, lineBreak, small(own(`${formatNumber(rows)} rows, ${describeP(adjustedP)}`))],
    [
      own(formatSigned(difference)),
      ...intervalBelow(low, high),
      lineBreak,
      small(own(`${effect.toFixed(2)} deviations`)),
    ],
    [own(here), lineBreak, small(own(elsewhere))],
  ];
}

function describeP(p: number): string {
  return `adjusted p ${p < 0.0001 ? "< 0.0001" : `= ${Number(p.toPrecision(2))}`}`;
}

function searchNote(search: SegmentSearch): Block {
  const rows =
    search.rows < search.ofRows
      ? `${formatNumber(search.rows)} of ${formatNumber(search.ofRows)} rows, drawn at random`
      : `${formatNumber(search.rows)} rows`;
  const left =
    search.columnsLeftOut === 0
      ? ""
      : ` ${formatNumber(search.columnsLeftOut)} further columns were left out.`;
  const how =
    search.method === "permutation"
      ? `p is the share of ${search.permutations} shuffles of the losses in which any segment at all stands out as much (Westfall–Young); each end of an interval holds for all segments searched together.`
      : "One half of the rows found them, the other half, in which nothing was searched, tested them and gives the numbers (p by Holm; each end of an interval holds for all that were tested together).";
  return paragraph(
    small(
      own(
        `Searched: ${formatNumber(search.candidates)} segments over ${formatNumber(search.columns)} columns (${formatNumber(search.pairedColumns)} of them in pairs, the 20 most frequent values each, at least ${formatNumber(search.minRows)} rows) in ${rows}.${left} ${how} Of a model without weak segments this names any at most ${percent(search.level)} of the time; differences under ${search.leastEffect} deviations are not named.${search.clustered ? " Whole entities were halved, and the test counts entities, not rows." : " Rows are taken as independent."} What was searched for is evidence to follow up, not a threshold: no verdict rests on these segments; to judge one, name its column in a threshold and evaluate on new rows.`,
      ),
    ),
  );
}

function worstBlocks({ worst: part, attributions }: ErrorAnalysis): readonly Block[] {
  if (part.kind === "left-out" || part.errors.length === 0) return [];
  const { errors, wrongRows } = part;
  const isClassifier = errors[0]?.truth !== null;
  const why = errors.some(({ contributions }) => contributions !== null);
  return [
    folded(
      [own(`Worst errors: ${errors.length} of ${formatNumber(wrongRows)}`)],
      {
        kind: "table",
        headers: [
          [own("row")],
          [own(isClassifier ? "true → predicted" : "predicted − true")],
          ...(why ? [[own("what moved it most")]] : []),
        ],
        rows: errors.map((error) => [
          placeOf(error),
          [...answerOf(error), ...valuesOf(error)],
          ...(why ? [contributionsOf(error)] : []),
        ]),
      },
      paragraph(
        small(
          own(
            `Rows count from 1 without a header${errors[0]?.file === null ? "" : ", in each file"}.${why && attributions.kind === "found" ? ` ${contributionNote(attributions.scale)}` : ""}${errors[0]?.values.length === 0 ? " Values of columns are not shown unless show-values names them." : ""}`,
          ),
        ),
      ),
    ),
  ];
}

function contributionNote(scale: "probability" | "margin" | "value"): string {
  const unit = {
    probability: "the predicted class's score",
    margin: "the predicted class's margin",
    value: "the prediction",
  }[scale];
  return `▲ and ▼: how much a column raised or lowered ${unit}, against an average row.`;
}

function placeOf({ rowInFile, file }: WorstError): Phrase {
  const row = own(formatNumber(rowInFile + 1));
  return file === null ? [row] : [row, lineBreak, small(file)];
}

function answerOf({ truth, predicted, score, residual }: WorstError): Phrase {
  if (residual !== null) return [own(formatSigned(residual))];
  return [
    code(truth ?? ""),
    own(" → "),
    code(predicted ?? ""),
    ...(score === null ? [] : [lineBreak, small(own(`score ${formatNumber(score)}`))]),
  ];
}

function valuesOf({ values }: WorstError): Phrase {
  return values.flatMap(({ column, value }) => [
    lineBreak,
    small(column, own(": "), value === null ? own("missing") : code(String(value))),
  ]);
}

/** Contributions shown of each row. */
const MOST_CONTRIBUTIONS = 3;

function contributionsOf({ contributions }: WorstError): Phrase {
  const shown = (contributions ?? [])
    .slice(0, MOST_CONTRIBUTIONS)
    .filter(({ value }) => value !== 0);
  if (shown.length === 0) return [own("—")];
  return shown.flatMap(({ column, value }, at): Phrase => [
    ...(at === 0 ? [] : [lineBreak]),
    own(value > 0 ? "▲ " : "▼ "),
    column,
    own(` ${formatSigned(value, 2)}`),
  ]);
}

function confusionBlocks({ confusions: part }: ErrorAnalysis): readonly Block[] {
  if (part.kind === "left-out" || part.pairs.length === 0) return [];
  const { pairs, kinds, tested, test, level } = part;
  const compared = tested > 0;
  return [
    folded(
      [own(`Confusions: the most frequent of ${formatNumber(kinds)}`)],
      {
        kind: "table",
        headers: [
          [own("true → predicted")],
          [own("rows")],
          ...(compared ? [[own("against the baseline")]] : []),
        ],
        numeric: [1],
        rows: pairs.map(({ truth, predicted, count, share, change }) => [
          [code(truth), own(" → "), code(predicted)],
          [own(formatNumber(count)), lineBreak, small(own(`${percent(share)} of `), truth)],
          ...(compared ? [describeChange(change, level)] : []),
        ]),
      },
      ...(compared
        ? [
            paragraph(
              small(
                own(
                  `On the rows that both were scored on. ${test === "mcnemar-exact" ? "McNemar's exact test on the rows that only one of both confuses so" : "Wilcoxon's test of the differences of entities, whose rows belong together"}; p adjusted by Holm for all ${formatNumber(tested)} pairs that either confuses. Rows are counted, not weighted.`,
                ),
              ),
            ),
          ]
        : []),
    ),
  ];
}

function describeChange(change: ConfusionChange | null, level: number): Phrase {
  if (change === null) return [own("—")];
  const { candidate, baseline, adjustedP } = change;
  const difference = own(
    `${formatNumber(baseline)} → ${formatNumber(candidate)} (${formatSigned(candidate - baseline)})`,
  );
  const isClear = adjustedP <= level && candidate !== baseline;
  const reading = !isClear ? "≈ no clear change" : candidate < baseline ? "▲ better" : "▼ worse";
  return [
    difference,
    lineBreak,
    small(isClear ? strong(own(reading)) : own(reading), own(`, ${describeP(adjustedP)}`)),
  ];
}
