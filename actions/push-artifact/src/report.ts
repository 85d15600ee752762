import { codeText, escapeText, formatBytes, markdownTable, paragraphs } from "#report";
import type { RenderedOutcome } from "#toolkit";
import type { Outcome } from "./run.ts";

/** What push-artifact tells the runner and the reader of the summary. */
export function renderOutcome(outcome: Outcome): RenderedOutcome {
  const { objects } = outcome;
  const uploaded = objects.filter((object) => object.kind === "created");
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  const table = markdownTable({
    headers: ["file", "size", "sha256", ""],
    numeric: [1],
    rows: objects.map((object) => [
      codeText(object.path),
      formatBytes(object.bytes),
      codeText(object.sha256.slice(7, 19)),
      object.kind === "created" ? "stored" : "already there, equal",
    ]),
  });
  return {
    outputs: {
      uri: outcome.home,
      uris: JSON.stringify(objects.map((object) => object.uri)),
      "manifest-uri": outcome.manifestUri,
      bytes: String(bytes),
      uploaded: String(uploaded.length),
      skipped: String(objects.length - uploaded.length),
    },
    summary: paragraphs(
      `## ${escapeText(outcome.model)} ${escapeText(outcome.version)} is in the bucket`,
      `${codeText(outcome.home)}: ${objects.length} files, ${formatBytes(bytes)}, verified by sha256 and crc32c, in ${(outcome.durationMs / 1000).toFixed(1)} s.`,
      table,
    ),
  };
}
