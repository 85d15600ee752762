import type { CategoryProfile, ColumnProfile, NumberSummary } from "#core";
import {
  codeText,
  details,
  escapeText,
  formatNumber,
  formatSigned,
  markdownTable,
  paragraphs,
  type Markdown,
} from "#report";
import { isPValue, type ColumnFinding, type DriftCheck } from "./check.ts";
import { deviationOf } from "./judge-columns.ts";
import {
  commonSpan,
  drawBar,
  drawBlocks,
  quantileOfSummary,
  shareByCell,
} from "./summary-figures.ts";

/** One row a column: how far it is, what noise gives, and why it does or does not alert. */
export function columnTable(
  columns: readonly ColumnFinding[],
  check: Pick<DriftCheck, "confidence">,
): Markdown {
  return markdownTable({
    headers: [
      "",
      "column",
      "statistic",
      "score",
      `noise (${formatNumber(check.confidence * 100)}%)`,
      "threshold",
      "why",
      "what moved",
    ],
    numeric: [3, 4, 5],
    rows: columns.map((column) => [
      column.drifted ? "❌ drifted" : column.score === null ? "⏭️ not judged" : "✅ steady",
      codeText(column.name) + (column.role === "feature" ? "" : ` (${column.role})`),
      escapeText(column.statistic),
      formatNumber(column.score),
      formatNumber(column.noise),
      column.score === null ? "—" : formatNumber(column.threshold),
      escapeText(describeWhy(column, check.confidence), 200),
      describeMovement(column),
    ]),
  });
}

/** Why a column does or does not count as drifted, in words. */
export function describeWhy(column: ColumnFinding, confidence: number): string {
  const { score, noise, threshold, adjustedP, drifted, reason } = column;
  if (reason !== null) return reason;
  if (score === null) return "";
  if (isPValue(column)) return drifted ? "p is below its threshold" : "p is above its threshold";
  if (drifted)
    return noise === null
      ? "at or above the threshold"
      : "at or above the threshold, and beyond noise";
  if (score < threshold)
    return noise !== null && score > noise
      ? "real, but below the threshold"
      : "below the threshold";
  const p =
    adjustedP === null
      ? ""
      : `: corrected p ${formatNumber(adjustedP)} is not below ${formatNumber(1 - confidence)}`;
  return `at or above the threshold, but within noise${p}`;
}

/** The one change that tells most, in a few words. */
export function describeMovement({ reference, current }: ColumnFinding): Markdown {
  if (reference.kind === "number" && current.kind === "number")
    return moveOf("mean", reference, current);
  if (reference.kind === "text" && current.kind === "text")
    return moveOf("mean length", reference.length, current.length);
  if (reference.kind !== "category" || current.kind !== "category") return "";
  const [first] = categoryShares(reference, current);
  if (first === undefined) return "";
  return `${codeText(first.value)} ${formatPercent(first.before)} → ${formatPercent(first.after)}`;
}

/** The mean or the spread, whichever moved farther in the reference's deviations. */
function moveOf(what: string, before: NumberSummary, after: NumberSummary): Markdown {
  const [sd, newSd] = [deviationOf(before), deviationOf(after)];
  if (before.mean === null || after.mean === null || sd === null || newSd === null) return "";
  const moved = Math.abs(after.mean - before.mean) > Math.abs(newSd - sd);
  return moved
    ? `${what} ${formatNumber(before.mean)} → ${formatNumber(after.mean)}`
    : `sd ${formatNumber(sd)} → ${formatNumber(newSd)}`;
}

interface CategoryShare {
  readonly value: string;
  readonly before: number;
  readonly after: number;
}

/** Shares of present cells by category, the most moved first; categories that are new included. */
export function categoryShares(
  reference: CategoryProfile,
  current: CategoryProfile,
): readonly CategoryShare[] {
  const [n, m] = [presentOf(reference), presentOf(current)];
  if (n === 0 || m === 0) return [];
  const after = new Map(current.categories.map(({ value, count }) => [value, count / m]));
  const known = reference.categories.map(({ value, count }) => ({
    value,
    before: count / n,
    after: after.get(value) ?? 0,
  }));
  const added = current.unlisted.map(({ value, count }) => ({
    value,
    before: 0,
    after: count / m,
  }));
  return [...known, ...added].toSorted(
    (left, right) => Math.abs(right.after - right.before) - Math.abs(left.after - left.before),
  );
}

function presentOf({ categories, other }: CategoryProfile): number {
  return categories.reduce((sum, { count }) => sum + count, other);
}

