import type { Judgement, Verdict } from "#core";
import type { ChartData } from "./charts/chart.ts";
import type { OperatingPoints } from "./charts/operating-points.ts";
import { formatInterval } from "./format.ts";

/**
 * A piece of a line. A bare string is text from anywhere (a name, a category, a message) and is
 * always escaped; only {@link own} words are taken as they stand.
 */
export type Inline =
  | string
  | { readonly kind: "own"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "strong"; readonly parts: Phrase }
  | { readonly kind: "small"; readonly parts: Phrase }
  | { readonly kind: "link"; readonly text: string; readonly url: string }
  | {
      readonly kind: "mark";
      readonly verdict: Judgement["verdict"];
      readonly level: "error" | "warn";
    }
  | { readonly kind: "break" };

/** Pieces of one line or cell. */
export type Phrase = readonly Inline[];

/** A table; `numeric` columns stand to the right. */
export interface TableBlock {
  readonly kind: "table";
  readonly headers: readonly Phrase[];
  readonly numeric?: readonly number[];
  readonly rows: readonly (readonly Phrase[])[];
}

/** A part of a report, drawn as markdown for GitHub and as HTML for the report file. */
export type Block =
  | { readonly kind: "headline"; readonly text: Phrase; readonly verdict?: Verdict }
  | { readonly kind: "heading"; readonly text: Phrase }
  | { readonly kind: "paragraph"; readonly text: Phrase }
  | { readonly kind: "list"; readonly items: readonly Phrase[] }
  | TableBlock
  | { readonly kind: "folded"; readonly title: Phrase; readonly blocks: readonly Block[] }
  | ChartsBlock;

/** Charts side by side. HTML only: markdown shows nothing in their place. */
export interface ChartsBlock {
  readonly kind: "charts";
  readonly charts: readonly Chart[];
  /** Where a reader may choose a threshold that these charts share. */
  readonly operating?: OperatingPoints | null;
}

/** What a chart shows, and what it is called. */
export interface Chart {
  readonly title: Phrase;
  readonly data: ChartData;
  readonly caption?: Phrase;
}

/** Words of Slipway's own, with nothing in them that comes from data. */
export function own(text: string): Inline {
  return { kind: "own", text };
}

/** Text from anywhere in a code span. */
export function code(text: string): Inline {
  return { kind: "code", text };
}

/** Emphasised. */
export function strong(...parts: Phrase): Inline {
  return { kind: "strong", parts };
}

/** Smaller than the text around it. */
export function small(...parts: Phrase): Inline {
  return { kind: "small", parts };
}

/** A new line inside a cell or paragraph. */
export const lineBreak: Inline = { kind: "break" };

/** A paragraph of the given pieces. */
export function paragraph(...text: Phrase): Block {
  return { kind: "paragraph", text };
}

/** A part that a reader opens. */
export function folded(title: Phrase, ...blocks: readonly Block[]): Block {
  return { kind: "folded", title, blocks };
}

/** An interval on a line of its own below what stands before it; nothing where there is none. */
export function intervalBelow(
  low: number | null | undefined,
  high: number | null | undefined,
): Phrase {
  if (typeof low !== "number" || typeof high !== "number") return [];
  return [lineBreak, small(own(formatInterval(low, high)))];
}
