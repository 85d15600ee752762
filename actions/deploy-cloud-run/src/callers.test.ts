import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memoryHistory } from "#core/testing";
import { authoriseCaller } from "./callers.ts";
import { readGoldenCases } from "./golden-cases.ts";
import { smokeCandidate } from "./smoke-candidate.ts";
import { makeWorld, someInputs } from "./testing/fake-ports.ts";

describe("callers", () => {
  const ask = async (status: number | Error) => {
    const masked: string[] = [];
    const headers = await authoriseCaller("https://tag.example/", "https://service.example", {
      identityToken: (audience) => Promise.resolve(`token for ${audience}`),
      maskSecret: (value) => void masked.push(value),
      signal: new AbortController().signal,
      fetch: () =>
        status instanceof Error
          ? Promise.reject(status)
          : Promise.resolve(new Response("", { status })),
    });
    return { headers, masked };
  };

  it("send a token for the service's URL where the service wants one, and it is masked", async () => {
    expect(await ask(403)).toEqual({
      headers: { authorization: "Bearer token for https://service.example" },
      masked: ["token for https://service.example"],
    });
  });

  it("send none where everybody may call", async () => {
    expect(await ask(200)).toEqual({ headers: {}, masked: [] });
    expect(await ask(new Error("unreachable"))).toEqual({ headers: {}, masked: [] });
  });
});

describe("golden cases", () => {
  it("are read from a file of the repository, with the line of a bad one", async () => {
    const workspace = await mkdtemp(join(tmpdir(), "slipway-deploy-"));
    try {
      const good = '{"request":{"instances":[{"a":1}]},"response":{"predictions":[1]},"rows":1}';
      await writeFile(join(workspace, "good.jsonl"), `${good}\n\n${good}\n`);
      await writeFile(join(workspace, "bad.jsonl"), `${good}\n{"request": 1}\n`);
      const read = (path: string) =>
        readGoldenCases(
          { kind: "file", path },
          { history: memoryHistory({ versions: [] }), workspace, temporaryDirectory: workspace },
        );
      expect(await read("good.jsonl")).toHaveLength(2);
      await expect(read("bad.jsonl")).rejects.toThrow("bad.jsonl line 2");
      await expect(read("none.jsonl")).rejects.toMatchObject({ code: "CASES_NOT_FOUND" });
    } finally {
      await rm(workspace, { recursive: true });
    }
  });
});

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
