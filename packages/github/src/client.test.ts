import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import type { GithubAccess } from "#core";
import { connectGithub } from "./client.ts";

const servers: Server[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A GitHub that answers every request with what it was asked. */
function startGithub(): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ path: request.url, authorization: request.headers.authorization }),
    );
  });
  return listen(server);
}

/** A proxy that notes what it is asked for, and connects it to that port. */
async function startProxy(
  port: number,
): Promise<{ readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        path: new URL(request.url ?? "").pathname,
        authorization: request.headers.authorization,
      }),
    );
  });
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    const end = (): void => void (socket.destroy(), upstream.destroy());
    upstream.on("error", end);
    socket.on("error", end);
  });
  return { port: await listen(server), asked };
}

function accessTo(apiUrl: string): GithubAccess {
  return {
    apiUrl,
    serverUrl: apiUrl,
    token: "secret-token",
    owner: "acme",
    repository: "models",
  } as GithubAccess;
}

function stubProxy(value: string): void {
  for (const name of ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"])
    vi.stubEnv(name, value);
  for (const name of ["no_proxy", "NO_PROXY"]) vi.stubEnv(name, "");
}

test("asks GitHub with the token, without a proxy", async () => {
  stubProxy("");
  const port = await startGithub();
  const connection = connectGithub(accessTo(`http://127.0.0.1:${port}`));
  const { data } = await connection.call("ask", (octokit) => octokit.request("GET /user"));
  expect(data).toEqual({ path: "/user", authorization: "token secret-token" });
});

test("goes through the machine's proxy where there is one", async () => {
  const github = await startGithub();
  const proxy = await startProxy(github);
  stubProxy(`http://127.0.0.1:${proxy.port}`);
  vi.stubEnv("GITHUB_API_URL", "http://github.test");
  vi.resetModules();
  const connection = connectGithub(accessTo("http://github.test"));
  const { data } = await connection.call("ask", (octokit) => octokit.request("GET /user"));
  expect(data).toEqual({ path: "/user", authorization: "token secret-token" });
  expect(proxy.asked.join(" ")).toContain("github.test");
});
