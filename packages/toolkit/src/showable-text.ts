import { stripVTControlCharacters } from "node:util";

// Control characters but line ends and tabs, and marks that turn the reading direction.
const INVISIBLE = /(?![\n\t])[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
const LONGEST_WORD = 300;
/** Links to a revision's log are long, and of no use when they are cut. */
const LONGEST_LINK = 2000;
const LONGEST_MESSAGE = 4000;

/** Text for a log or an annotation: without escape sequences, long words and long text cut. */
export function showableText(text: string): string {
  const visible = stripVTControlCharacters(text)
    .replaceAll(INVISIBLE, "")
    .replaceAll(/\S+/g, (word) =>
      cut(word, word.startsWith("https://") ? LONGEST_LINK : LONGEST_WORD),
    );
  return cut(visible, LONGEST_MESSAGE);
}

function cut(text: string, limit: number): string {
  return text.length > limit
    ? `${text
        .slice(0, limit - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, "")}…`
    : text;
}

/**
 * A message of several lines of which only the first may speak to the runner: a name or a remote answer
 * with a line end in it could else begin one with `::error::` or `##[group]`.
 */
export function guardLines(message: string): string {
  return message.replaceAll(/\r?\n|\r/g, "\n").replaceAll(/\n(?=\s*(?:::|##\[))/g, "\n| ");
}
