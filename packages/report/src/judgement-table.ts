import type { Judgement } from "#core";
import {
  code,
  intervalBelow,
  lineBreak,
  own,
  small,
  type Phrase,
  type TableBlock,
} from "./document.ts";
import { formatNumber, formatSigned } from "./format.ts";
import type { Markdown } from "./markdown.ts";
import { renderMarkdown } from "./render-markdown.ts";

/** The table that every report begins with, as markdown: what was asked, what was found, how it ended. */
export function judgementTable(judgements: readonly Judgement[]): Markdown {
  if (judgements.length === 0) return "_No thresholds were given._";
  return renderMarkdown([judgementBlock(judgements)]).trim();
}

/** The same as a block. The column of differences is there when one of them was compared. */
export function judgementBlock(judgements: readonly Judgement[]): TableBlock {
  const compared = judgements.some((judgement) => differenceOf(judgement) !== null);
  const headers = ["threshold", "value", "bound", "margin"];
  return {
    kind: "table",
    headers: [...headers, ...(compared ? ["difference"] : [])].map((text) => [own(text)]),
    numeric: [1, 2, 3, 4],
    rows: judgements.map((judgement) => [
      ...judgementRow(judgement),
      ...(compared ? [describeDifference(judgement)] : []),
    ]),
  };
}

function judgementRow(judgement: Judgement): readonly Phrase[] {
  const { measure, reason } = judgement;
  const [bound] = judgement.bounds;
  return [
    [
      { kind: "mark", verdict: judgement.verdict, level: judgement.level },
      own(" "),
      code(judgement.threshold),
      ...(reason === undefined ? [] : [lineBreak, small(reason)]),
    ],
    [own(formatNumber(measure.value)), ...intervalBelow(measure.low, measure.high)],
    judgement.bounds.length === 0
      ? [own("—")]
      : judgement.bounds.flatMap(({ value }, index) => [
          ...(index === 0 ? [] : [lineBreak]),
          own(formatNumber(value)),
        ]),
    [own(bound === undefined ? "—" : formatSigned(worstMargin(judgement)))],
  ];
}

/** The margin that decides: the smallest of both sides. */
function worstMargin({ bounds }: Judgement): number | null {
  const margins = bounds.flatMap(({ margin }) => (margin === null ? [] : [margin]));
  return margins.length === 0 ? null : Math.min(...margins);
}

function differenceOf(judgement: Judgement): Judgement["bounds"][number] | null {
  return judgement.bounds.find(({ difference }) => difference?.value !== undefined) ?? null;
}

function describeDifference(judgement: Judgement): Phrase {
  const compared = differenceOf(judgement);
  if (compared?.difference === null || compared?.difference === undefined) return [];
  const { value, low, high } = compared.difference;
  const name = compared.reference?.version ?? compared.reference?.name ?? "reference";
  return [
    own(formatSigned(value)),
    ...intervalBelow(low, high),
    lineBreak,
    small(own("against "), code(name)),
  ];
}
