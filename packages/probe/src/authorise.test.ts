import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { authoriseCaller, type CallerAuthorisation } from "./authorise.ts";

const opened: Server[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that gives every caller one status, and remembers the paths it was asked for. */
async function serveStatus(status: number | "silence") {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    if (status !== "silence") response.writeHead(status).end();
  });
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

async function authorise(
  url: string,
  extra: Partial<CallerAuthorisation> = {},
  signal: AbortSignal = new AbortController().signal,
) {
  const masked: string[] = [];
  const headers = await authoriseCaller(
    { url, audience: "https://service.example", auth: "auto", timeoutMs: 2000, ...extra },
    {
      identityToken: (audience) => Promise.resolve(`token for ${audience}`),
      maskSecret: (value) => void masked.push(value),
      signal,
    },
  );
  return { headers, masked };
}

const withToken = {
  headers: { authorization: "Bearer token for https://service.example" },
  masked: ["token for https://service.example"],
};
const withoutToken = { headers: {}, masked: [] };

describe("a caller of a deployed model", () => {
  it.each([401, 403])("sends a token where the server answers %i, and masks it", async (status) => {
    const { url, paths } = await serveStatus(status);
    expect(await authorise(`${url}/`)).toEqual(withToken);
    expect(paths).toEqual(["/health"]);
  });

  it("sends none where everybody may call, and where nobody answers in time", async () => {
    expect(await authorise((await serveStatus(200)).url)).toEqual(withoutToken);
    expect(await authorise("http://127.0.0.1:9")).toEqual(withoutToken);
    const { url } = await serveStatus("silence");
    expect(await authorise(url, { timeoutMs: 20 })).toEqual(withoutToken);
  });

  it("sends one unasked with google, and never one with none", async () => {
    const { url, paths } = await serveStatus(403);
    expect(await authorise(url, { auth: "google" })).toEqual(withToken);
    expect(await authorise(url, { auth: "none" })).toEqual(withoutToken);
    expect(paths).toEqual([]);
  });

  it("stops when it is cancelled", async () => {
    const { url } = await serveStatus("silence");
    await expect(authorise(url, {}, AbortSignal.abort(new Error("cancelled")))).rejects.toThrow(
      "cancelled",
    );
  });
});
