import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeTraffic, type Service } from "#google";
import {
  composeTraffic,
  resolveTraffic,
  scaleShares,
  tagUrlOf,
  type TrafficPlan,
} from "./traffic.ts";

const byRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
const latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
const serviceWith = (extra: Partial<Service>): Service => ({
  name: "projects/p/locations/r/services/api",
  latestReadyRevision: "projects/p/locations/r/services/api/revisions/api-one",
  ...extra,
});

describe("the traffic that a rollout goes back to", () => {
  it("names the revision where it followed the latest one", () => {
    const named = [{ type: byRevision, revision: "api-one", percent: 100 }];
    expect(resolveTraffic(serviceWith({}))).toEqual(named);
    expect(resolveTraffic(serviceWith({ traffic: [{ type: latest, percent: 100 }] }))).toEqual(
      named,
    );
  });

  it("keeps a tag that follows the latest one", () => {
    const traffic = [{ type: latest, percent: 100, tag: "head" } as const];
    expect(describeTraffic(resolveTraffic(serviceWith({ traffic })))).toBe(
      "0% to the latest revision (tag head) and 100% to api-one",
    );
  });

  it("is nothing where no revision was ever ready", () => {
    expect(resolveTraffic({ name: "projects/p/locations/r/services/api" })).toEqual([]);
  });
});

describe("a step's traffic", () => {
  const candidate = { revision: "api-v2-0-0-abcdef01", tag: "v2-0-0" };

  it("gives the candidate its percentage and its tag, and keeps foreign tags", () => {
    const stable = [
      { type: byRevision, revision: "api-v1-0-0-12345678", percent: 100, tag: "v1-0-0" },
      { type: byRevision, revision: "api-v1-0-0-12345678", tag: "theirs" },
    ] as const;
    expect(composeTraffic({ service: "api", stable, candidate, percent: 25 })).toEqual([
      { type: byRevision, revision: "api-v1-0-0-12345678", percent: 75 },
      { type: byRevision, revision: "api-v2-0-0-abcdef01", percent: 25, tag: "v2-0-0" },
      { type: byRevision, revision: "api-v1-0-0-12345678", tag: "theirs" },
    ]);
  });

  it("gives a candidate without anything stable beside it all of it", () => {
    expect(composeTraffic({ service: "api", stable: [], candidate, percent: 0 })).toEqual([
      { type: byRevision, revision: candidate.revision, percent: 100, tag: "v2-0-0" },
    ]);
  });

  it("always adds up to 100 in whole percentages", () => {
    const shares = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(shares, fc.integer({ min: 0, max: 100 }), (percents, percent) => {
        const stable = percents.map((each, at) => ({
          type: byRevision,
          revision: `api-${at}`,
          percent: each,
        })) as TrafficPlan["stable"];
        const traffic = composeTraffic({ service: "api", stable, candidate, percent });
        const all = traffic.map((target) => target.percent ?? 0);
        expect(all.reduce((sum, each) => sum + each, 0)).toBe(100);
        expect(all.every((each) => Number.isInteger(each) && each >= 0)).toBe(true);
      }),
    );
  });

  it("keeps the proportions of several stable revisions", () => {
    const shares = [
      { revision: "a", percent: 60 },
      { revision: "b", percent: 40 },
    ];
    expect(scaleShares(shares, 95)).toEqual([
      { revision: "a", percent: 57 },
      { revision: "b", percent: 38 },
    ]);
    expect(scaleShares(shares, 1)).toEqual([{ revision: "a", percent: 1 }]);
  });
});

it("a tag's URL is what the service reports", () => {
  const service = serviceWith({ trafficStatuses: [{ tag: "v1-0-0", uri: "https://tag.example" }] });
  expect(tagUrlOf(service, "v1-0-0")).toBe("https://tag.example");
  expect(tagUrlOf(service, "v2-0-0")).toBeNull();
});
