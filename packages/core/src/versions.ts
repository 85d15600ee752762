import semver from "semver";
import { InputError } from "./errors.ts";

/** A model's version as people read it and as its tag carries it: `v1.4.0`. */
export type Version = `v${string}`;

/** What moved between two versions: signature, code or only data. */
export type BumpLevel = "major" | "minor" | "patch";

const MODEL_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-/_]*[a-zA-Z0-9])?$/;
const STAGE_NAME = MODEL_NAME;

/** Whether the text is a model name in GTO's grammar. */
export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text) && text.length <= 200;
}

/** Whether the text is a stage name in GTO's grammar. */
export function isStageName(text: string): boolean {
  return STAGE_NAME.test(text) && text.length <= 200;
}

/** Reads `1.4.0` or `v1.4.0`, prereleases included; `undefined` when it is no semantic version. */
export function parseVersion(text: string): Version | undefined {
  const parsed = semver.parse(text.startsWith("v") ? text.slice(1) : text);
  return parsed === null ? undefined : `v${parsed.version}`;
}

/**
 * Reads a version or refuses.
 *
 * @throws InputError `INVALID_VERSION`
 */
export function requireVersion(text: string): Version {
  const version = parseVersion(text);
  if (version !== undefined) return version;
  throw new InputError({
    code: "INVALID_VERSION",
    message: `"${text}" is no semantic version.`,
    hint: "Write it as v1.4.0.",
  });
}

/** Orders versions by semantic precedence, oldest first. */
export function compareVersions(left: Version, right: Version): number {
  return semver.compare(left.slice(1), right.slice(1));
}

/** The version after `previous` at that level; the first one is v1.0.0. */
export function nextVersion(previous: Version | null, level: BumpLevel): Version {
  if (previous === null) return "v1.0.0";
  const next = semver.inc(previous.slice(1), level);
  return `v${next ?? "1.0.0"}`;
}

/** Which level lies between two versions, or `null` when the later one is not greater. */
export function bumpBetween(previous: Version, next: Version): BumpLevel | null {
  if (compareVersions(next, previous) <= 0) return null;
  const difference = semver.diff(previous.slice(1), next.slice(1));
  if (difference === "major" || difference === "premajor") return "major";
  if (difference === "minor" || difference === "preminor") return "minor";
  return "patch";
}

/** A model's name where no `/` may stand (artifacts, release assets). */
export function flattenModelName(model: string): string {
  return model.replaceAll("/", "--");
}

/** A version where no dot may stand (Cloud Run's names and labels): `v1-4-0`. */
export function dashVersion(version: Version): string {
  return version.replaceAll(/[.+]/g, "-");
}
