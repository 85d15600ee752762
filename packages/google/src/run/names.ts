import { createHash } from "node:crypto";
import { InputError } from "#core";

/** Longest name of a service. */
export const longestServiceName = 49;
/** Longest name of a revision. */
export const longestRevisionName = 63;
/** Longest tag and service together: both stand in one DNS label. */
export const longestTagAndService = 46;

const hashLength = 8;

/**
 * Refuses a service name that Cloud Run refuses.
 *
 * @throws InputError that names the rule
 */
export function checkServiceName(service: string): void {
  const fault =
    service.length > longestServiceName
      ? `has ${service.length} characters, and Cloud Run takes at most ${longestServiceName}`
      : /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(service)
        ? null
        : "must have only lower-case letters, digits and dashes, start with a letter and not end with a dash";
  if (fault === null) return;
  throw new InputError({
    code: "INVALID_SERVICE_NAME",
    message: `The service name "${service}" ${fault}.`,
    hint: "Correct the input service.",
  });
}

/** What a revision is named after. */
export interface RevisionNaming {
  readonly service: string;
  /** A version like `1.4.0` or `v1.4.0-rc.1`. */
  readonly version: string;
  /** Hex digest of the revision's settings; its first 8 digits are used. */
  readonly configHash: string;
}

/**
 * The name of the revision that serves a version with given settings:
 * `{service}-{version}-{hash8}`. Where it would be too long the version is cut and the hash is
 * of version and settings together, so that two versions never share a name.
 */
export function revisionName({ service, version, configHash }: RevisionNaming): string {
  checkServiceName(service);
  const dashed = dashedVersion(version);
  const room = longestRevisionName - service.length - hashLength - 2;
  if (dashed.length <= room) {
    return `${service}-${dashed}-${shortHash(configHash)}`;
  }
  const cut = dashed.slice(0, room).replace(/-+$/, "");
  return `${service}-${cut}-${shortHash(hashOf(`${dashed}\n${configHash}`))}`;
}

/**
 * A tag for a service's URL, cut and hashed where tag and service together would be too long.
 *
 * @throws InputError where the service's name leaves no room for any tag
 */
export function trafficTag(service: string, wanted: string): string {
  checkServiceName(service);
  const dashed = dashedVersion(wanted);
  const room = longestTagAndService - service.length;
  if (dashed.length <= room) return dashed;
  if (room < 5) {
    throw new InputError({
      code: "SERVICE_NAME_TOO_LONG",
      message: `The service name "${service}" has ${service.length} characters and leaves no room for a tag: Cloud Run allows ${longestTagAndService} for both.`,
      hint: `Use a service name of at most ${longestTagAndService - 5} characters.`,
    });
  }
  const hash = hashOf(dashed).slice(0, 4);
  const cut = dashed.slice(0, room - hash.length - 1).replace(/-+$/, "");
  return cut === "" ? `t${hash}` : `${cut}-${hash}`;
}

/** A version as Cloud Run's names and labels can carry it: `v1.4.0` is `v1-4-0`. */
export function dashedVersion(version: string): string {
  const dashed = version
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (dashed === "") {
    throw new InputError({
      code: "INVALID_VERSION_NAME",
      message: `"${version}" has no letter or digit to make a name of.`,
      hint: "Give a version like v1.4.0.",
    });
  }
  return /^[0-9]/.test(dashed) ? `v${dashed}` : dashed;
}

function shortHash(hex: string): string {
  const digits = hex.replace(/^sha256:/, "").toLowerCase();
  return /^[0-9a-f]{8,}$/.test(digits)
    ? digits.slice(0, hashLength)
    : hashOf(hex).slice(0, hashLength);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The last part of a resource's name: `…/revisions/weather-v1` is `weather-v1`. */
export function shortName(resource: string): string {
  return resource.slice(resource.lastIndexOf("/") + 1);
}
