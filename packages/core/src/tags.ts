import {
  compareVersions,
  isModelName,
  isStageName,
  parseVersion,
  type Version,
} from "./versions.ts";

/** What a tag of GTO's grammar says. */
export type TagMeaning =
  | { readonly kind: "version"; readonly model: string; readonly version: Version }
  | { readonly kind: "deregistered"; readonly model: string; readonly version: Version }
  | { readonly kind: "deprecated"; readonly model: string }
  | {
      readonly kind: "assigned" | "unassigned";
      readonly model: string;
      readonly stage: string;
      /** The event's number; `null` in GTO's simple form without one. */
      readonly event: number | null;
    };

/** `churn@v1.4.0` */
export function versionTag(model: string, version: Version): string {
  return `${model}@${version}`;
}

/** `churn#production#7`, or `churn#production!#7` when the stage is taken back. */
export function stageTag(tag: {
  readonly model: string;
  readonly stage: string;
  readonly event: number;
  readonly unassign?: boolean;
}): string {
  return `${tag.model}#${tag.stage}${tag.unassign === true ? "!" : ""}#${tag.event}`;
}

/** Reads a tag's name; `undefined` when it is none of a model's. */
export function parseTag(name: string): TagMeaning | undefined {
  return name.includes("#") ? parseStageTag(name) : parseVersionTag(name);
}

function parseVersionTag(name: string): TagMeaning | undefined {
  const match = /^([^@]+)@([^!]+)(!)?$/.exec(name);
  const [, model = "", selector = "", mark] = match ?? [];
  if (match === null || !isModelName(model)) return undefined;
  if (selector === "deprecated")
    return mark === undefined ? { kind: "deprecated", model } : undefined;
  if (!selector.startsWith("v")) return undefined;
  const version = parseVersion(selector);
  if (version === undefined) return undefined;
  return { kind: mark === undefined ? "version" : "deregistered", model, version };
}

function parseStageTag(name: string): TagMeaning | undefined {
  const match = /^([^#]+)#([^#!]+)(!)?(?:#(\d+))?$/.exec(name);
  const [, model = "", stage = "", mark, event] = match ?? [];
  if (match === null || !isModelName(model) || !isStageName(stage)) return undefined;
  return {
    kind: mark === undefined ? "assigned" : "unassigned",
    model,
    stage,
    event: event === undefined ? null : Number(event),
  };
}

/** Trailers of a Slipway tag's message, e.g. `Slipway-Content: sha256:…`. */
export type Trailers = Readonly<Record<string, string>>;

/** The trailers at the end of a message; the last of a repeated key wins. */
export function parseTrailers(message: string): Trailers {
  const trailers: Record<string, string> = {};
  for (const line of message.split("\n")) {
    const match = /^(Slipway-[A-Za-z-]+):\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) trailers[match[1]] = match[2];
  }
  return trailers;
}

/** A tag's message: a title, free text and trailers that machines read. */
export function composeMessage(
  title: string,
  body: string,
  trailers: Readonly<Record<string, string | null | undefined>>,
): string {
  const lines = Object.entries(trailers)
    .filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "")
    .map(([key, value]) => `${key}: ${value.replaceAll(/[\r\n]+/g, " ")}`);
  return [title, body.trim(), lines.join("\n")].filter((part) => part !== "").join("\n\n") + "\n";
}

/** A git tag as it was read. */
export interface TagFacts {
  readonly name: string;
  /** The commit that the tag points at. */
  readonly commit: string;
  /** ISO 8601 UTC, the tagger's time. */
  readonly taggedAt: string;
  readonly message: string;
}

/** A version of a model as its tags tell it. */
export interface VersionEntry {
  readonly model: string;
  readonly version: Version;
  readonly tag: string;
  /** The release commit. */
  readonly commit: string;
  /** The commit that it was trained on: the trailer, else the tag's own commit. */
  readonly source: string;
  /** Digest of the run's id and files; `null` for a tag that Slipway did not write. */
  readonly content: string | null;
  /** Digest of the manifest; `null` for a tag that Slipway did not write. */
  readonly digest: string | null;
  readonly run: string | null;
  readonly createdAt: string;
  readonly deregistered: boolean;
}

/** Something that happened to a stage. */
export interface StageEvent {
  readonly kind: "assigned" | "unassigned";
  readonly model: string;
  readonly stage: string;
  readonly event: number | null;
  /** `null` when the tag's commit carries no version. */
  readonly version: Version | null;
  readonly previous: Version | null;
  readonly reason: string | null;
  readonly actor: string | null;
  readonly at: string;
  readonly commit: string;
  readonly tag: string;
}

/** A model's whole life as its tags tell it. */
export interface ModelHistory {
  readonly model: string;
  /** By semantic precedence, oldest first; deregistered ones included and marked. */
  readonly versions: readonly VersionEntry[];
  /** Oldest first. */
  readonly events: readonly StageEvent[];
  /** Which version each stage holds now; `null` when it was emptied. */
  readonly stages: Readonly<Record<string, Version | null>>;
  readonly deprecated: boolean;
  /** Time of the model's newest tag of any kind, ISO 8601; `null` without any. The next one must be later. */
  readonly newestTagAt: string | null;
}

