import type { Block, Inline, Phrase } from "./document.ts";
import { codeText, details, escapeText, markdownTable, type Markdown } from "./markdown.ts";
import { verdictMark } from "./verdict-marks.ts";

/** Longest text that a sentence may carry: reasons list several thresholds. */
const LONGEST_SENTENCE = 600;

/** Draws blocks as GitHub markdown. Charts are left out: GitHub shows no SVG of a report's own. */
export function renderMarkdown(blocks: readonly Block[]): Markdown {
  return `${blocks
    .map(renderBlock)
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}

function renderBlock(block: Block): Markdown {
  switch (block.kind) {
    case "headline":
      return `## ${renderPhrase(block.text)}`;
    case "heading":
      return `### ${renderPhrase(block.text)}`;
    case "paragraph":
      return renderPhrase(block.text);
    case "list":
      return block.items.map((item) => `- ${renderPhrase(item)}`).join("\n");
    case "table":
      return markdownTable({
        headers: block.headers.map(renderPhrase),
        ...(block.numeric && { numeric: block.numeric }),
        rows: block.rows.map((row) => row.map(renderPhrase)),
      });
    case "folded": {
      const body = renderMarkdown(block.blocks).trim();
      return body === "" ? "" : details(renderPhrase(block.title), body);
    }
    case "charts":
      return "";
  }
}

/** One line of markdown. */
export function renderPhrase(phrase: Phrase): Markdown {
  return phrase.map(renderInline).join("");
}

function renderInline(inline: Inline): Markdown {
  if (typeof inline === "string") return escapeKeepingSpace(inline);
  switch (inline.kind) {
    case "own":
      return inline.text;
    case "code":
      return codeText(inline.text);
    case "strong":
      return `<strong>${renderPhrase(inline.parts)}</strong>`;
    case "small":
      return `<small>${renderPhrase(inline.parts)}</small>`;
    case "link":
      return `[${escapeText(inline.text)}](${encodeURI(inline.url).replaceAll(/[()\s]/g, "")})`;
    case "mark":
      return verdictMark(inline.verdict, inline.level).replace(" ", "&nbsp;");
    case "break":
      return "<br>";
  }
}

/** Escaping trims; the blank between this text and its neighbours must stay. */
function escapeKeepingSpace(text: string): Markdown {
  const lead = /^\s/.test(text) ? " " : "";
  const tail = /\s$/.test(text) && text.trim() !== "" ? " " : "";
  return `${lead}${escapeText(text, LONGEST_SENTENCE)}${tail}`;
}

/**
 * Draws blocks in at most `limit` characters: folded parts are left out from the end until it
 * fits, and a line says so.
 */
export function renderMarkdownWithin(
  blocks: readonly Block[],
  { limit, note }: { readonly limit: number; readonly note: Markdown },
): Markdown {
  const whole = renderMarkdown(blocks);
  if (whole.length <= limit) return whole;
  let kept = [...blocks];
  while (kept.length > 1) {
    const last = kept.findLastIndex(({ kind }) => kind === "folded");
    kept = kept.filter((_, index) => index !== (last < 0 ? kept.length - 1 : last));
    const shorter = `${renderMarkdown(kept)}\n${note}\n`;
    if (shorter.length <= limit) return shorter;
  }
  return cutLines(renderMarkdown(kept), limit - note.length - 2) + `\n${note}\n`;
}

function cutLines(text: string, limit: number): string {
  const cut = text.slice(0, Math.max(0, limit));
  return cut.slice(0, Math.max(0, cut.lastIndexOf("\n")) + 1);
}
