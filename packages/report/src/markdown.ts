import { stripVTControlCharacters } from "node:util";

/** Markdown that may be put into a report as it stands: made here, or escaped here. */
export type Markdown = string;

// Control characters, and marks that hide or turn the reading direction.
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;
const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;
const LONGEST_TEXT = 120;
const UNDERSCORE = "&#95;";

/**
 * Text from data (a name, a category, a message) as markdown that shows exactly that text: no
 * markup, no mention, no link, no table cell of its own. Longer than `limit` characters is cut.
 */
export function escapeText(text: string, limit = LONGEST_TEXT): Markdown {
  return encode(showablePart(text, limit))
    .replaceAll("&#64;", "&#64;\u200B")
    .replaceAll("&#35;", "&#35;\u200B");
}

/**
 * Text from data in a code span, where GitHub makes no mention or link of it. Long names may break
 * after an underscore: columns of tables on a telephone are narrow.
 */
export function codeText(text: string): Markdown {
  return `<code>${encode(showablePart(text)).replaceAll(UNDERSCORE, `${UNDERSCORE}<wbr>`)}</code>`;
}

function encode(text: string): string {
  return text.replaceAll(PUNCTUATION, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text on one line, without control characters and turned directions, cut to `limit` characters. */
export function showablePart(text: string, limit = LONGEST_TEXT): string {
  const visible = stripVTControlCharacters(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(INVISIBLE, "")
    .trim();
  const characters = Array.from(visible);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : visible;
}

/** A table as GitHub draws it. */
export interface MarkdownTable {
  readonly headers: readonly Markdown[];
  /** Which columns hold numbers and stand to the right. */
  readonly numeric?: readonly number[];
  readonly rows: readonly (readonly Markdown[])[];
}

/** Draws a table; a bar or line break inside a cell cannot end it. */
export function markdownTable({ headers, numeric = [], rows }: MarkdownTable): Markdown {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "&#124;").replaceAll(/\r?\n/g, "<br>")).join(" | ")} |`;
  const rule = headers.map((_, index) => (numeric.includes(index) ? "---:" : "---"));
  return [line(headers), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** A folded part. */
export function details(summary: Markdown, body: Markdown): Markdown {
  return `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Several parts with an empty line between; empty ones are left out. */
export function paragraphs(...parts: readonly (Markdown | null | undefined)[]): Markdown {
  return `${parts.filter((part) => part !== null && part !== undefined && part !== "").join("\n\n")}\n`;
}
