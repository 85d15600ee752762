import { InputError } from "./errors.ts";
import { suggestNearest } from "./nearest.ts";
import { latestVersion, type ModelHistory, type VersionEntry } from "./tags.ts";
import { parseVersion, type Version } from "./versions.ts";

/** How a stage tag's reason begins when the stage went back to an older version. */
export const ROLLBACK_REASON = "rollback";

/**
 * The version that a selector means: `latest`, `previous` (of `stage`), a stage's name or `v1.2.3`.
 *
 * @throws InputError `VERSION_NOT_FOUND` that names the newest version
 */
export function selectVersion(
  history: ModelHistory,
  selector: string,
  stage = "production",
): VersionEntry {
  const entry = trySelectVersion(history, selector, stage);
  if (entry !== null) return entry;
  const newest = latestVersion(history);
  if (newest === null) {
    throw new InputError({
      code: "VERSION_NOT_FOUND",
      message: `Model ${history.model} has no version yet.`,
      hint: "Train and register one first: register-version makes v1.0.0.",
    });
  }
  throw new InputError({
    code: "VERSION_NOT_FOUND",
    message: describeMiss(history, selector, { stage, newest: newest.version }),
    hint:
      parseVersion(selector) === undefined
        ? `Use latest, previous, v1.2.3 or a stage. ${suggestNearest(selector, ["latest", "previous", ...Object.keys(history.stages)])}`
        : "Use version: latest, or register the run first.",
  });
}

/** Like {@link selectVersion}, but `null` when there is none. */
export function trySelectVersion(
  history: ModelHistory,
  selector: string,
  stage = "production",
): VersionEntry | null {
  if (selector === "latest") return latestVersion(history);
  if (selector === "previous") return entryOf(history, previousHolder(history, stage));
  const version = parseVersion(selector);
  return entryOf(history, version ?? history.stages[selector] ?? null);
}

/**
 * The newest earlier holder of a stage that was never rolled back, so that two rollbacks in a row
 * do not go back and forth.
 */
export function previousHolder(history: ModelHistory, stage: string): Version | null {
  const current = history.stages[stage] ?? null;
  const events = history.events.filter(
    (event) => event.stage === stage && event.kind === "assigned",
  );
  const rolledBack = new Set<Version>();
  for (const event of events) {
    if (event.version !== null) rolledBack.delete(event.version);
    if (event.reason?.startsWith(ROLLBACK_REASON) === true && event.previous !== null)
      rolledBack.add(event.previous);
  }
  const candidates = events
    .map((event) => event.version)
    .filter(
      (version): version is Version =>
        version !== null && version !== current && !rolledBack.has(version),
    )
    .filter((version) =>
      history.versions.some((entry) => entry.version === version && !entry.deregistered),
    );
  return candidates.at(-1) ?? null;
}

function entryOf(history: ModelHistory, version: Version | null): VersionEntry | null {
  if (version === null) return null;
  return history.versions.find((entry) => entry.version === version && !entry.deregistered) ?? null;
}

function describeMiss(
  history: ModelHistory,
  selector: string,
  { stage, newest }: { readonly stage: string; readonly newest: Version },
): string {
  const model = `Model ${history.model}`;
  if (selector === "previous")
    return `${model} has no earlier version to go back to in stage ${stage}. The newest is ${newest}.`;
  const version = parseVersion(selector);
  if (version === undefined)
    return `${model} has no version in stage "${selector}". The newest is ${newest}.`;
  const gone = history.versions.some((entry) => entry.version === version && entry.deregistered);
  return `${model} has no version ${version}${gone ? ": it was deregistered" : ""}. The newest is ${newest}.`;
}
