import type { ExpectationResult } from "#data";
import {
  codeText,
  details,
  escapeText,
  formatBytes,
  formatNumber,
  markdownTable,
  paragraphs,
} from "#report";
import type { Annotation, RenderedOutcome } from "#toolkit";
import { drawCurves } from "./curve-chart.ts";
import type { Outcome } from "./run.ts";

/** What train-model tells the runner and the reader of the summary. */
export function renderOutcome(outcome: Outcome): RenderedOutcome {
  return outcome.kind === "trained" ? renderTrained(outcome) : renderRefused(outcome);
}

type TrainedOutcome = Extract<Outcome, { kind: "trained" }>;

function renderTrained(outcome: TrainedOutcome): RenderedOutcome {
  const { record, trained, checks, notes } = outcome;
  return {
    outputs: {
      "run-directory": outcome.directory,
      "run-id": record.id,
      "artifact-id": outcome.artifactId === null ? "" : String(outcome.artifactId),
      metrics: JSON.stringify(flattenMetrics(record.metrics)),
      "data-digest": outcome.dataDigest,
      "model-digest": outcome.modelDigest,
    },
    summary: paragraphs(
      `## Trained ${escapeText(record.model)}`,
      factsTable(outcome),
      "### Rows",
      splitTable(outcome),
      Object.keys(record.metrics).length === 0 ? null : "### Metrics",
      metricsTable(outcome),
      ...drawCurves(trained.curves),
      checks.results.length === 0 ? null : "### Data checks",
      checksTable(checks.results),
      notes.length === 0 ? null : notes.map((note) => `- ${escapeText(note, 400)}`).join("\n"),
      candidatesTable(outcome),
      importanceTable(outcome),
      details("Files", filesTable(outcome)),
    ),
    annotations: warningsOf(checks.results),
  };
}

function renderRefused(outcome: Extract<Outcome, { kind: "refused" }>): RenderedOutcome {
  const { results } = outcome.checks;
  const failed = results.filter(({ passed, severity }) => !passed && severity === "error");
  const lines = failed.map(({ message }) => `- ${message}`);
  return {
    outputs: {},
    summary: paragraphs(
      `## ${escapeText(outcome.model)} was not trained: the data does not hold to its expectations`,
      checksTable(results),
    ),
    annotations: warningsOf(results),
    failure: [
      `Nothing was trained: ${failed.length} of ${results.length} data checks failed.`,
      ...lines,
      "Correct the data, or the expectations when they are no longer true. [DATA_CHECKS_FAILED]",
    ].join("\n"),
  };
}

/** The validation metrics, and what the trainer said of itself, under one name each. */
function flattenMetrics(
  metrics: TrainedOutcome["record"]["metrics"],
): Readonly<Record<string, number | null>> {
  return { ...metrics["run"], ...metrics["validation"] };
}

function factsTable({ record, dataDigest, modelDigest }: TrainedOutcome): string {
  const { trainer, source, code } = record;
  const chosen = trainer["chosen"];
  const bytes = record.data.reduce((sum, entry) => sum + entry.bytes, 0);
  const files = record.data.length === 1 ? "1 file" : `${record.data.length} files`;
  const rows: (readonly [string, string])[] = [
    ["run", codeText(record.id)],
    [
      "trainer",
      trainer.kind === "command"
        ? codeText(trainer.name)
        : `tabular${typeof chosen === "string" ? `: ${escapeText(chosen)}` : ""}`,
    ],
    ["seed", String(record.seed)],
    ["data", `${files}, ${formatBytes(bytes)}, ${codeText(shortDigest(dataDigest))}`],
    ["model", codeText(shortDigest(modelDigest))],
    [
      "code",
      code ? `${codeText(shortDigest(code.digest))} of ${code.files} files` : "no git repository",
    ],
    [
      "commit",
      source.commit === null
        ? "—"
        : `${codeText(source.commit.slice(0, 12))}${source.dirty ? ", with changes that are not committed" : ""}`,
    ],
    ...(record.target === null
      ? []
      : [
          [
            "target",
            `${codeText(record.target)}, ${record.task ?? "unknown task"}${record.classes.length > 0 ? ` of ${record.classes.length} classes` : ""}`,
          ] as const,
        ]),
  ];
  return markdownTable({ headers: ["", ""], rows });
}

