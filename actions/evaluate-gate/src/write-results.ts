import { relative } from "node:path";
import type { Evaluation } from "#core";
import { parquetParts, predictionsTable } from "#data";
import { renderMarkdown } from "#report";
import { artifactName, type RunDirectory } from "#toolkit";
import type { ScoringContext } from "./candidate.ts";
import { composeEvaluation } from "./compose-evaluation.ts";
import type { ThresholdChanges } from "./base-thresholds.ts";
import type { Findings } from "./findings.ts";
import { keepModel } from "./kept-model.ts";
import { makeGoldenCases } from "./golden-cases.ts";
import { extendProfile, predictionColumn, readReferenceProfile } from "./reference-profile.ts";
import { composeHtml } from "./report-html.ts";
import { composeReport, type Report } from "./report-blocks.ts";
import type { PastVersion } from "./version-history.ts";

/** What was written. */
export interface Written {
  readonly document: Evaluation;
  readonly report: Report;
  readonly reportPath: string;
  readonly htmlPath: string | null;
}

/** Writes the evaluation and everything that later actions need of it into the run directory. */
export async function writeResults(
  findings: Findings,
  context: ScoringContext & {
    readonly changes: ThresholdChanges | null;
    readonly past: readonly PastVersion[];
  },
): Promise<Written> {
  const { inputs, directory, ports, changes, past } = context;
  const files: string[] = [];
  const created = ports.clock.now();
  await writePredictions(findings, directory, files);
  await writeCasesAndProfile(findings, context, files);
  const kept = await keepModel(findings.candidate, inputs, context);
  const document = {
    ...composeEvaluation(findings, created),
    ...(kept !== null && { model_file: kept }),
  };
  files.push(...(kept?.files ?? []).map(({ path }) => path));
  const report = composeReport(findings, { inputs, changes, past, created, runUrl: ports.runUrl });
  await directory.writeText("report.md", renderMarkdown(report.blocks));
  files.push("report.md");
  const wantsHtml = inputs.html !== "false";
  if (wantsHtml) {
    await directory.writeText("report.html", await composeHtml(findings, report, { inputs, past }));
    files.push("report.html");
  }
  // Last: an evaluation that is there is whole.
  await directory.writeDocument("evaluation.json", document);
  files.push("evaluation.json");
  await uploadFiles(files, context);
  return {
    document,
    report,
    reportPath: relativePath("report.md", context),
    htmlPath: wantsHtml ? relativePath("report.html", context) : null,
  };
}

function relativePath(name: string, { directory, ports }: ScoringContext): string {
  const inside = relative(ports.workspace, directory.resolve(name));
  return inside.startsWith("..") ? directory.resolve(name) : inside;
}

async function writePredictions(
  { candidate, evaluation }: Findings,
  directory: RunDirectory,
  files: string[],
): Promise<void> {
  const { rows, answers } = candidate;
  const table = predictionsTable({
    keys: rows.keys,
    target: rows.target,
    prediction: predictionColumn(answers),
    scores: evaluation.task === "regression" || answers.kind === "values" ? [] : answers.scores,
    measures: [...answers.measures].map(([name, values]) => ({
      kind: "number",
      name,
      values,
      missing: null,
      integer: false,
    })),
  });
  await directory.writeParts("predictions.parquet", parquetParts(table));
  files.push("predictions.parquet");
}

async function writeCasesAndProfile(
  { candidate, subject }: Findings,
  { inputs, directory, ports }: ScoringContext,
  files: string[],
): Promise<void> {
  const { open, rows } = candidate;
  const profile = await readReferenceProfile(directory, candidate);
  await directory.writeDocument(
    "profile.json",
    await extendProfile(profile, candidate, { subject, directory }),
  );
  files.push("profile.json");
  if (open === null) {
    if (inputs.goldenCases.count > 0)
      ports.log.info("No golden cases are made: the model was not scored in this process.");
    return;
  }
  const cases = await makeGoldenCases({
    open,
    table: rows.table,
    profile,
    choice: inputs.goldenCases,
    seed: inputs.seed,
  });
  if (cases.length === 0) return;
  await directory.writeText(
    "golden.jsonl",
    `${cases.map((one) => JSON.stringify(one)).join("\n")}\n`,
  );
  files.push("golden.jsonl");
}

async function uploadFiles(
  files: readonly string[],
  { inputs, directory, ports }: ScoringContext,
): Promise<void> {
  if (inputs.upload === "false") return;
  if (!ports.canUpload) {
    ports.log.info("The evaluation is not uploaded: this is no job that can store artifacts.");
    return;
  }
  const name = artifactName({
    model: inputs.model,
    action: "evaluate-gate",
    attempt: ports.attempt,
  });
  await ports.artifacts.upload(
    name,
    files.map((file) => directory.resolve(file)),
    directory.path,
  );
}