/** Tells a model's life from its tags. Trailers are trusted first, the commit that a tag points at second. */
export function readHistory(model: string, tags: readonly TagFacts[]): ModelHistory {
  const read = tags
    .map((tag) => ({ tag, meaning: parseTag(tag.name) }))
    .filter((entry) => entry.meaning?.model === model);
  const deregistered = new Set<Version>();
  const versions: VersionEntry[] = [];
  let deprecatedAt = "";
  for (const { tag, meaning } of read) {
    if (meaning?.kind === "deregistered") deregistered.add(meaning.version);
    if (meaning?.kind === "deprecated" && tag.taggedAt > deprecatedAt) deprecatedAt = tag.taggedAt;
    if (meaning?.kind === "version") versions.push(versionEntry(meaning, tag));
  }
  const ordered = versions
    .map((entry) => ({ ...entry, deregistered: deregistered.has(entry.version) }))
    .sort((left, right) => compareVersions(left.version, right.version));
  const events = readEvents(
    read.flatMap(({ tag, meaning }) =>
      meaning?.kind === "assigned" || meaning?.kind === "unassigned" ? [{ tag, meaning }] : [],
    ),
    ordered,
  );
  const newest = read.reduce(
    (latest, { tag }) => (tag.taggedAt > latest ? tag.taggedAt : latest),
    "",
  );
  return {
    model,
    versions: ordered,
    events,
    stages: replayStages(events, deregistered),
    deprecated: deprecatedAt !== "" && deprecatedAt >= newest,
    newestTagAt: newest === "" ? null : newest,
  };
}

function versionEntry(
  meaning: { readonly model: string; readonly version: Version },
  tag: TagFacts,
): VersionEntry {
  const trailers = parseTrailers(tag.message);
  return {
    model: meaning.model,
    version: meaning.version,
    tag: tag.name,
    commit: tag.commit,
    source: trailers["Slipway-Source"] ?? tag.commit,
    content: trailers["Slipway-Content"] ?? null,
    digest: trailers["Slipway-Digest"] ?? null,
    run: trailers["Slipway-Run"] ?? null,
    createdAt: tag.taggedAt,
    deregistered: false,
  };
}

function readEvents(
  read: readonly {
    readonly tag: TagFacts;
    readonly meaning: Extract<TagMeaning, { readonly stage: string }>;
  }[],
  versions: readonly VersionEntry[],
): readonly StageEvent[] {
  const versionOfCommit = new Map(versions.map((entry) => [entry.commit, entry.version]));
  return read
    .map(({ tag, meaning }): StageEvent => {
      const trailers = parseTrailers(tag.message);
      const named = parseVersion(trailers["Slipway-Version"] ?? "");
      return {
        kind: meaning.kind,
        model: meaning.model,
        stage: meaning.stage,
        event: meaning.event,
        version: named ?? versionOfCommit.get(tag.commit) ?? null,
        previous: parseVersion(trailers["Slipway-Previous"] ?? "") ?? null,
        reason: trailers["Slipway-Reason"] ?? null,
        actor: trailers["Slipway-Actor"] ?? null,
        at: tag.taggedAt,
        commit: tag.commit,
        tag: tag.name,
      };
    })
    .sort(compareEvents);
}

/** By event number; tagger time breaks a tie and places events without a number. */
function compareEvents(left: StageEvent, right: StageEvent): number {
  if (left.event !== null && right.event !== null && left.event !== right.event) {
    return left.event - right.event;
  }
  return left.at < right.at ? -1 : left.at > right.at ? 1 : 0;
}

function replayStages(
  events: readonly StageEvent[],
  deregistered: ReadonlySet<Version>,
): Readonly<Record<string, Version | null>> {
  // Each stage is a stack of holders: taking a version back shows the one before it again.
  const holders = new Map<string, Version[]>();
  for (const event of events) {
    const stack = (holders.get(event.stage) ?? []).filter((version) => version !== event.version);
    if (event.kind === "assigned" && event.version !== null) stack.push(event.version);
    holders.set(event.stage, stack);
  }
  return Object.fromEntries(
    [...holders].map(([stage, stack]) => [
      stage,
      stack.filter((version) => !deregistered.has(version)).at(-1) ?? null,
    ]),
  );
}

/** The number that the next stage tag of this model takes: the highest of all its stage tags plus one. */
export function nextEventNumber(history: ModelHistory): number {
  return history.events.reduce((highest, event) => Math.max(highest, event.event ?? 0), 0) + 1;
}

/** The newest version that was not deregistered, or `null`. Prereleases count only when nothing else is there. */
export function latestVersion(history: ModelHistory): VersionEntry | null {
  const present = history.versions.filter((entry) => !entry.deregistered);
  return present.filter((entry) => !entry.version.includes("-")).at(-1) ?? present.at(-1) ?? null;
}
