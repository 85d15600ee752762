import { ApiError } from "../google-identity/api-error.ts";
import {
  retentionExpiry,
  type BucketRecord,
  type ObjectRecord,
  type ObjectSettings,
} from "./records.ts";
import { invalid } from "./storage-errors.ts";

/**
 * Refuses to delete or overwrite what a hold or a retention keeps.
 *
 * @throws ApiError 403 that says what keeps it
 */
export function checkMayGo(bucket: BucketRecord, object: ObjectRecord, now: Date): void {
  const path = `${bucket.name}/${object.name}`;
  const { settings } = object;
  for (const [held, name] of [
    [settings.temporaryHold, "Temporary"],
    [settings.eventBasedHold, "Event-Based"],
  ] as const) {
    if (held !== true) continue;
    throw kept(
      "objectUnderActiveHold",
      `Object '${path}' is under active ${name} hold and cannot be deleted, overwritten or archived until hold is removed.`,
    );
  }
  const own =
    settings.retention === undefined ? undefined : new Date(settings.retention.retainUntilTime);
  const expiries = [retentionExpiry(bucket, object), own].filter((date) => date !== undefined);
  const until = new Date(Math.max(...expiries.map(Number), 0));
  if (until <= now) return;
  throw kept(
    "retentionPolicyNotMet",
    `Object '${path}' is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until ${until.toISOString()}`,
  );
}

/**
 * Checks a change of an object's own retention.
 *
 * @param override whether the caller asked to override an unlocked retention, and may
 * @throws ApiError 400 or 403 when the change is not allowed
 */
export function checkRetentionChange(
  bucket: BucketRecord,
  change: { readonly before: ObjectSettings; readonly after: ObjectSettings; readonly now: Date },
  override: boolean,
): void {
  const { before, after, now } = change;
  if (JSON.stringify(before.retention) === JSON.stringify(after.retention)) return;
  if (after.retention !== undefined) {
    if (!bucket.objectRetention) {
      throw invalid("Object Retention cannot be set on objects in a bucket without it enabled.");
    }
    if (Date.parse(after.retention.retainUntilTime) <= now.getTime()) {
      throw invalid("Retention expiration time must be in the future.");
    }
  }
  if (before.retention === undefined) return;
  const isShorter =
    after.retention === undefined ||
    after.retention.mode !== before.retention.mode ||
    after.retention.retainUntilTime < before.retention.retainUntilTime;
  const isLockedNow = before.retention.mode === "Locked";
  const staysLocked = after.retention?.mode === "Locked" && !isShorter;
  if (isLockedNow && !staysLocked) {
    throw kept("forbidden", "Locked object retention cannot be removed, unlocked or shortened.");
  }
  if (!isLockedNow && isShorter && !override) {
    throw kept(
      "forbidden",
      "Changing an unlocked object retention needs overrideUnlockedRetention=true and the permission storage.objects.overrideUnlockedRetention.",
    );
  }
}

function kept(reason: string, message: string): ApiError {
  return new ApiError("PERMISSION_DENIED", message, { reason });
}
