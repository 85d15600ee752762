import { describe, expect, it } from "vitest";
import { describeTraffic, isSettled } from "./settled.ts";
import type { Revision, Service } from "./types.ts";

const name = "projects/p/locations/r/services/weather";
const revisionName = `${name}/revisions/weather-v2`;

function settledService(more: Partial<Service> = {}): Service {
  return {
    name,
    generation: "3",
    observedGeneration: "3",
    reconciling: false,
    terminalCondition: { type: "Ready", state: "CONDITION_SUCCEEDED" },
    trafficStatuses: [
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: "weather-v1", percent: 100 },
      {
        type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
        revision: "weather-v2",
        tag: "v2",
        uri: "https://v2---x",
      },
    ],
    ...more,
  };
}

const traffic = [
  { revision: "weather-v2", percent: 0, tag: "v2" },
  { revision: "weather-v1", percent: 100 },
];

function readyRevision(more: Partial<Revision> = {}): Revision {
  return {
    name: revisionName,
    conditions: [{ type: "Ready", state: "CONDITION_SUCCEEDED" }],
    ...more,
  };
}

describe("isSettled", () => {
  it("holds when all of it is as asked", () => {
    expect(isSettled(settledService(), { traffic, revision: readyRevision() })).toEqual({
      kind: "settled",
    });
  });

  it.each<[string, Partial<Service>, string]>([
    ["reconciling", { reconciling: true }, "it is reconciling"],
    [
      "behind its generation",
      { observedGeneration: "2" },
      "generation 3 is asked for and 2 is observed",
    ],
    [
      "not yet ready",
      { terminalCondition: { type: "Ready", state: "CONDITION_RECONCILING" } },
      "its condition is CONDITION_RECONCILING",
    ],
    [
      "serving the old traffic",
      { trafficStatuses: [{ revision: "weather-v1", percent: 100 }] },
      "it serves 100% to weather-v1, and 0% to weather-v2 (tag v2) and 100% to weather-v1 was asked for",
    ],
  ])("is pending while it is %s", (_what, more, why) => {
    expect(isSettled(settledService(more), { traffic })).toEqual({ kind: "pending", why });
  });

  it("waits for the conditions of a revision without traffic", () => {
    const revision = readyRevision({
      reconciling: true,
      conditions: [{ type: "Ready", state: "CONDITION_RECONCILING" }],
    });
    expect(isSettled(settledService(), { traffic, revision }).kind).toBe("pending");
  });

  it("fails with the revision's own reason, its log and a remedy", () => {
    const revision = readyRevision({
      logUri: "https://console.cloud.google.com/logs/x",
      conditions: [
        { type: "Ready", state: "CONDITION_FAILED", message: "see ContainerHealthy" },
        {
          type: "ContainerHealthy",
          state: "CONDITION_FAILED",
          revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
          message: "The container failed to start.",
        },
      ],
    });
    const settlement = isSettled(settledService({ reconciling: true }), { traffic, revision });
    expect(settlement).toMatchObject({
      kind: "failed",
      error: {
        code: "HEALTH_CHECK_CONTAINER_ERROR",
        message: expect.stringMatching(
          /revision weather-v2 failed: The container failed to start[^]*https:\/\/console\.cloud\.google\.com\/logs\/x/,
        ),
        hint: expect.stringContaining("$PORT"),
      },
    });
  });

  it.each(["CONTAINER_MISSING", "CONTAINER_PERMISSION_DENIED", "SECRETS_ACCESS_CHECK_FAILED"])(
    "fails with %s of the service and links the log of the revision",
    (reason) => {
      const settlement = isSettled(
        settledService({
          latestCreatedRevision: revisionName,
          terminalCondition: { type: "Ready", state: "CONDITION_FAILED", reason, message: "no" },
        }),
      );
      expect(settlement).toMatchObject({
        kind: "failed",
        error: {
          code: reason,
          message: expect.stringContaining("revision_name%3D%22weather-v2%22"),
        },
      });
    },
  );
});

describe("describeTraffic", () => {
  it("is the same for equal traffic in any order and form", () => {
    const one = describeTraffic([
      { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 5 },
      { revision: revisionName, percent: 95, tag: "v2" },
    ]);
    const other = describeTraffic([
      {
        type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
        revision: "weather-v2",
        percent: 95,
        tag: "v2",
      },
      { percent: 5 },
      { revision: "weather-v1", percent: 0 },
    ]);
    expect(one).toBe("5% to the latest revision and 95% to weather-v2 (tag v2)");
    expect(other).toBe(one);
  });
});
