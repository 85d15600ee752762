import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RevisionRecord, Route, TrafficTarget } from "./model.ts";
import { checkTraffic, chooseRevision, seededRandom, settleTraffic } from "./traffic.ts";

const byRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
const latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";

function route(revision: string, percent: number): Route {
  return { revision, target: { type: byRevision, revision, percent } };
}

function revision(name: string): RevisionRecord {
  return {
    name,
    uid: name,
    serviceGeneration: 1,
    created: "",
    updated: "",
    creator: "",
    template: { containers: [] },
    conditions: [],
  };
}

describe("chooseRevision", () => {
  it("gives each revision its percent of the draws", () => {
    const routes = [route("a", 75), route("b", 0), route("c", 25)];
    const draws = Array.from({ length: 100 }, (_, index) => chooseRevision(routes, index / 100));
    expect(draws.filter((name) => name === "a")).toHaveLength(75);
    expect(draws.filter((name) => name === "c")).toHaveLength(25);
  });

  it("never goes to a revision at 0 percent", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (draw) => {
        expect(chooseRevision([route("none", 0), route("all", 100)], draw)).toBe("all");
      }),
    );
  });
});

describe("seededRandom", () => {
  it("repeats itself for a seed and is even", () => {
    const [one, two] = [seededRandom(3), seededRandom(3)];
    const draws = Array.from({ length: 2000 }, () => one());
    expect(draws).toEqual(Array.from({ length: 2000 }, () => two()));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    // Standard error of the mean of 2,000 uniform draws: 0.0065.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.026);
  });
});

describe("settleTraffic", () => {
  const revisions = [revision("s-one"), revision("s-two")];

  it("sends everything to the latest ready revision when nothing is asked for", () => {
    expect(settleTraffic([], revisions, "s-two")).toEqual({
      kind: "settled",
      routes: [{ target: { type: latest, percent: 100 }, revision: "s-two" }],
    });
  });

  it("takes full names of revisions", () => {
    const target: TrafficTarget = {
      type: byRevision,
      revision: "projects/p/locations/l/services/s/revisions/s-one",
      percent: 100,
    };
    expect(settleTraffic([target], revisions, "s-two")).toMatchObject({
      routes: [{ revision: "s-one" }],
    });
  });

  it("names a revision that is not there", () => {
    const target: TrafficTarget = { type: byRevision, revision: "s-gone", percent: 100 };
    expect(settleTraffic([target], revisions, "s-two")).toEqual({
      kind: "missing",
      revision: "s-gone",
    });
  });
});

describe("checkTraffic", () => {
  const check = (targets: readonly TrafficTarget[]) => () => checkTraffic("s", targets, "traffic");

  it.each([
    ["a sum of 99", [{ type: latest, percent: 99 }], "sum to 100, got 99"],
    [
      "a negative percentage",
      [
        { type: latest, percent: 101 },
        { type: byRevision, revision: "a", percent: -1 },
      ],
      "between 0 and 100",
    ],
    ["LATEST with a revision", [{ type: latest, revision: "a", percent: 100 }], "must be empty"],
    ["no revision", [{ type: byRevision, percent: 100 }], "required"],
    [
      "one tag twice",
      [
        { type: latest, percent: 100, tag: "x" },
        { type: byRevision, revision: "a", tag: "x" },
      ],
      "used twice",
    ],
    ["a tag with a dot", [{ type: latest, percent: 100, tag: "v1.4" }], "only lowercase"],
  ] as const)("refuses %s", (_, targets, message) => {
    expect(check(targets as readonly TrafficTarget[])).toThrow(message);
  });

  it("takes a target at 0 percent with a tag", () => {
    const targets: readonly TrafficTarget[] = [
      { type: byRevision, revision: "a", percent: 100 },
      { type: byRevision, revision: "b", tag: "next" },
    ];
    expect(check(targets)).not.toThrow();
  });
});
