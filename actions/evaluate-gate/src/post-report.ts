import { evaluationSchema, parseDocument, type Evaluation } from "#core";
import type { RunArtifact, RunFacts } from "#github";
import { renderMarkdownWithin } from "#report";
import { newestOfEachAction } from "#toolkit";
import { COMMENT_CHARACTERS, commentKey } from "./publish.ts";
import type { Ports } from "./ports.ts";
import { composePostedReport } from "./report-posted.ts";
import { readPastVersions } from "./version-history.ts";

/** What posting another run's report needs of GitHub. */
export interface ReportSource {
  run(runId: number): Promise<RunFacts | null>;
  pullRequestOf(run: RunFacts): Promise<number | null>;
  artifactsOf(run: RunFacts): Promise<readonly RunArtifact[]>;
  /** The text of a file in an artifact; `null` when it holds none of the name. */
  fileOf(artifact: RunArtifact, name: string): Promise<string | null>;
}

/** How posting ended. */
export type PostOutcome =
  | { readonly kind: "posted"; readonly url: string; readonly document: Evaluation }
  /** There is nothing to post, or nowhere to post it; no fault of this job's. */
  | { readonly kind: "not-posted"; readonly why: string };

/**
 * Posts the evaluation that another run left into its pull request: a fork's own run may not. What
 * the artifact holds was made by the fork's code, so it is read as data, checked against the
 * schema, and drawn anew; none of its text or files is taken as it stands.
 *
 * @throws DataError when the artifact's evaluation.json is none
 */
export async function postReport(
  { model, runId }: { readonly model: string; readonly runId: number },
  ports: Pick<Ports, "reports" | "writeComment" | "history" | "log">,
): Promise<PostOutcome> {
  const { reports } = ports;
  const run = await reports.run(runId);
  if (run === null) return notPosted(`this repository has no workflow run ${runId}`);
  const number = await reports.pullRequestOf(run);
  if (number === null)
    return notPosted(`no open pull request has ${run.headSha.slice(0, 12)} as its newest commit`);
  const artifact = newestReport(await reports.artifactsOf(run), model);
  if (artifact === null)
    return notPosted(`the run ${run.url} left no evaluation of ${model}: did its gate run?`);
  const text = await reports.fileOf(artifact, "evaluation.json");
  if (text === null) return notPosted(`the artifact ${artifact.name} holds no evaluation.json`);
  const document = parseDocument(evaluationSchema, text, `${artifact.name}/evaluation.json`);
  if (document.model !== model)
    return notPosted(`the artifact ${artifact.name} holds an evaluation of another model`);
  const past = await readPastVersions(model, ports);
  const body = renderMarkdownWithin(composePostedReport(document, { run, past }), {
    limit: COMMENT_CHARACTERS,
    note: "_Cut to what a comment may hold: the run's summary has everything._",
  });
  const url = await ports.writeComment({ number, key: commentKey(model), body });
  ports.log.info(`Posted the evaluation of ${model} to pull request ${number}.`);
  return { kind: "posted", url, document };
}

function notPosted(why: string): PostOutcome {
  return { kind: "not-posted", why };
}

/** The one of the newest attempt that has not expired. */
function newestReport(artifacts: readonly RunArtifact[], model: string): RunArtifact | null {
  const kept = artifacts
    .filter(({ expired }) => !expired)
    .toSorted((left, right) => right.id - left.id);
  const gate = newestOfEachAction(kept, model).find(({ action }) => action === "evaluate-gate");
  return gate?.artifact ?? null;
}
