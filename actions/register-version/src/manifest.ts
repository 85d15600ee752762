import {
  type BumpDecision,
  type Evaluation,
  type FileEntry,
  type Manifest,
  type RunRecord,
  type Version,
} from "#core";

/** What a manifest is made of. */
export interface ManifestParts {
  readonly run: RunRecord;
  readonly evaluation: Evaluation | null;
  readonly version: Version;
  readonly previous: Version | null;
  readonly decision: BumpDecision;
  readonly files: readonly FileEntry[];
  readonly destination: string | null;
  readonly stage: string | null;
  /** ISO 8601 UTC. */
  readonly created: string;
}

/** The manifest of a version that is about to be claimed. */
export function composeManifest(parts: ManifestParts): Manifest {
  const { run, evaluation, version, decision } = parts;
  return {
    schema: "slipway/manifest@1",
    model: run.model,
    version,
    previous: parts.previous,
    created: parts.created,
    bump: { level: decision.level, reason: decision.reasons.join("; ") },
    run,
    evaluation:
      evaluation === null
        ? null
        : {
            verdict: evaluation.verdict,
            reason: evaluation.reason,
            rows: evaluation.rows,
            baseline: evaluation.baseline?.version ?? evaluation.baseline?.name ?? null,
            metrics: evaluation.metrics,
          },
    signature: run.signature,
    ...(evaluation?.answers !== undefined && { answers: evaluation.answers }),
    files: [...parts.files],
    home: parts.destination === null ? null : homeOf(parts.destination, run.model, version),
    profile_digest: parts.files.find((file) => file.role === "profile")?.digest ?? null,
    stage: parts.stage,
  };
}

/** The prefix where push-artifact puts a version's files: `gs://bucket/prefix/weather/v1.0.0`. */
export function homeOf(destination: string, model: string, version: Version): string {
  return `${destination.replace(/\/+$/, "")}/${model}/${version}`;
}

/**
 * The text whose sha256 is `Slipway-Content`: the run's id and its files' digests. The same
 * content is the same version, however often it is registered.
 */
export function contentText(run: RunRecord): string {
  const files = run.files
    .map((file) => `${file.path} ${file.digest}`)
    .sort()
    .join("\n");
  return `${run.model}\n${run.id}\n${files}\n`;
}

const KEPT_OUT = new Set<FileEntry["role"]>(["split", "predictions"]);

/** Which of the run directory's files go with the version; splits and rows never do. */
export function isReleased(file: FileEntry, asked: readonly string[]): boolean {
  return asked.includes(file.path) || !KEPT_OUT.has(file.role);
}

/** What a file written by a later action is for, by its name. */
export function roleOf(path: string): FileEntry["role"] {
  switch (path) {
    case "profile.json":
      return "profile";
    case "evaluation.json":
      return "evaluation";
    case "report.md":
    case "report.html":
      return "report";
    case "golden.jsonl":
      return "golden";
    default:
      if (path.startsWith("predictions.")) return "predictions";
      return path.startsWith("splits/") ? "split" : "other";
  }
}

/** A title for release and tag: `weather v1.1.0`. */
export function titleOf(model: string, version: Version): string {
  return `${model} ${version}`;
}
