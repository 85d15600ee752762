import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findNearest, suggestNearest } from "./nearest.ts";
import {
  bumpBetween,
  compareVersions,
  dashVersion,
  flattenModelName,
  isModelName,
  isStageName,
  nextVersion,
  parseVersion,
  requireVersion,
} from "./versions.ts";

describe("names", () => {
  it.each(["churn", "a", "team/churn-2_x", "A1"])("takes %s for a model name", (name) => {
    expect(isModelName(name)).toBe(true);
    expect(isStageName(name)).toBe(true);
  });

  it.each(["", "-a", "a-", "a b", "a@b", "a#b", "ä", "a".repeat(201)])(
    "does not take %j",
    (name) => {
      expect(isModelName(name)).toBe(false);
      expect(isStageName(name)).toBe(false);
    },
  );

  it("are written without slashes and dots where those may not stand", () => {
    expect(flattenModelName("team/churn")).toBe("team--churn");
    expect(dashVersion("v1.4.0+build")).toBe("v1-4-0-build");
  });
});

describe("versions", () => {
  it("are read with and without v, and refused when they are none", () => {
    expect(parseVersion("1.4.0")).toBe("v1.4.0");
    expect(requireVersion("v1.4.0-rc.1")).toBe("v1.4.0-rc.1");
    expect(() => requireVersion("1.4")).toThrow('"1.4" is no semantic version.');
  });

  it("begin at v1.0.0 and go up by level", () => {
    expect(nextVersion(null, "patch")).toBe("v1.0.0");
    expect(nextVersion("v1.2.3", "patch")).toBe("v1.2.4");
    expect(nextVersion("v1.2.3", "minor")).toBe("v1.3.0");
    expect(nextVersion("v1.2.3", "major")).toBe("v2.0.0");
  });

  it("know the level between two", () => {
    expect(bumpBetween("v1.0.0", "v2.0.0-rc.1")).toBe("major");
    expect(bumpBetween("v1.0.0", "v1.1.0")).toBe("minor");
    expect(bumpBetween("v1.0.0", "v1.0.1")).toBe("patch");
    expect(bumpBetween("v1.0.0", "v1.0.0")).toBeNull();
  });

  it("are greater after any bump", () => {
    const version = fc
      .tuple(fc.nat(99), fc.nat(99), fc.nat(99))
      .map(([a, b, c]) => `v${a}.${b}.${c}` as const);
    fc.assert(
      fc.property(
        version,
        fc.constantFrom("major" as const, "minor" as const, "patch" as const),
        (previous, level) => {
          const next = nextVersion(previous, level);
          expect(compareVersions(next, previous)).toBe(1);
          expect(bumpBetween(previous, next)).toBe(level);
        },
      ),
    );
  });
});

describe("nearest names", () => {
  it("finds the one that was meant, swapped letters included", () => {
    expect(findNearest("acuracy", ["recall", "accuracy"])).toBe("accuracy");
    expect(findNearest("tset", ["test", "train"])).toBe("test");
    expect(findNearest("zzzzzz", ["recall"])).toBeUndefined();
  });

  it("lists what there is when none is near", () => {
    expect(suggestNearest("zzzzzz", ["a", "b"])).toBe("Known are a, b.");
    expect(
      suggestNearest(
        "zzzzzzzz",
        Array.from({ length: 13 }, (_, i) => `name-${i}-abcdefgh`),
      ),
    ).toMatch(/, …$/);
  });
});
