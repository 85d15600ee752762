import { isDeepStrictEqual } from "node:util";
import { describeTraffic } from "./settled.ts";
import { shortName } from "./names.ts";
import type { Service, ServiceFields } from "./types.ts";

/**
 * Whether a service already carries what a PATCH with this mask would write: how a PATCH whose
 * answer was lost is told from one that never arrived. A template counts by its revision's name,
 * traffic by its shares; of maps (`annotations`, `labels`) the keys that were sent.
 */
export function carriesUpdate(
  current: Service,
  desired: ServiceFields,
  updateMask: readonly string[],
): boolean {
  return updateMask.every((field) => carriesField(current, desired, field));
}

function carriesField(current: Service, desired: ServiceFields, field: string): boolean {
  switch (field) {
    case "traffic":
      return describeTraffic(current.traffic ?? []) === describeTraffic(desired.traffic ?? []);
    case "template": {
      const wanted = desired.template?.revision;
      return (
        wanted !== undefined && shortName(current.template?.revision ?? "") === shortName(wanted)
      );
    }
    default:
      return contains(valueAt(current, field), valueAt(desired, field));
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce(propertyOf, value);
}

function propertyOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** Whether `whole` has everything that `part` has; the service adds defaults of its own. */
function contains(whole: unknown, part: unknown): boolean {
  if (part === undefined || part === null || part === false || part === 0 || part === "") {
    return whole === undefined || whole === null || isDeepStrictEqual(whole, part);
  }
  if (Array.isArray(part) || typeof part !== "object") return isDeepStrictEqual(whole, part);
  return Object.entries(part).every(([key, value]) => contains(propertyOf(whole, key), value));
}
