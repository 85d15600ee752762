import { resolve } from "node:path";
import { formatDocument, judgeWhole, type Judgement, type Profile, type Verdict } from "#core";
import { findDatedFiles, profileInto } from "#data";
import { artifactName, openRunDirectory, writeWholeFile, type RunDirectory } from "#toolkit";
import type { DriftCheck } from "./check.ts";
import { chooseColumns, columnFacts } from "./column-facts.ts";
import { composeDriftDocument } from "./drift-document.ts";
import { findColumns } from "./find-columns.ts";
import type { Inputs } from "./inputs.ts";
import { countInARow } from "./issue-state.ts";
import { judgeDriftThreshold } from "./judge-thresholds.ts";
import { composeMetrics } from "./metrics-file.ts";
import { measurePerformance, type Performance } from "./performance.ts";
import type { Ports } from "./ports.ts";
import { findReference } from "./reference.ts";
import { composeReport } from "./report.ts";
import { startRetraining, type RetrainingOutcome } from "./retrain.ts";
import { summariseCurrent, type Current } from "./summarise.ts";
import { textColumns } from "./text-columns.ts";
import { trackIssue, type TrackedIssue } from "./track-issue.ts";

export interface Outcome {
  readonly check: DriftCheck;
  /** `null` where no issue is kept, or there is none and no need of one. */
  readonly issue: TrackedIssue | null;
  /** `null` where none is asked for. */
  readonly retraining: RetrainingOutcome | null;
  /** Why the step fails; `null` where it does not. */
  readonly failure: string | null;
  readonly reportPath: string;
  readonly profilePath: string;
}

/** Says whether what a model sees has moved away from what it was trained on, and acts on it. */
export async function checkDrift(inputs: Inputs, ports: Ports): Promise<Outcome> {
  const check = await lookForDrift(inputs, ports);
  const paths = await writeFiles(inputs, check, ports);
  // A step that was cancelled speaks to nobody and starts nothing: the next check will.
  ports.signal.throwIfAborted();
  return { check, ...paths, ...(await act(inputs, check, ports)) };
}

/** Compares the current data with the reference; changes nothing. */
export async function lookForDrift(inputs: Inputs, ports: Ports): Promise<DriftCheck> {
  const reference = await findReference(inputs, ports);
  const facts = columnFacts(inputs, reference);
  const chosen = chooseColumns(inputs, reference.profile, facts);
  const now = ports.clock.now();
  const windowMs = inputs.window;
  const from = windowMs === null ? null : new Date(now.getTime() - windowMs);
  const files = await findDatedFiles(inputs.current, {
    ...ports,
    input: "current",
    now,
    windowMs,
  });
  const types = textColumns(reference, facts);
  const summary = await summariseCurrent({
    files,
    shards: { ...ports, model: inputs.model, from, time: facts.time, types },
    reference: chosen,
    known: reference.profile.columns.map(({ name }) => name),
    version: reference.version,
    facts,
    keepAnswers: inputs.groundTruth !== null,
    keepRows: inputs.method.kind === "evidently",
  });
  const performance =
    inputs.groundTruth === null || summary.answers === null
      ? null
      : await measurePerformance({
          ...ports,
          files: inputs.groundTruth,
          facts,
          types,
          answers: summary.answers,
          reference,
          thresholds: inputs.thresholds,
        });
  const data = await withLabels(summary, { chosen, performance });
  const columns = findColumns(inputs, { reference, chosen, data });
  const judgements = inputs.thresholds.map((threshold) =>
    judgeDriftThreshold(threshold, {
      columns,
      performance,
      version: reference.version,
      rules: inputs,
    }),
  );
  const leftOut = describeLeftOut(data);
  return {
    model: inputs.model,
    at: now.toISOString(),
    reference,
    profile: chosen,
    data,
    method: describeMethod(inputs),
    confidence: inputs.confidence,
    correction: inputs.correction,
    minRows: inputs.minRows,
    window: from === null ? null : { from: from.toISOString(), to: now.toISOString() },
    columns,
    performance,
    judgements,
    ...decide(judgements, { rows: data.rows, minRows: inputs.minRows, leftOut }),
    leftOut,
    runUrl: ports.runUrl,
  };
}