function formatPercent(share: number): string {
  const percent = share * 100;
  return `${percent !== 0 && percent < 10 ? percent.toFixed(1) : percent.toFixed(0)}%`;
}

const SHOWN_DETAILS = 40;

/** A folded part a column with both samples' figures and histograms. */
export function columnDetails(columns: readonly ColumnFinding[]): Markdown {
  const shown = columns.filter(({ current }) => current.n > 0).slice(0, SHOWN_DETAILS);
  const parts = shown.flatMap((column) => {
    const body = figuresOf(column.reference, column.current);
    const mark = column.drifted ? "❌" : column.score === null ? "⏭️" : "✅";
    return body === null ? [] : [details(`${mark} ${codeText(column.name)}`, body)];
  });
  const left = columns.length - shown.length;
  return paragraphs(
    ...parts,
    left > 0 ? `_${left} more columns are in drift.json._` : null,
  ).trimEnd();
}

function figuresOf(reference: ColumnProfile, current: ColumnProfile): Markdown | null {
  if (reference.kind === "number" && current.kind === "number")
    return numberFigures(reference, current);
  if (reference.kind === "category" && current.kind === "category")
    return categoryFigures(reference, current);
  if (reference.kind === "text" && current.kind === "text")
    return paragraphs(
      "Length in characters:",
      numberFigures(reference.length, current.length),
      "Words:",
      numberFigures(reference.tokens, current.tokens),
    ).trimEnd();
  if (reference.kind === "date" && current.kind === "date")
    return `Reference ${dateRange(reference)}, current ${dateRange(current)}.`;
  return null;
}

function dateRange({
  min,
  max,
}: {
  readonly min: string | null;
  readonly max: string | null;
}): string {
  return min === null || max === null ? "empty" : `${min.slice(0, 10)} to ${max.slice(0, 10)}`;
}

const CELLS = 32;

function numberFigures(reference: NumberSummary, current: NumberSummary): Markdown {
  const levels = [0.05, 0.25, 0.5, 0.75, 0.95];
  const row = (summary: NumberSummary): readonly (number | null)[] => [
    summary.mean,
    deviationOf(summary),
    summary.min,
    ...levels.map((level) => quantileOfSummary(summary, level)),
    summary.max,
  ];
  const [before, after] = [row(reference), row(current)];
  const change = after.map((value, index) => {
    const old = before[index];
    return value === null || old === null || old === undefined ? null : value - old;
  });
  const table = markdownTable({
    headers: ["", "mean", "sd", "min", "5%", "25%", "median", "75%", "95%", "max"],
    numeric: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    rows: [
      ["reference", ...before.map((value) => formatNumber(value))],
      ["current", ...after.map((value) => formatNumber(value))],
      ["change", ...change.map((value) => formatSigned(value))],
    ],
  });
  return paragraphs(table, histograms(reference, current)).trimEnd();
}

/** Both samples as blocks over the same values, in a code block so that they stand one over the other. */
function histograms(reference: NumberSummary, current: NumberSummary): Markdown | null {
  const span = commonSpan(reference, current);
  if (span === null) return null;
  const [before, after] = [shareByCell(reference, span, CELLS), shareByCell(current, span, CELLS)];
  const largest = Math.max(...before, ...after);
  const [low, high] = [formatNumber(span.low), formatNumber(span.high)];
  const gap = " ".repeat(Math.max(1, CELLS - low.length - high.length));
  return [
    "```text",
    `reference ${drawBlocks(before, largest)}`,
    `current   ${drawBlocks(after, largest)}`,
    `          ${low}${gap}${high}`,
    "```",
  ].join("\n");
}

const SHOWN_CATEGORIES = 12;
const BAR_WIDTH = 12;

function categoryFigures(reference: CategoryProfile, current: CategoryProfile): Markdown | null {
  const all = categoryShares(reference, current);
  if (all.length === 0) return null;
  const shares = all.slice(0, SHOWN_CATEGORIES);
  const largest = Math.max(...shares.flatMap(({ before, after }) => [before, after]));
  const bar = (share: number): string =>
    `${formatPercent(share)} ${drawBar(share, largest, BAR_WIDTH)}`.trimEnd();
  return paragraphs(
    markdownTable({
      headers: ["category", "reference", "current", "change"],
      numeric: [3],
      rows: shares.map(({ value, before, after }) => [
        codeText(value),
        bar(before),
        bar(after),
        `${formatSigned((after - before) * 100, 3)} points`,
      ]),
    }),
    all.length > shares.length ? `_and ${all.length - shares.length} more categories_` : null,
  ).trimEnd();
}
