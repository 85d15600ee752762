import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRecorder, type Recorder } from "./github/recorder.ts";

// What checks the local GitHub must itself be able to find fault.
describe("the recorder that holds responses against GitHub's description", () => {
  let server: Server;
  let url: string;
  let recorder: Recorder;
  let answer: { readonly status: number; readonly body: unknown };

  beforeAll(async () => {
    server = createServer((_incoming, response) => {
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    recorder = createRecorder(url);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const ref = {
    ref: "refs/heads/main",
    node_id: "x",
    url: "https://example.com/ref",
    object: { type: "commit", sha: "a".repeat(40), url: "https://example.com/commit" },
  };

  it("lets a response that conforms pass", async () => {
    answer = { status: 200, body: ref };
    const response = await recorder.fetch(`${url}/repos/o/r/git/ref/heads/main`);
    expect(await response.json()).toEqual(ref);
    expect([...recorder.checked]).toEqual(["GET /repos/{owner}/{repo}/git/ref/{ref}"]);
  });

  it.each([
    ["a field that is missing", 200, { ...ref, object: undefined }, /required property 'object'/],
    ["a field of another type", 200, { ...ref, ref: null }, /data\/ref must be string/],
    ["an address that is none", 200, { ...ref, url: "nowhere" }, /must match format "uri"/],
    ["a status that is not published", 202, ref, /status 202 is not published/],
    ["an error in another form", 404, { message: 1 }, /data\/message must be string/],
  ])("finds %s", async (_what, status, body, message) => {
    answer = { status, body };
    await expect(recorder.fetch(`${url}/repos/o/r/git/ref/heads/main`)).rejects.toThrow(message);
  });

  it("finds a path that GitHub does not have", async () => {
    answer = { status: 200, body: {} };
    await expect(recorder.fetch(`${url}/repos/o/r/no-such-thing`)).rejects.toThrow(/no such path/);
  });
});
