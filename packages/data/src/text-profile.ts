import type { Column } from "#core";
import { forEachText } from "./column-values.ts";
import { quantileEdges } from "./bin-grid.ts";
import { chooseCategories } from "./category-profile.ts";
import {
  countNumber,
  createCounter,
  finishCounter,
  haveSameEdges,
  mergeSummaries,
  type SummaryCounter,
} from "./number-summary.ts";
import type { TextProfile } from "#core";
import type { ProfileRules } from "./profile-options.ts";

/** A column of free text while it is counted. */
export interface TextCounter {
  n: number;
  empty: number;
  readonly length: SummaryCounter;
  readonly tokens: SummaryCounter;
  /** Place of each listed token. */
  readonly listed: ReadonlyMap<string, number>;
  readonly tokenRows: Float64Array;
}

/** What a reference fixes: bins and tokens. */
export interface TextShape {
  readonly lengthEdges: ArrayLike<number>;
  readonly tokenEdges: ArrayLike<number>;
  readonly tokens: readonly string[];
}

/** The words of a text in lower case: runs of letters, digits and inner apostrophes. */
export function tokenize(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu) ?? [];
}

/** The bins and tokens that a column's own texts suggest. */
export function shapeOfText(column: Column, rules: ProfileRules): TextShape {
  const lengths: number[] = [];
  const tokenCounts: number[] = [];
  const rowsOfToken = new Map<string, number>();
  forEachText(column, (text, count) => {
    const tokens = tokenize(text);
    const length = countCharacters(text);
    for (let i = 0; i < count; i++) {
      lengths.push(length);
      tokenCounts.push(tokens.length);
    }
    for (const token of new Set(tokens))
      rowsOfToken.set(token, (rowsOfToken.get(token) ?? 0) + count);
  });
  return {
    lengthEdges: quantileEdges(Float64Array.from(lengths), rules.bins),
    tokenEdges: quantileEdges(Float64Array.from(tokenCounts), rules.bins),
    tokens: chooseCategories(rowsOfToken, rules).map(({ value }) => value),
  };
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** A counter into a reference's bins and tokens. */
export function createTextCounter(shape: TextShape): TextCounter {
  return {
    n: 0,
    empty: 0,
    length: createCounter(shape.lengthEdges),
    tokens: createCounter(shape.tokenEdges),
    listed: new Map(shape.tokens.map((token, place) => [token, place])),
    tokenRows: new Float64Array(shape.tokens.length),
  };
}

/** Counts the rows of one column. */
export function countTexts(counter: TextCounter, column: Column): void {
  const missing = forEachText(column, (text, count) => {
    counter.n += count;
    const tokens = tokenize(text);
    countNumber(counter.length, countCharacters(text), count);
    countNumber(counter.tokens, tokens.length, count);
    for (const token of new Set(tokens)) {
      const place = counter.listed.get(token);
      if (place !== undefined) counter.tokenRows[place] = (counter.tokenRows[place] ?? 0) + count;
    }
  });
  counter.empty += missing;
  counter.n += missing;
}

/** The profile of what was counted. */
export function finishTexts(
  counter: TextCounter,
  facts: Pick<TextProfile, "name" | "role" | "distinct">,
): TextProfile {
  return {
    kind: "text",
    ...facts,
    n: counter.n,
    null: counter.empty,
    mismatched: 0,
    length: finishCounter(counter.length),
    tokens: finishCounter(counter.tokens),
    token_rows: Array.from(counter.listed, ([token, place]) => ({
      token,
      rows: counter.tokenRows[place] ?? 0,
    })),
  };
}

/** Whether both profiles were counted into the same bins and tokens. */
export function haveSameTextShape(left: TextProfile, right: TextProfile): boolean {
  return (
    haveSameEdges(left.length.bins, right.length.bins) &&
    haveSameEdges(left.tokens.bins, right.tokens.bins) &&
    left.token_rows.length === right.token_rows.length &&
    left.token_rows.every(({ token }, i) => token === right.token_rows[i]?.token)
  );
}

/** The profile of both samples together; they must have the same shape. */
export function mergeTexts(left: TextProfile, right: TextProfile): TextProfile {
  return {
    ...left,
    n: left.n + right.n,
    null: left.null + right.null,
    mismatched: left.mismatched + right.mismatched,
    length: mergeSummaries(left.length, right.length),
    tokens: mergeSummaries(left.tokens, right.tokens),
    token_rows: left.token_rows.map(({ token, rows }, i) => ({
      token,
      rows: rows + (right.token_rows[i]?.rows ?? 0),
    })),
    distinct: null,
  };
}
