import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectGithub } from "./client.ts";
import { downloadAsset } from "./releases.ts";
import { someAccess } from "./testing/some-access.ts";

let folder: string;
let server: Server;
let answer: RequestListener;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-asset-"));
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const digestOf = (text: string): string =>
  `sha256:${createHash("sha256").update(text).digest("hex")}`;
const download = (digest: string, signal?: AbortSignal): Promise<void> => {
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = connectGithub(someAccess({ apiUrl }), signal === undefined ? {} : { signal });
  const asset = { id: 1, name: "model.onnx", bytes: 5, digest: null };
  return downloadAsset(connection, { asset, destination: join(folder, "model.onnx"), digest });
};

describe("downloadAsset", () => {
  it("gives the file its name once its digest is known, whoever else downloads it", async () => {
    answer = (_request, response) => void response.end("model");
    await Promise.all([1, 2, 3].map(() => download(digestOf("model"))));
    expect(await readdir(folder)).toEqual(["model.onnx"]);
    expect(await readFile(join(folder, "model.onnx"), "utf8")).toBe("model");
  });

  it("leaves nothing of a file that is not the registered one", async () => {
    answer = (_request, response) => void response.end("other");
    await expect(download(digestOf("model"))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("ends, and leaves nothing, when the step is cancelled in the middle", async () => {
    const cancelling = new AbortController();
    answer = (_request, response) => {
      response.write("mo");
      setTimeout(() => cancelling.abort(new Error("The step was cancelled.")), 50);
    };
    await expect(download(digestOf("model"), cancelling.signal)).rejects.toThrow(/cancelled/);
    expect(await readdir(folder)).toEqual([]);
  });
});
