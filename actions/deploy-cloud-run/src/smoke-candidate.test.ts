import { describe, expect, it } from "vitest";
import { smokeCandidate } from "./smoke-candidate.ts";
import { makeWorld, someInputs } from "./testing/fake-ports.ts";

describe("a smoke test that gets no answer", () => {
  const reasonWith = async (extra: Readonly<Record<string, string>>, why: string) => {
    const world = makeWorld();
    const ports = world.ports();
    const history = await ports.history.read("weather");
    const entry = history.versions[0];
    if (entry === undefined) throw new Error("no version");
    const outcome = await smokeCandidate(
      someInputs(extra),
      { entry, url: "https://tag.example", serviceUrl: "https://service.example" },
      {
        ...ports,
        probe: (plan) =>
          Promise.resolve({
            verdict: "fail",
            reason: why,
            judgements: [],
            measures: {},
            evidence: {
              url: plan.url,
              expectation: plan.expectation,
              readiness: { kind: "not-ready", why, waitedMs: 1, attempts: 1 },
              identity: null,
              cases: [],
              badRequests: [],
              load: null,
            },
          }),
      },
    );
    return outcome?.reason;
  };

  it("says why where only internal requests are let in, and the ways out", async () => {
    expect(await reasonWith({ ingress: "internal" }, "It was not ready.")).toBe(
      "It was not ready. With ingress: internal a hosted runner cannot reach it: use a self-hosted runner inside the network, smoke: false, or ingress: all.",
    );
  });

  it("names the role that a private service wants", async () => {
    expect(await reasonWith({}, "It was not ready: /ready answered 403: no.")).toContain(
      "grant it to the account of this job",
    );
  });
});
