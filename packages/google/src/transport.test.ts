import { describe, expect, it } from "vitest";
import { createTransport, type Call } from "./transport.ts";
import {
  countingCredentials,
  instantClock,
  scriptedServer,
  threeAttempts,
} from "./testing/scripted-server.ts";

function transportFor(clock = instantClock()) {
  return createTransport({
    accessToken: countingCredentials().accessToken,
    clock,
    random: () => 1,
    retryPolicy: threeAttempts,
  });
}

function get(url: string, more: Partial<Call> = {}): Call {
  return { name: "GET thing", method: "GET", url, repeat: "safe", ...more };
}

describe("createTransport", () => {
  it("sends the token and reads the answer", async () => {
    await using server = await scriptedServer([{ status: 200, json: { a: 1 } }]);
    expect(await transportFor().json(get(server.url))).toEqual({ a: 1 });
    expect(server.seen[0]?.headers.authorization).toBe("Bearer token-1");
  });

  it("repeats 503 and a dropped connection, and waits as long as Retry-After says", async () => {
    await using server = await scriptedServer([
      { status: 503, headers: { "retry-after": "7" } },
      "drop",
      { status: 200, json: {} },
    ]);
    const clock = instantClock();
    await transportFor(clock).json(get(server.url));
    expect(clock.waitsMs).toEqual([7000, 2000]);
  });

  it("repeats an answer whose body was cut short", async () => {
    await using server = await scriptedServer([
      { status: 200, json: { whole: true }, cutAfter: 3 },
      { status: 200, json: { whole: true } },
    ]);
    expect(await transportFor().json(get(server.url))).toEqual({ whole: true });
  });

  it("leaves a call that must be made once alone", async () => {
    await using server = await scriptedServer(["drop", { status: 200 }]);
    await expect(transportFor().send(get(server.url, { repeat: "once" }))).rejects.toMatchObject({
      code: "NO_ANSWER",
      status: null,
      retryable: true,
    });
    expect(server.seen).toHaveLength(1);
  });

  it("renews the token once after a 401, even for a call that must be made once", async () => {
    await using server = await scriptedServer([{ status: 401 }, { status: 200, json: {} }]);
    await transportFor().json(get(server.url, { repeat: "once" }));
    expect(server.seen.map((each) => each.headers.authorization)).toEqual([
      "Bearer token-1",
      "Bearer token-2",
    ]);
  });

  it("never follows a redirect with the token", async () => {
    await using elsewhere = await scriptedServer([{ status: 200 }]);
    await using server = await scriptedServer([
      { status: 302, headers: { location: elsewhere.url } },
    ]);
    await expect(transportFor().send(get(server.url))).rejects.toMatchObject({ status: 302 });
    expect(elsewhere.seen).toHaveLength(0);
  });

  it("names the role that is missing", async () => {
    await using server = await scriptedServer([
      {
        status: 403,
        json: {
          error: {
            code: 403,
            status: "PERMISSION_DENIED",
            message:
              "Permission 'run.services.update' denied on resource 'x' (or it may not exist).",
          },
        },
      },
    ]);
    await expect(transportFor().send(get(server.url))).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      retryable: false,
      hint: expect.stringContaining("roles/run.developer (it lacks run.services.update)"),
    });
    expect(server.seen).toHaveLength(1);
  });

  it("names the command that enables a service", async () => {
    await using server = await scriptedServer([
      {
        status: 403,
        json: {
          error: {
            status: "PERMISSION_DENIED",
            message:
              "Cloud Run Admin API has not been used in project 1 before or it is disabled. Enable it at https://x/run.googleapis.com",
            details: [{ reason: "SERVICE_DISABLED" }],
          },
        },
      },
    ]);
    await expect(transportFor().send(get(server.url))).rejects.toMatchObject({
      reason: "SERVICE_DISABLED",
      hint: "Enable the API: gcloud services enable run.googleapis.com",
    });
  });

  it("gives up on a service that does not answer in time", async () => {
    const never = () => new Promise<never>(() => {});
    const transport = createTransport({
      accessToken: async () => "t",
      clock: instantClock(),
      retryPolicy: { ...threeAttempts, attempts: 1 },
      fetch: (_input, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
          void never();
        }),
    });
    await expect(
      transport.send(get("http://127.0.0.1:9", { timeoutMs: 20 })),
    ).rejects.toMatchObject({ message: expect.stringContaining("no answer within 20 ms") });
  });

  it("ends with the caller's own reason when the caller aborts", async () => {
    await using server = await scriptedServer([]);
    const reason = new Error("cancelled by the user");
    await expect(
      transportFor().send(get(server.url, { signal: AbortSignal.abort(reason) })),
    ).rejects.toBe(reason);
  });
});
