import {
  codeText,
  escapeText,
  formatNumber,
  markdownTable,
  paragraphs,
  type Markdown,
} from "#report";
import type { ColumnFinding, DriftCheck } from "./check.ts";

/** What is to be said of the data beside its distributions: holes, categories, columns, files, rows. */
export function qualityPart(check: DriftCheck): Markdown {
  const findings = [
    ...check.columns.flatMap(describeColumn),
    ...describeColumns(check),
    ...describeFiles(check),
  ];
  return paragraphs(
    "### Data quality",
    missingTable(check.columns),
    findings.length === 0
      ? "Nothing else to report."
      : findings.map((line) => `- ${line}`).join("\n"),
  ).trimEnd();
}

function missingTable(columns: readonly ColumnFinding[]): Markdown | null {
  const holed = columns.filter(
    ({ quality: { reference, current } }) => reference.missing > 0 || current.missing > 0,
  );
  if (holed.length === 0) return "No cell is missing on either side.";
  return markdownTable({
    headers: ["column", "missing before", "missing now", "change"],
    numeric: [1, 2, 3],
    rows: holed
      .toSorted((left, right) => (right.quality.change ?? 0) - (left.quality.change ?? 0))
      .slice(0, 50)
      .map(({ name, quality: { reference, current } }) => [
        codeText(name),
        percent(reference.rate),
        percent(current.rate),
        reference.rate === null || current.rate === null
          ? "—"
          : `${current.rate >= reference.rate ? "+" : "−"}${formatNumber(Math.abs(current.rate - reference.rate) * 100, 3)} points`,
      ]),
  });
}

function percent(rate: number | null): string {
  return rate === null ? "—" : `${formatNumber(rate * 100, 3)}%`;
}

function describeColumn({ name, reference, current, quality }: ColumnFinding): readonly Markdown[] {
  const column = codeText(name);
  const found: Markdown[] = [];
  if (quality.isAbsent) found.push(`Column ${column} is missing.`);
  if (quality.changedType !== null) {
    const { mismatched, present } = quality.changedType;
    found.push(
      `Column ${column} changed type: ${formatNumber(mismatched)} of ${formatNumber(present)} values are no ${reference.kind} any more.`,
    );
  } else if (current.mismatched > 0) {
    found.push(
      `Column ${column}: ${formatNumber(current.mismatched)} values are no ${reference.kind}.`,
    );
  }
  if (current.kind === "number" && current.nan + current.pos_inf + current.neg_inf > 0) {
    found.push(
      `Column ${column}: ${formatNumber(current.nan)} NaN, ${formatNumber(current.pos_inf + current.neg_inf)} infinite values.`,
    );
  }
  for (const { end, value, bound } of quality.outside)
    found.push(
      `Column ${column}: ${formatNumber(value)} lies ${end} the reference's ${end === "below" ? "least" : "largest"}, ${formatNumber(bound)}.`,
    );
  if (quality.newCategories.length > 0)
    found.push(
      `Column ${column}: new categories ${listValues(quality.newCategories.map(({ value }) => value))}.`,
    );
  if (quality.goneCategories.length > 0)
    found.push(
      `Column ${column}: categories that no longer come ${listValues(quality.goneCategories)}.`,
    );
  return found;
}

function listValues(values: readonly string[]): Markdown {
  const shown = values
    .slice(0, 8)
    .map((value) => codeText(value))
    .join(", ");
  return values.length > 8 ? `${shown} and ${values.length - 8} more` : shown;
}

function describeColumns({ data }: DriftCheck): readonly Markdown[] {
  const extra = data.profile.extra_columns ?? [];
  return extra.length === 0
    ? []
    : [`Columns that the reference does not have: ${listValues(extra.map(({ name }) => name))}.`];
}

function describeFiles({ data: { notes } }: DriftCheck): readonly Markdown[] {
  const lines = notes.shards.flatMap(({ uri, fault, rows }) =>
    fault === null
      ? []
      : [
          `${codeText(uri)} could not be read${rows > 0 ? ` after ${formatNumber(rows)} rows` : ""}: ${escapeText(fault, 300)}`,
        ],
  );
  if (notes.duplicates > 0)
    lines.push(`${formatNumber(notes.duplicates)} log lines repeat an id and were not counted.`);
  if (notes.badLines > 0)
    lines.push(
      `${formatNumber(notes.badLines)} log lines cannot be read; the first: ${escapeText(notes.firstBadLine ?? "", 300)}`,
    );
  if (notes.outsideWindow > 0)
    lines.push(
      `${formatNumber(notes.outsideWindow)} rows lie before the window and were not counted.`,
    );
  if (notes.nestedInputs.size > 0)
    lines.push(
      `Inputs that hold lists or objects are not read: ${listValues([...notes.nestedInputs])}.`,
    );
  return lines;
}
