import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dashedVersion, revisionName, trafficTag } from "./names.ts";

const configHash = "0123456789abcdef";

describe("revisionName", () => {
  it("is service, version and the first eight digits of the settings' hash", () => {
    expect(revisionName({ service: "weather-api", version: "v1.4.0", configHash })).toBe(
      "weather-api-v1-4-0-01234567",
    );
    expect(
      revisionName({ service: "w", version: "1.4.0-rc.1", configHash: `sha256:${configHash}` }),
    ).toBe("w-v1-4-0-rc-1-01234567");
  });

  it("is always one that Cloud Run takes, and another for another version", () => {
    const service = fc.stringMatching(/^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/);
    const version = fc.stringMatching(/^v[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[a-z0-9.]{1,40}z)?$/);
    fc.assert(
      fc.property(service, version, version, (service, one, other) => {
        const name = revisionName({ service, version: one, configHash });
        expect(name).toMatch(/^[a-z][a-z0-9-]*[a-z0-9]$/);
        expect(name.length).toBeLessThan(64);
        expect(name.startsWith(`${service}-`)).toBe(true);
        expect(revisionName({ service, version: one, configHash })).toBe(name);
        if (dashedVersion(one) !== dashedVersion(other)) {
          expect(revisionName({ service, version: other, configHash })).not.toBe(name);
        }
      }),
    );
  });

  it("refuses a service name that Cloud Run refuses", () => {
    for (const service of ["Weather", "1weather", "weather-", "a".repeat(50), "we.ather", ""]) {
      expect(() => revisionName({ service, version: "v1", configHash })).toThrow(
        `service name "${service}"`,
      );
    }
  });
});

describe("trafficTag", () => {
  it("keeps a short tag as it is", () => {
    expect(trafficTag("weather", "v1.4.0")).toBe("v1-4-0");
  });

  it("always fits into one DNS label with the service", () => {
    const service = fc.stringMatching(/^[a-z]([a-z0-9-]{0,39}[a-z0-9])?$/);
    const version = fc.stringMatching(/^v[0-9]{1,9}\.[0-9]{1,9}(-[a-z0-9.]{1,60}z)?$/);
    fc.assert(
      fc.property(service, version, (service, wanted) => {
        const tag = trafficTag(service, wanted);
        expect(tag).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);
        expect(tag.length + service.length).toBeLessThanOrEqual(46);
      }),
    );
  });

  it("says that a service's name leaves no room", () => {
    expect(() => trafficTag("a".repeat(44), "v1.4.0")).toThrow("leaves no room for a tag");
  });
});
