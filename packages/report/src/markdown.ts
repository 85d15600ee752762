import { stripVTControlCharacters } from "node:util";

/** Markdown that may be put into a report as it stands: made here, or escaped here. */
export type Markdown = string;

// Control characters, and marks that hide or turn the reading direction.
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;
const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;
const LONGEST_TEXT = 120;

/**
 * Text from data (a name, a category, a message) as markdown that shows exactly that text: no
 * markup, no mention, no link, no table cell of its own. Longer than `limit` characters is cut.
 */
export function escapeText(text: string, limit = LONGEST_TEXT): Markdown {
  return encode(showablePart(text, limit))
    .replaceAll("&#64;", "&#64;\u200B")
    .replaceAll("&#35;", "&#35;\u200B");
}

/** Text from data in a code span, where GitHub makes no mention or link of it. */
export function codeText(text: string): Markdown {
  return `<code>${encode(showablePart(text))}</code>`;
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

/** A number for people: four significant digits, whole numbers whole, an em dash where there is none. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "—";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e15)
    return withMinus(value.toLocaleString("en-US"));
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e9))
    return withMinus(value.toExponential(digits - 1));
  const decimals =
    magnitude >= 1 ? Math.max(0, digits - Math.ceil(Math.log10(magnitude + 1e-12))) : digits;
  return withMinus(value.toFixed(decimals));
}

/** Like {@link formatNumber} with its sign always shown. */
export function formatSigned(value: number | null | undefined, digits = 4): string {
  const text = formatNumber(value, digits);
  return typeof value === "number" && value > 0 ? `+${text}` : text;
}

/** `[0.71, 0.78]`, or an em dash without both ends. */
export function formatInterval(
  low: number | null | undefined,
  high: number | null | undefined,
): string {
  if (typeof low !== "number" || typeof high !== "number") return "—";
  return `[${formatNumber(low)}, ${formatNumber(high)}]`;
}

/** Bytes for people: `4.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

function withMinus(text: string): string {
  return text.replace("-", "−");
}
