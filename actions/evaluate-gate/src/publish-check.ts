import { RemoteError, type Evaluation } from "#core";
import { CHECK_SUMMARY_LIMIT_BYTES, type CheckAnnotation, type CheckRunText } from "#github";
import { renderMarkdownWithin, showablePart } from "#report";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import type { Report } from "./report-blocks.ts";
import { remarksOf, type Remark } from "./remarks.ts";
import type { Place } from "./threshold-places.ts";

/** What became of the check run. */
export type CheckOutcome =
  | { readonly kind: "written"; readonly url: string }
  | { readonly kind: "not-asked" }
  /** The token may not write checks. */
  | { readonly kind: "refused"; readonly why: string; readonly asked: boolean };

/** What a check run is made of. */
export interface Judged {
  readonly document: Evaluation;
  readonly report: Report;
  readonly places: ReadonlyMap<string, Place>;
}

/** Adds a check run of the verdict to the commit that was judged. */
export async function publishCheck(
  judged: Judged,
  inputs: Pick<Inputs, "checkRun" | "model" | "failOnVerdict">,
  ports: Pick<Ports, "pullRequest" | "commit" | "createCheckRun" | "runUrl" | "log">,
): Promise<CheckOutcome> {
  const { pullRequest } = ports;
  if (inputs.checkRun === "false") return { kind: "not-asked" };
  if (inputs.checkRun === "auto" && pullRequest === null) return { kind: "not-asked" };
  const headSha = pullRequest?.headCommit ?? ports.commit;
  if (headSha === "") {
    if (inputs.checkRun === "true")
      ports.log.warning("check-run: true, but the job runs for no commit.");
    return { kind: "not-asked" };
  }
  try {
    const url = await ports.createCheckRun({
      ...composeCheck(judged, inputs),
      headSha,
      detailsUrl: ports.runUrl,
    });
    return { kind: "written", url };
  } catch (error) {
    if (!(error instanceof RemoteError) || (error.status !== 403 && error.status !== 404))
      throw error;
    ports.log.info("No check run is added: the token has no `checks: write`.");
    return { kind: "refused", why: error.message, asked: inputs.checkRun === "true" };
  }
}

function composeCheck(
  { document, report, places }: Judged,
  { model, failOnVerdict }: Pick<Inputs, "model" | "failOnVerdict">,
): Omit<CheckRunText, "headSha" | "detailsUrl"> {
  const failing = failOnVerdict ? "failure" : "neutral";
  const conclusions = { pass: "success", fail: failing, inconclusive: "neutral" } as const;
  return {
    name: `evaluate-gate ${model}`,
    conclusion: conclusions[document.verdict],
    title: showablePart(`${document.verdict}: ${document.reason}`, 200),
    summary: summaryOf(report),
    annotations: remarksOf(document, places).flatMap(toAnnotation),
  };
}

const CUT_NOTE =
  "_Cut to what a check may hold: the job's summary and report.html have everything._";

/** GitHub counts bytes, the renderer characters: fewer of these until the bytes fit. */
function summaryOf({ blocks }: Report): string {
  for (let limit = CHECK_SUMMARY_LIMIT_BYTES; ; limit = Math.floor(limit / 2)) {
    const text = renderMarkdownWithin(blocks, { limit, note: CUT_NOTE });
    if (Buffer.byteLength(text) <= CHECK_SUMMARY_LIMIT_BYTES) return text;
  }
}

/** A remark without a place in a file is in the summary already. */
function toAnnotation({ place, level, title, message }: Remark): readonly CheckAnnotation[] {
  if (place === null) return [];
  return [{ ...place, level: level === "error" ? "failure" : level, title, message }];
}
