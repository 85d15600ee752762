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
import { digitsApart, formatNumber, formatSigned } from "./format.ts";
import type { Markdown } from "./markdown.ts";
import { renderMarkdown } from "./render-markdown.ts";

/** The table that every report begins with, as markdown: what was asked, what was found, how it ended. */
export function judgementTable(judgements: readonly Judgement[]): Markdown {
  if (judgements.length === 0) return "_No thresholds were given._";
  return renderMarkdown([judgementBlock(judgements)]).trim();
}

/** The same as a block. The column of differences is there when one of them was compared. */
export function judgementBlock(judgements: readonly Judgement[]): TableBlock {
  const names = [...new Set(judgements.flatMap((judgement) => referenceName(judgement) ?? []))];
  const [only] = names.length === 1 ? names : [];
  const difference: Phrase =
    only === undefined ? [own("difference")] : [own("difference to "), code(only)];
  return {
    kind: "table",
    headers: [
      ...["threshold", "value", "bound, margin"].map((text) => [own(text)]),
      ...(names.length > 0 ? [difference] : []),
    ],
    numeric: [1, 2, 3].slice(0, names.length > 0 ? 3 : 2),
    rows: judgements.map((judgement) => [
      ...judgementRow(judgement),
      ...(names.length > 0 ? [describeDifference(judgement, only === undefined)] : []),
    ]),
  };
}

function judgementRow(judgement: Judgement): readonly Phrase[] {
  const { measure, reason, bounds } = judgement;
  const margin = worstMargin(judgement);
  const limits = bounds.map(({ value }) => value);
  const digits = digitsApart(measure.value, limits);
  return [
    [
      { kind: "mark", verdict: judgement.verdict, level: judgement.level },
      own(" "),
      code(judgement.threshold),
      ...(reason === undefined ? [] : [lineBreak, small(reason)]),
    ],
    [own(formatNumber(measure.value, digits)), ...intervalBelow(measure.low, measure.high)],
    [
      own(
        limits.length === 0 ? "—" : limits.map((limit) => formatNumber(limit, digits)).join(" to "),
      ),
      ...(margin === null ? [] : [lineBreak, small(own(formatSigned(margin)))]),
    ],
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

/** What a judgement was compared with; `null` where with nothing. */
function referenceName(judgement: Judgement): string | null {
  const compared = differenceOf(judgement);
  if (compared === null) return null;
  return compared.reference?.version ?? compared.reference?.name ?? "reference";
}

function describeDifference(judgement: Judgement, named: boolean): Phrase {
  const { difference } = differenceOf(judgement) ?? {};
  if (difference === null || difference === undefined) return [];
  const { value, low, high } = difference;
  return [
    own(formatSigned(value)),
    ...intervalBelow(low, high),
    ...(named ? [lineBreak, small(own("to "), code(referenceName(judgement) ?? ""))] : []),
  ];
}