/** Late labels take the label column's place in the current profile. */
async function withLabels(
  data: Current,
  { chosen, performance }: { readonly chosen: Profile; readonly performance: Performance | null },
): Promise<Current> {
  const label = chosen.columns.find(({ role }) => role === "label");
  const labels = performance?.labels ?? null;
  if (label === undefined || labels === null) return data;
  const column = labels.columns.map((found) => ({ ...found, name: label.name }));
  const counted = await profileInto({ ...chosen, columns: [label] }, [
    { rows: labels.rows, columns: column },
  ]);
  return {
    ...data,
    profile: {
      ...data.profile,
      columns: data.profile.columns.map((found) =>
        found.name === label.name ? (counted.columns[0] ?? found) : found,
      ),
    },
  };
}

function describeMethod({ method }: Inputs): string {
  if (method.kind === "evidently") return "evidently";
  const own = Object.entries(method.byColumn).map(([name, statistic]) => `${name}: ${statistic}`);
  return [method.statistic === "js" ? "slipway" : method.statistic, ...own].join(", ");
}

function describeLeftOut({ notes }: Current): string | null {
  const faulty = notes.shards.filter(({ fault }) => fault !== null);
  const [first] = faulty;
  if (first === undefined) return null;
  const some = first.rows > 0 ? ` after ${first.rows} rows` : "";
  const names = faulty
    .map(({ uri }) => uri)
    .slice(0, 5)
    .join(", ");
  return `${faulty.length} of ${notes.shards.length} files could not be read to the end and what is left of them is not judged: ${names}${faulty.length > 5 ? ", …" : ""} (${first.fault ?? ""}${some})`;
}

function decide(
  judgements: readonly Judgement[],
  facts: { readonly rows: number; readonly minRows: number; readonly leftOut: string | null },
): { readonly verdict: Verdict; readonly reason: string } {
  const left = facts.leftOut === null ? "" : ` ${facts.leftOut}.`;
  if (facts.rows < facts.minRows) {
    return {
      verdict: "inconclusive",
      reason: `Only ${facts.rows} rows: min-rows asks for ${facts.minRows}, so nothing is called drift.${left}`,
    };
  }
  const whole = judgeWhole(judgements, "hold");
  return { verdict: whole.verdict, reason: `${whole.reason}${left}` };
}

const DOCUMENT = "drift.json";
const REPORT = "drift-report.md";
const PROFILE = "current-profile.json";

async function writeFiles(
  inputs: Inputs,
  check: DriftCheck,
  ports: Ports,
): Promise<{ readonly reportPath: string; readonly profilePath: string }> {
  const directory = openRunDirectory(resolve(ports.workspace, inputs.runDirectory));
  await directory.writeDocument(DOCUMENT, composeDriftDocument(check));
  await directory.writeText(REPORT, composeReport(check));
  await directory.writeText(PROFILE, formatDocument(check.data.profile));
  if (inputs.metricsFile !== null) {
    await writeWholeFile(resolve(ports.workspace, inputs.metricsFile), composeMetrics(check));
  }
  await upload(directory, check.model, ports);
  return { reportPath: directory.resolve(REPORT), profilePath: directory.resolve(PROFILE) };
}

/** An artifact that cannot be stored keeps nobody from hearing of drift. */
async function upload(directory: RunDirectory, model: string, ports: Ports): Promise<void> {
  if (!ports.canUpload) {
    ports.log.info("No artifact is stored: this job has no ACTIONS_RUNTIME_TOKEN.");
    return;
  }
  const name = artifactName({ model, action: "drift-check", attempt: ports.attempt });
  const files = [DOCUMENT, REPORT, PROFILE].map((file) => directory.resolve(file));
  try {
    await ports.artifacts.upload(name, files, directory.path);
  } catch (error) {
    ports.log.warning(
      `The artifact ${name} was not stored: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function act(
  inputs: Inputs,
  check: DriftCheck,
  ports: Ports,
): Promise<Pick<Outcome, "issue" | "retraining" | "failure">> {
  const named = { check, key: ports.checkKey };
  const hasDrifted = check.verdict === "fail";
  const issue = inputs.onDrift.includes("issue") ? await trackIssue(named, ports.issues) : null;
  ports.signal.throwIfAborted();
  const retraining =
    inputs.onDrift.includes("dispatch") && hasDrifted && issue !== null
      ? await startRetraining(inputs, { named, issue }, ports)
      : null;
  const inARow = issue === null ? 1 : countInARow(issue.state);
  const fails = inputs.onDrift.includes("fail") && hasDrifted && inARow >= inputs.consecutive;
  const failure = fails
    ? `${check.model} has drifted from ${check.reference.name}: ${check.reason}`
    : null;
  return { issue, retraining, failure };
}
