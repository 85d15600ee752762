import { RemoteError } from "#core";
import { renderMarkdownWithin } from "#report";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import type { Report } from "./report-blocks.ts";

/** Where the comment went. */
export type CommentOutcome =
  | { readonly kind: "written"; readonly url: string }
  | { readonly kind: "not-asked" }
  /** The token may not write: from a fork, or without the permission. */
  | { readonly kind: "refused"; readonly fromFork: boolean; readonly why: string };

/** GitHub takes 65,536 characters; the hidden marker goes before them. */
export const COMMENT_CHARACTERS = 65_000;

/** By which the comment of a model is found again. */
export function commentKey(model: string): string {
  return `evaluate-gate ${model}`;
}

/** Writes the report into the pull request, one comment a model, updated in place. */
export async function publishComment(
  report: Report,
  inputs: Pick<Inputs, "comment" | "model">,
  ports: Pick<Ports, "pullRequest" | "writeComment" | "log">,
): Promise<CommentOutcome> {
  const { pullRequest } = ports;
  if (inputs.comment === "false" || pullRequest === null) {
    if (inputs.comment === "true")
      ports.log.warning("comment: true, but the job does not run for a pull request.");
    return { kind: "not-asked" };
  }
  const body = renderMarkdownWithin(report.blocks, {
    limit: COMMENT_CHARACTERS,
    note: "_Cut to what a comment may hold: the job's summary and report.html have everything._",
  });
  try {
    const url = await ports.writeComment({
      number: pullRequest.number,
      key: commentKey(inputs.model),
      body,
    });
    return { kind: "written", url };
  } catch (error) {
    if (!(error instanceof RemoteError) || (error.status !== 403 && error.status !== 404))
      throw error;
    return { kind: "refused", fromFork: pullRequest.fromFork, why: error.message };
  }
}
