import { setTimeout as wait } from "node:timers/promises";
import pLimit from "p-limit";
import type { Log, Measure, VersionEntry, VersionHistory } from "#core";

/** How a version of the model was evaluated when it was made. */
export interface PastVersion {
  readonly version: string;
  readonly rows: number;
  readonly metrics: Readonly<Record<string, Measure>>;
}

/** More versions than these say nothing more of where a metric goes. */
const MOST_VERSIONS = 20;
const AT_ONCE = 5;
/** A report is not held up for its history. */
const LONGEST_MS = 10_000;

/**
 * The evaluations of a model's newest versions from their manifests, oldest first. What cannot be
 * read, or not in time, is left out: no verdict rests on it.
 */
export async function readPastVersions(
  model: string,
  ports: { readonly history: VersionHistory | null; readonly log: Log },
  longestMs = LONGEST_MS,
): Promise<readonly PastVersion[]> {
  if (ports.history === null) return [];
  const read: (PastVersion | null)[] = [];
  const done = new AbortController();
  const late = wait(longestMs, undefined, { signal: done.signal, ref: false }).catch(() => {});
  const reading = { ...ports, history: ports.history, signal: done.signal };
  await Promise.race([readAll(model, reading, read), late]);
  done.abort();
  return read.filter((one) => one !== null && one !== undefined);
}

interface Reading {
  readonly history: VersionHistory;
  readonly log: Log;
  /** Aborted when the report does not wait any longer: nothing more is asked for. */
  readonly signal: AbortSignal;
}

/** Fills `read` by place, so that what is there in time keeps its order. */
async function readAll(
  model: string,
  reading: Reading,
  read: (PastVersion | null)[],
): Promise<void> {
  try {
    const { versions } = await reading.history.read(model);
    const newest = versions.filter(({ deregistered }) => !deregistered).slice(-MOST_VERSIONS);
    const limit = pLimit(AT_ONCE);
    const work = newest.map((entry, place) =>
      limit(async () => {
        if (!reading.signal.aborted) read[place] = await readOne(entry, reading);
      }),
    );
    await Promise.all(work);
  } catch (error) {
    reading.log.debug(`The report has no history of ${model}: ${String(error)}`);
  }
}

async function readOne(
  entry: VersionEntry,
  { history, log }: Reading,
): Promise<PastVersion | null> {
  try {
    const { evaluation } = await history.manifest(entry);
    if (evaluation === null) return null;
    return { version: entry.version, rows: evaluation.rows, metrics: evaluation.metrics };
  } catch (error) {
    log.debug(`The report's history leaves ${entry.tag} out: ${String(error)}`);
    return null;
  }
}

/** A history that asks for the same things once: baselines and the report read the same ones. */
export function rememberHistory(history: VersionHistory): VersionHistory {
  const reads = new Map<string, ReturnType<VersionHistory["read"]>>();
  const manifests = new Map<string, ReturnType<VersionHistory["manifest"]>>();
  return {
    ...history,
    read: (model) => once(reads, model, () => history.read(model)),
    manifest: (entry) => once(manifests, entry.tag, () => history.manifest(entry)),
  };
}

function once<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