function splitTable({ record }: TrainedOutcome): string {
  const { split } = record;
  if (split === null) return "";
  const total = Object.values(split.parts).reduce((sum, part) => sum + part.rows, 0);
  const by = split.columns.length === 0 ? "" : ` of ${split.columns.map(codeText).join(", ")}`;
  return paragraphs(
    `By ${split.method}${by}.`,
    markdownTable({
      headers: ["part", "rows", "share", "digest"],
      numeric: [1, 2],
      rows: Object.entries(split.parts).map(([name, part]) => [
        escapeText(name),
        formatNumber(part.rows),
        `${formatNumber((100 * part.rows) / Math.max(1, total), 3)} %`,
        codeText(shortDigest(part.digest)),
      ]),
    }),
  ).trim();
}

function metricsTable({ record }: TrainedOutcome): string {
  const splits = Object.keys(record.metrics);
  if (splits.length === 0) return "";
  const names = [
    ...new Set(Object.values(record.metrics).flatMap((values) => Object.keys(values))),
  ];
  return markdownTable({
    headers: [
      "",
      ...splits.map((split) => escapeText(split === "run" ? "as the command says" : split)),
    ],
    numeric: splits.map((_, index) => index + 1),
    rows: names.map((name) => [
      codeText(name),
      ...splits.map((split) => formatNumber(record.metrics[split]?.[name])),
    ]),
  });
}

function checksTable(results: readonly ExpectationResult[]): string {
  if (results.length === 0) return "";
  const mark = ({ passed, severity }: ExpectationResult): string =>
    passed ? "✅" : severity === "warn" ? "⚠️" : "❌";
  const order = (result: ExpectationResult): number => (result.passed ? 1 : 0);
  return markdownTable({
    headers: ["", "check", "what was found"],
    rows: results
      .toSorted((left, right) => order(left) - order(right))
      .map((result) => [
        mark(result),
        escapeText(result.expectation.check),
        escapeText(result.message, 400),
      ]),
  });
}

function candidatesTable({ trained }: TrainedOutcome): string | null {
  if (trained.candidates.length < 2) return null;
  return details(
    "Models that were tried",
    markdownTable({
      headers: ["model", "training loss", "validation loss"],
      numeric: [1, 2],
      rows: trained.candidates.map(({ kind, trainLoss, validationLoss }) => [
        kind,
        formatNumber(trainLoss),
        formatNumber(validationLoss),
      ]),
    }),
  );
}

function importanceTable({ trained }: TrainedOutcome): string | null {
  if (trained.importance === null) return null;
  return details(
    `What the model looks at (${trained.importance.method})`,
    markdownTable({
      headers: ["column", "share"],
      numeric: [1],
      rows: trained.importance.columns
        .slice(0, 20)
        .map(({ column, share }) => [codeText(column), formatNumber(share)]),
    }),
  );
}

function filesTable({ record }: TrainedOutcome): string {
  return markdownTable({
    headers: ["file", "what", "size", "digest"],
    numeric: [2],
    rows: record.files.map(({ path, role, format, bytes, digest }) => [
      codeText(path),
      format === undefined ? role : `${role}, ${escapeText(format)}`,
      formatBytes(bytes),
      codeText(shortDigest(digest)),
    ]),
  });
}

function warningsOf(results: readonly ExpectationResult[]): readonly Annotation[] {
  return results
    .filter(({ passed, severity }) => !passed && severity === "warn")
    .map(({ message }) => ({ level: "warning", title: "Data check", message }));
}

function shortDigest(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}
