import { codeText, escapeText, markdownTable, paragraphs, verdictMark } from "#report";
import type { RenderedOutcome } from "#toolkit";
import type { Outcome } from "./outcome.ts";

/** What register-version tells the runner and the reader of the summary. */
export function renderOutcome(outcome: Outcome): RenderedOutcome {
  switch (outcome.kind) {
    case "registered":
      return renderRegistered(outcome);
    case "assigned":
      return {
        outputs: {
          version: outcome.version,
          tag: outcome.tag,
          "previous-version": outcome.stage.previous ?? "",
          created: "false",
          "stage-tag": outcome.stage.tag,
        },
        summary: paragraphs(
          `## ${escapeText(outcome.model)}: ${stageSentence(outcome.version, outcome.stage)}`,
        ),
      };
    case "marked":
      return {
        outputs: { tag: outcome.tag, created: String(outcome.created) },
        summary: paragraphs(
          `## ${escapeText(outcome.mark)}`,
          `Tag ${codeText(outcome.tag)}. Nothing was deleted.`,
        ),
      };
  }
}

function renderRegistered(outcome: Extract<Outcome, { kind: "registered" }>): RenderedOutcome {
  const { manifest, release, stage } = outcome;
  const title = `${escapeText(manifest.model)} ${escapeText(manifest.version)}`;
  const headline = outcome.created
    ? `## Registered ${title}`
    : `## ${title} was registered already`;
  const rows: (readonly [string, string])[] = [
    ["tag", codeText(outcome.tag)],
    ["bump", `${manifest.bump.level}: ${escapeText(manifest.bump.reason)}`],
    ["previous", manifest.previous === null ? "none" : codeText(manifest.previous)],
    [
      "evaluation",
      manifest.evaluation === null ? "none" : verdictMark(manifest.evaluation.verdict),
    ],
    ["release", release === null ? "none" : `[model card and files](${release.url})`],
    ["manifest", codeText(outcome.digest)],
    ...(stage === null
      ? []
      : [["stage", escapeText(stageSentence(manifest.version, stage))] as const]),
  ];
  return {
    outputs: {
      version: manifest.version,
      tag: outcome.tag,
      "previous-version": manifest.previous ?? "",
      bump: manifest.bump.level,
      "release-url": release?.url ?? "",
      "release-id": release === null ? "" : String(release.id),
      "manifest-digest": outcome.digest,
      created: String(outcome.created),
      "stage-tag": stage?.tag ?? "",
    },
    summary: paragraphs(headline, markdownTable({ headers: ["", ""], rows })),
  };
}

function stageSentence(
  version: string,
  stage: Extract<Outcome, { kind: "assigned" }>["stage"],
): string {
  if (!stage.changed) return `${version} holds ${stage.stage} already`;
  return `${version} is now in ${stage.stage}${stage.previous === null ? "" : ` (before: ${stage.previous})`}`;
}
