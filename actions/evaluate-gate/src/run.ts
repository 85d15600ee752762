import { resolve } from "node:path";
import type { Evaluation } from "#core";
import { showablePart } from "#report";
import { openRunDirectory } from "#toolkit";
import { findThresholdChanges, type ThresholdChanges } from "./base-thresholds.ts";
import { findOut } from "./findings.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { publishComment, type CommentOutcome } from "./publish.ts";
import { publishCheck, type CheckOutcome } from "./publish-check.ts";
import { scoreCandidate } from "./score-candidate.ts";
import { stopIfCancelled } from "./stop-if-cancelled.ts";
import { readSubject } from "./subject.ts";
import { placeThresholds, type Place } from "./threshold-places.ts";
import { readPastVersions, rememberHistory, type PastVersion } from "./version-history.ts";
import { writeResults, type Written } from "./write-results.ts";

export interface Outcome {
  readonly document: Evaluation;
  readonly report: Written["report"];
  readonly reportPath: string;
  readonly htmlPath: string | null;
  readonly comment: CommentOutcome;
  readonly check: CheckOutcome;
  /** Where thresholds stand in the repository's files, by their text. */
  readonly places: ReadonlyMap<string, Place>;
  readonly wantsSummary: boolean;
  readonly failOnVerdict: boolean;
}

/** Judges a model on rows that it has not seen, against production on the same rows, and says why. */
export async function evaluateGate(inputs: Inputs, world: Ports): Promise<Outcome> {
  const history = world.history === null ? null : rememberHistory(world.history);
  const ports: Ports = { ...world, history };
  const directory = openRunDirectory(resolve(ports.workspace, inputs.runDirectory));
  const subject = await readSubject(inputs, { directory, ports });
  const context = { inputs, subject, directory, ports };
  const background = askBackground(inputs, ports);

  const candidate = await scoreCandidate(context);
  try {
    ports.log.info(`Scored ${candidate.rows.table.rows} rows ${candidate.scoredBy}.`);
    const findings = await findOut(candidate, context);
    await stopIfCancelled(ports);
    const written = await writeResults(findings, { ...context, ...(await background) });
    ports.log.info(
      `${inputs.model}: ${findings.whole.verdict}. ${showablePart(findings.whole.reason, 600)}`,
    );
    const places = placeThresholds(
      inputs.thresholds.map(({ text }) => text),
      await ports.thresholdFiles(),
    );
    await stopIfCancelled(ports);
    const comment = publishComment(written.report, inputs, ports);
    const check = publishCheck({ ...written, places }, inputs, ports);
    // A fault of one is told when the other has come to its end too.
    await Promise.allSettled([comment, check]);
    return {
      document: written.document,
      report: written.report,
      reportPath: written.reportPath,
      htmlPath: written.htmlPath,
      comment: await comment,
      check: await check,
      places,
      wantsSummary: inputs.summary !== "false",
      failOnVerdict: inputs.failOnVerdict,
    };
  } finally {
    await candidate.open?.model.close();
  }
}

interface Background {
  readonly changes: ThresholdChanges | null;
  readonly past: readonly PastVersion[];
}

/** What only git and GitHub know: asked while the model scores, told with the results. */
function askBackground(inputs: Inputs, ports: Ports): Promise<Background> {
  const both = Promise.all([
    findThresholdChanges(inputs, ports),
    readPastVersions(inputs.model, ports),
  ]).then(([changes, past]) => ({ changes, past }));
  // A fault is told where it is awaited; a model that cannot be scored is told first.
  both.catch(() => {});
  return both;
}
