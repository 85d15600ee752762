import {
  composeMessage,
  nextEventNumber,
  RemoteError,
  stageTag,
  versionTag,
  type ModelHistory,
  type Version,
  type VersionEntry,
} from "#core";
import type { GithubConnection } from "./client.ts";
import { claimTag, nextTagTime, renewReleaseCommit, type Claim } from "./tag-writer.ts";

/** A version that is to hold a stage. */
export interface StageAssignment {
  readonly model: string;
  readonly stage: string;
  readonly version: Version;
  /** Why, for whoever reads the history; `rollback …` marks the version before as taken back. */
  readonly reason: string;
  readonly readHistory: () => Promise<ModelHistory>;
  readonly now: Date;
}

/** What a stage tag came to. */
export type StageOutcome =
  | { readonly kind: "assigned"; readonly tag: string; readonly previous: Version | null }
  /** The stage held that version already. */
  | { readonly kind: "unchanged"; readonly tag: string; readonly previous: Version | null };

const MOST_TRIES = 20;

/**
 * Writes a stage tag: `churn#production#7`. Of two at once each gets a number of its own; asked
 * twice for the same version it writes once.
 *
 * @throws RemoteError when GitHub refuses the tag
 */
export async function assignStage(
  connection: GithubConnection,
  assignment: StageAssignment,
): Promise<StageOutcome> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const history = await assignment.readHistory();
    const previous = history.stages[assignment.stage] ?? null;
    if (previous === assignment.version) {
      return { kind: "unchanged", tag: currentTag(history, assignment), previous };
    }
    const entry = history.versions.find(({ version }) => version === assignment.version);
    if (entry === undefined) throw new Error(`${assignment.model} has no ${assignment.version}.`);
    const tag = stageTag({ ...assignment, event: nextEventNumber(history) });
    const claim = await claimStageTag(connection, { assignment, entry, history, tag, previous });
    if (claim.kind === "created") return { kind: "assigned", tag, previous };
  }
  throw new RemoteError({
    code: "STAGE_BUSY",
    message: `Stage ${assignment.stage} of ${assignment.model} could not be claimed in ${MOST_TRIES} tries: others write it all the time.`,
    hint: "Give the workflows that assign it one concurrency: group.",
    call: "POST git/refs",
    status: 422,
    retryable: true,
  });
}

function currentTag(history: ModelHistory, { stage, version }: StageAssignment): string {
  const event = history.events.findLast(
    (candidate) => candidate.stage === stage && candidate.version === version,
  );
  return event?.tag ?? "";
}

interface StageClaim {
  readonly assignment: StageAssignment;
  readonly entry: VersionEntry;
  readonly history: ModelHistory;
  readonly tag: string;
  readonly previous: Version | null;
}

async function claimStageTag(connection: GithubConnection, claim: StageClaim): Promise<Claim> {
  const { assignment, entry, history, tag } = claim;
  const at = nextTagTime(assignment.now, [history.newestTagAt]);
  const message = stageMessage(connection, claim);
  try {
    return await claimTag(connection, { name: tag, commit: entry.commit, message, at });
  } catch (error) {
    if (!(error instanceof RemoteError) || (error.status !== 403 && error.status !== 404))
      throw error;
    // The old release commit's workflow files differ from the default branch's of today.
    const commit = await renewReleaseCommit(connection, {
      commit: entry.commit,
      message: `${versionTag(entry.model, entry.version)} with the default branch's workflow files\n`,
      at,
    });
    const later = nextTagTime(assignment.now, [at]);
    const note = `\nThis tag's commit carries ${entry.tag} with today's workflow files.`;
    return claimTag(connection, {
      name: tag,
      commit,
      message: stageMessage(connection, claim, note),
      at: later,
    });
  }
}

function stageMessage(connection: GithubConnection, claim: StageClaim, note = ""): string {
  const { assignment, entry, previous } = claim;
  const { access } = connection;
  const before = previous === null ? "" : ` (before: ${previous})`;
  const title = `${assignment.model} ${assignment.version} is now in ${assignment.stage}${before}`;
  return composeMessage(title, `${assignment.reason}${note}`, {
    "Slipway-Model": assignment.model,
    "Slipway-Version": assignment.version,
    "Slipway-Stage": assignment.stage,
    "Slipway-Previous": previous,
    "Slipway-Reason": assignment.reason,
    "Slipway-Actor": access.actor,
    "Slipway-Digest": entry.digest,
    "Slipway-Run": runUrl(connection),
  });
}

/** The page of the workflow run that does this. */
export function runUrl({ access }: Pick<GithubConnection, "access">): string | null {
  if (access.runId === 0) return null;
  return `${access.serverUrl}/${access.owner}/${access.repository}/actions/runs/${access.runId}`;
}
