import { describe, expect, it } from "vitest";
import type { BucketRecord, ObjectRecord, ObjectSettings } from "./records.ts";
import { checkMayGo, checkRetentionChange } from "./retention.ts";

const created = "2026-01-01T00:00:00.000Z";
const at = (seconds: number): Date => new Date(Date.parse(created) + seconds * 1000);

const plain: BucketRecord = {
  name: "b",
  projectNumber: "1",
  metageneration: 1,
  created,
  updated: created,
  location: "US",
  storageClass: "STANDARD",
  uniformAccess: true,
  objectRetention: true,
  defaultEventBasedHold: false,
  bindings: [],
};
const keeping: BucketRecord = {
  ...plain,
  retentionPolicy: { periodSeconds: 60, effective: created, locked: false },
};

function object(settings: ObjectSettings = {}, holdLifted?: string): ObjectRecord {
  return {
    name: "o",
    bucket: "b",
    generation: "1",
    metageneration: 1,
    created,
    updated: created,
    sizeBytes: 0,
    crc32c: "AAAAAA==",
    settings,
    ...(holdLifted === undefined ? {} : { holdLifted }),
  };
}

describe("checkMayGo", () => {
  it("lets go once the bucket's period is over", () => {
    expect(() => checkMayGo(keeping, object(), at(59))).toThrow("until 2026-01-01T00:01:00.000Z");
    expect(() => checkMayGo(keeping, object(), at(60))).not.toThrow();
    expect(() => checkMayGo(plain, object(), at(0))).not.toThrow();
  });

  it("counts from the lifting of an event-based hold", () => {
    const lifted = object({}, at(100).toISOString());
    expect(() => checkMayGo(keeping, lifted, at(159))).toThrow("retention policy");
    expect(() => checkMayGo(keeping, lifted, at(160))).not.toThrow();
  });

  it.each([
    [{ temporaryHold: true }, "Temporary hold"],
    [{ eventBasedHold: true }, "Event-Based hold"],
    [
      { retention: { mode: "Unlocked", retainUntilTime: at(10).toISOString() } },
      "object retention",
    ],
  ] as const)("keeps what has %j", (settings, message) => {
    expect(() => checkMayGo(plain, object(settings), at(5))).toThrow(message);
  });
});

describe("checkRetentionChange", () => {
  const until = (seconds: number, mode: "Locked" | "Unlocked" = "Unlocked"): ObjectSettings => ({
    retention: { mode, retainUntilTime: at(seconds).toISOString() },
  });
  const check =
    (before: ObjectSettings, after: ObjectSettings, override = false) =>
    () =>
      checkRetentionChange(plain, { before, after, now: at(0) }, override);

  it("allows longer, and shorter only while unlocked and overridden", () => {
    expect(check(until(10), until(20))).not.toThrow();
    expect(check(until(20), until(10))).toThrow("overrideUnlockedRetention");
    expect(check(until(20), until(10), true)).not.toThrow();
    expect(check(until(20), until(30, "Locked"), true)).not.toThrow();
    expect(check(until(20, "Locked"), until(30, "Locked"))).not.toThrow();
    expect(check(until(20, "Locked"), until(10, "Locked"), true)).toThrow("Locked");
    expect(check(until(20, "Locked"), {}, true)).toThrow("Locked");
  });

  it("wants a time to come, in a bucket that allows it", () => {
    expect(check({}, until(-1))).toThrow("in the future");
    const without = { ...plain, objectRetention: false };
    const change = { before: {}, after: until(10), now: at(0) };
    expect(() => checkRetentionChange(without, change, false)).toThrow("without it enabled");
  });
});
