import type { Block, Chart, ChartsBlock, Inline, Phrase, TableBlock } from "./document.ts";
import { chartTables } from "./charts/chart-table.ts";
import { embedJson, escapeHtml } from "./html.ts";
import { verdictMark } from "./verdict-marks.ts";

const LONGEST_NAME = 120;

/** Draws blocks as HTML; charts as data for the page's script, and as tables. */
export function renderHtml(blocks: readonly Block[]): string {
  return blocks.map(renderBlock).join("\n");
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case "headline":
      return `<h1${block.verdict === undefined ? "" : ` class="${block.verdict}"`}>${renderPhrase(block.text)}</h1>`;
    case "heading":
      return `<h2>${renderPhrase(block.text)}</h2>`;
    case "paragraph":
      return `<p>${renderPhrase(block.text)}</p>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${renderPhrase(item)}</li>`).join("")}</ul>`;
    case "table":
      return renderTable(block);
    case "folded":
      return `<details open><summary>${renderPhrase(block.title)}</summary>\n${renderHtml(block.blocks)}\n</details>`;
    case "charts":
      return renderCharts(block);
  }
}

function renderTable({ headers, numeric = [], rows }: TableBlock): string {
  const cell = (tag: "td" | "th", phrase: Phrase, index: number): string =>
    `<${tag}${numeric.includes(index) ? ' class="number"' : ""}${tag === "th" ? ' scope="col"' : ""}>${renderPhrase(phrase)}</${tag}>`;
  const head = headers.map((phrase, index) => cell("th", phrase, index)).join("");
  const body = rows
    .map((row) => `<tr>${row.map((phrase, index) => cell("td", phrase, index)).join("")}</tr>`)
    .join("\n");
  // A scrolling part must be reachable by keyboard.
  return `<div class="table" tabindex="0" role="group"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function renderCharts({ charts, operating = null }: ChartsBlock): string {
  const shared = operating === null ? "" : embedJson(operating);
  return `<section><div class="charts">${shared}${charts.map(renderChart).join("\n")}</div></section>`;
}

/** The tables stand open until the script has drawn the chart. */
function renderChart({ title, data, caption }: Chart): string {
  const below = caption === undefined ? "" : `<p class="caption">${renderPhrase(caption)}</p>`;
  const tables = chartTables(data).map(renderTable).join("\n");
  return `<figure class="${data.kind}"><figcaption>${renderPhrase(title)}</figcaption>${embedJson(data)}${below}<details class="data" open><summary>Data of the chart</summary>${tables}</details></figure>`;
}

function renderPhrase(phrase: Phrase): string {
  return phrase.map(renderInline).join("");
}

function renderInline(inline: Inline): string {
  if (typeof inline === "string") return keepSpace(inline);
  switch (inline.kind) {
    case "own":
      return keepSpace(inline.text);
    case "code":
      return `<code>${escapeHtml(inline.text, LONGEST_NAME)}</code>`;
    case "strong":
      return `<strong>${renderPhrase(inline.parts)}</strong>`;
    case "small":
      return `<small>${renderPhrase(inline.parts)}</small>`;
    case "link": {
      const { protocol } = URL.parse(inline.url) ?? { protocol: "" };
      const text = escapeHtml(inline.text);
      return protocol === "https:" || protocol === "http:"
        ? `<a href="${escapeHtml(inline.url)}">${text}</a>`
        : text;
    }
    case "mark":
      return `<span class="mark ${inline.verdict}${inline.level === "warn" && inline.verdict === "fail" ? " warn" : ""}">${escapeHtml(verdictMark(inline.verdict, inline.level))}</span>`;
    case "break":
      return "<br>";
  }
}

/** Escaping trims; the blank between this text and its neighbours must stay. */
function keepSpace(text: string): string {
  const lead = /^\s/.test(text) ? " " : "";
  const tail = /\s$/.test(text) && text.trim() !== "" ? " " : "";
  return `${lead}${escapeHtml(text)}${tail}`;
}
