import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request as sendRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CRC32C, Storage, type File, type GetFilesOptions } from "@google-cloud/storage";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Service } from "../../packages/sandbox/src/contracts.ts";
import { startStorage } from "../../packages/sandbox/src/storage/storage-service.ts";

const granule = 256 * 1024;
let stateDirectory = "";
let service: Service;
let storage: Storage;

function createClient(url: string): Storage {
  return new Storage({
    apiEndpoint: url,
    projectId: "p",
    useAuthWithCustomEndpoint: false,
    retryOptions: { maxRetries: 3, retryDelayMultiplier: 1, maxRetryDelay: 2 },
  });
}

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "storage-sandbox-"));
  service = await startStorage({ stateDirectory });
  storage = createClient(service.url);
  await storage.createBucket("models");
});

afterAll(async () => {
  await service.close();
  await rm(stateDirectory, { recursive: true, force: true });
});

const base = (path: string): string =>
  `${service.url}/storage/v1/b/models/o/${encodeURIComponent(path)}`;

async function errorOf(work: Promise<unknown>): Promise<{ code: number; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: number; message: string };
  }
  throw new Error("It was expected to fail.");
}

async function openSession(
  name: string,
  metadata: Record<string, unknown> = {},
  query = "",
): Promise<string> {
  const response = await fetch(
    `${service.url}/upload/storage/v1/b/models/o?uploadType=resumable&name=${encodeURIComponent(name)}${query}`,
    {
      method: "POST",
      body: JSON.stringify(metadata),
      headers: { "content-type": "application/json" },
    },
  );
  expect(response.status).toBe(200);
  return response.headers.get("location") ?? "";
}

function put(uri: string, body: Uint8Array, contentRange: string, headers = {}): Promise<Response> {
  return fetch(uri, {
    method: "PUT",
    body: new Uint8Array(body),
    headers: { "content-range": contentRange, connection: "close", ...headers },
  });
}

/** Sends a part of a body, then breaks the connection. */
function sendAndDrop(uri: string, contentRange: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const request = sendRequest(uri, {
      method: "PUT",
      headers: { "content-range": contentRange, "content-length": bytes.length * 2 },
    });
    request.on("error", () => resolve());
    request.write(bytes, () => setTimeout(() => request.destroy(), 200));
    request.on("close", () => resolve());
  });
}

describe("objects of the official client", () => {
  it.each([false, true])("come back as they were sent (resumable: %s)", async (resumable) => {
    const content = randomBytes(700_000);
    const file = storage.bucket("models").file(`plain/${resumable}/ä b#1.bin`);
    await file.save(content, {
      resumable,
      validation: "crc32c",
      metadata: { contentType: "model/onnx", cacheControl: "no-store", metadata: { a: "1" } },
    });
    const [metadata] = await file.getMetadata();
    expect(metadata).toMatchObject({
      size: "700000",
      contentType: "model/onnx",
      cacheControl: "no-store",
      metadata: { a: "1" },
      metageneration: "1",
      md5Hash: createHash("md5").update(content).digest("base64"),
      crc32c: crc32cOf(content),
    });
    const [bytes] = await file.download({ validation: "crc32c" });
    expect(bytes.equals(content)).toBe(true);
  });

  it("are created by exactly one of many writers that ask for generation 0", async () => {
    const file = storage.bucket("models").file("race");
    const writers = Array.from({ length: 12 }, (_, index) =>
      file.save(`writer ${index}`, {
        resumable: index % 2 === 0,
        preconditionOpts: { ifGenerationMatch: 0 },
      }),
    );
    const outcomes = await Promise.allSettled(writers);
    const lost = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(lost).toHaveLength(11);
    expect(lost.map(({ reason }) => (reason as { code: number }).code)).toEqual(
      Array(11).fill(412),
    );
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
    expect((await file.download())[0].toString()).toBe(`writer ${winner}`);
  });

  it("are refused when the declared crc32c is another one", async () => {
    const file = storage.bucket("models").file("mismatch");
    for (const resumable of [false, true]) {
      const saved = file.save("abc", { resumable, metadata: { crc32c: "AAAAAA==" } });
      const error = await errorOf(saved);
      expect(error.message).toContain(
        `Provided CRC32C "AAAAAA==" doesn't match calculated CRC32C "${crc32cOf(Buffer.from("abc"))}"`,
      );
    }
    expect((await file.exists())[0]).toBe(false);
  });

  it("are read in ranges", async () => {
    const file = storage.bucket("models").file("ranges");
    await file.save("0123456789");
    const read = async (start: number, end: number): Promise<string> =>
      (await file.download({ start, end }))[0].toString();
    expect(await read(2, 5)).toBe("2345");
    expect(await read(7, 100)).toBe("789");
    expect((await errorOf(file.download({ start: 10, end: 12 }))).code).toBe(416);
    const tail = await fetch(`${base("ranges")}?alt=media`, { headers: { range: "bytes=-3" } });
    expect([tail.status, await tail.text()]).toEqual([206, "789"]);
    expect(tail.headers.get("content-range")).toBe("bytes 7-9/10");
  });

  it("survive dropped connections in the middle of a chunked upload", async () => {
    const content = randomBytes(granule * 5 + 1000);
    // The second chunk is stored and its answer lost: the client asks for the offset and goes on.
    await fetch(`${service.url}/_sandbox/faults`, {
      method: "POST",
      body: JSON.stringify({
        method: "PUT",
        path: "name=dropped",
        skip: 1,
        times: 1,
        effect: { kind: "drop-after" },
      }),
    });
    // A client of its own: one unconditional save switches a client's retries off for good.
    const file = createClient(service.url).bucket("models").file("dropped");
    await file.save(content, {
      resumable: true,
      chunkSize: granule * 2,
      preconditionOpts: { ifGenerationMatch: 0 },
    });
    expect((await file.download())[0].equals(content)).toBe(true);
  });

  it("are listed with prefixes, pages and fields", async () => {
    const bucket = storage.bucket("models");
    const names = ["list/a.txt", "list/b/1", "list/b/2", "list/c/1", "list/z"];
    await Promise.all(names.map((name) => bucket.file(name).save(name)));
    const [all] = await bucket.getFiles({ prefix: "list/" });
    expect(all.map(({ name }) => name)).toEqual(names);
    const pages: string[][] = [];
    let query: GetFilesOptions | null = { prefix: "list/", maxResults: 2, autoPaginate: false };
    while (query !== null) {
      const [found, next] = (await bucket.getFiles(query)) as unknown as [
        File[],
        GetFilesOptions | null,
      ];
      pages.push(found.map(({ name }) => name));
      query = next ?? null;
    }
    expect(pages).toEqual([names.slice(0, 2), names.slice(2, 4), names.slice(4)]);
    const [files, , response] = await bucket.getFiles({
      prefix: "list/",
      delimiter: "/",
      autoPaginate: false,
    });
    expect(files.map(({ name }) => name)).toEqual(["list/a.txt", "list/z"]);
    expect((response as { prefixes: string[] }).prefixes).toEqual(["list/b/", "list/c/"]);
    const partial = await fetch(
      `${service.url}/storage/v1/b/models/o?prefix=list/&maxResults=1&fields=items(name),nextPageToken`,
    );
    expect(await partial.json()).toEqual({
      items: [{ name: "list/a.txt" }],
      nextPageToken: expect.any(String),
    });
  });

  it("are copied, composed and deleted", async () => {
    const bucket = storage.bucket("models");
    await bucket.file("part/1").save("one ");
    await bucket.file("part/2").save("two");
    await bucket.combine([bucket.file("part/1"), bucket.file("part/2")], bucket.file("part/all"));
    const [composed] = await bucket.file("part/all").getMetadata();
    expect(composed).toMatchObject({ componentCount: 2, size: "7", crc32c: expect.any(String) });
    expect(composed.md5Hash).toBeUndefined();
    await bucket.file("part/all").copy(bucket.file("part/copy"));
    expect((await bucket.file("part/copy").download())[0].toString()).toBe("one two");
    await bucket.file("part/copy").delete();
    expect((await errorOf(bucket.file("part/copy").getMetadata())).code).toBe(404);
  });

  it("keep generations apart and count metadata changes", async () => {
    const file = storage.bucket("models").file("generations");
    await file.save("1");
    const [first] = await file.getMetadata();
    await file.setMetadata({ metadata: { stage: "production" } });
    const [changed] = await file.getMetadata();
    expect(changed).toMatchObject({ generation: first.generation, metageneration: "2" });
    await file.save("2", { preconditionOpts: { ifGenerationMatch: Number(first.generation) } });
    const [second] = await file.getMetadata();
    expect(BigInt(second.generation ?? 0) > BigInt(first.generation ?? 0)).toBe(true);
    const stale = file.delete({ ifGenerationMatch: Number(first.generation) });
    expect((await errorOf(stale)).code).toBe(412);
  });

  it("under a hold or a retention are neither deleted nor overwritten", async () => {
    const file = storage.bucket("models").file("held");
    await file.save("kept");
    await file.setMetadata({ temporaryHold: true });
    expect(await errorOf(file.delete())).toMatchObject({
      code: 403,
      message: expect.stringContaining("under active Temporary hold"),
    });
    expect((await errorOf(file.save("other"))).code).toBe(403);
    await file.setMetadata({ temporaryHold: false });
    await file.delete();

    const [archive] = await storage.createBucket("archive");
    await archive.setRetentionPeriod(3600);
    await archive.file("x").save("x");
    const error = await errorOf(archive.file("x").delete());
    expect(error).toMatchObject({
      code: 403,
      message: expect.stringContaining("retention policy"),
    });
    expect((await archive.file("x").getMetadata())[0].retentionExpirationTime).toBeDefined();
  });
});

/** The checksum as the official client computes it. */
function crc32cOf(content: Buffer): string {
  const crc = new CRC32C();
  crc.update(content);
  return crc.toString();
}

describe("resumable uploads", () => {
  it("confirm whole granules after a broken connection and go on from there", async () => {
    const content = randomBytes(granule * 4 + 17);
    const uri = await openSession("broken");
    await sendAndDrop(
      uri,
      `bytes 0-${content.length - 1}/${content.length}`,
      content.subarray(0, granule * 2 + 999),
    );
    const status = await put(uri, new Uint8Array(0), `bytes */${content.length}`);
    expect(status.status).toBe(308);
    const confirmed = Number(status.headers.get("range")?.split("-")[1] ?? -1) + 1;
    // How much of it had arrived is the network's to say.
    expect(confirmed % granule).toBe(0);
    expect(confirmed).toBeLessThanOrEqual(granule * 2);
    const rest = await put(
      uri,
      content.subarray(confirmed),
      `bytes ${confirmed}-${content.length - 1}/${content.length}`,
    );
    expect(rest.status).toBe(200);
    expect(await rest.json()).toMatchObject({
      size: String(content.length),
      md5Hash: createHash("md5").update(content).digest("base64"),
    });
    // The answer was lost? The session still tells.
    const again = await put(uri, new Uint8Array(0), `bytes */${content.length}`);
    expect([again.status, await again.json()]).toEqual([
      200,
      expect.objectContaining({ name: "broken" }),
    ]);
  });

  it("go on after a restart of the service", async () => {
    const content = randomBytes(granule * 2 + 5);
    const uri = await openSession("restart");
    const first = await put(uri, content.subarray(0, granule), `bytes 0-${granule - 1}/*`);
    expect(first.status).toBe(308);
    const before = service.url;
    await service.close();
    service = await startStorage({ stateDirectory });
    expect(service.url).toBe(before);
    const last = await put(
      uri,
      content.subarray(granule),
      `bytes ${granule}-${content.length - 1}/${content.length}`,
    );
    expect(await last.json()).toMatchObject({
      md5Hash: createHash("md5").update(content).digest("base64"),
    });
    const kept = await fetch(`${base("race")}?alt=media`);
    expect(await kept.text()).toMatch(/^writer \d+$/);
  });

  it("refuse a wrong offset, a small chunk, a gone session and a wrong hash", async () => {
    const uri = await openSession("wrong");
    const ahead = await put(uri, new Uint8Array(granule), `bytes ${granule}-${granule * 2 - 1}/*`);
    expect(ahead.status).toBe(503);
    expect(await ahead.text()).toContain("exceeds already uploaded size of 0 byte(s)");
    const small = await put(uri, new Uint8Array(10), "bytes 0-9/*");
    expect(small.status).toBe(400);
    const badHash = await put(uri, new Uint8Array(10), "bytes 0-9/10", {
      "x-goog-hash": "md5=AAAA",
    });
    expect([badHash.status, await badHash.text()]).toEqual([
      400,
      expect.stringContaining("MD5 hash"),
    ]);
    expect((await put(uri, new Uint8Array(0), "bytes */10")).status).toBe(410);
    expect(
      (await put(uri.replace(/upload_id=\w/, "upload_id=0"), new Uint8Array(0), "bytes */10"))
        .status,
    ).toBe(404);
    const cancelled = await openSession("cancelled");
    expect((await fetch(cancelled, { method: "DELETE" })).status).toBe(499);
    expect((await put(cancelled, new Uint8Array(1), "bytes 0-0/1")).status).toBe(410);
  });

  it("check preconditions again at the end", async () => {
    const uri = await openSession("late", {}, "&ifGenerationMatch=0");
    await storage.bucket("models").file("late").save("somebody was faster");
    expect((await put(uri, Buffer.from("x"), "bytes 0-0/1")).status).toBe(412);
  });

  it("take 512 MiB without holding it in memory", async () => {
    const size = 512 * 1024 ** 2;
    const block = randomBytes(1024 ** 2);
    const uri = await openSession("large");
    const baseline = process.memoryUsage().rss;
    let peak = 0;
    const status = await new Promise<number>((resolve, reject) => {
      const request = sendRequest(uri, { method: "PUT", headers: { "content-length": size } });
      request.on("response", (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on("error", reject);
      void (async () => {
        for (let sent = 0; sent < size; sent += block.length) {
          peak = Math.max(peak, process.memoryUsage().rss);
          if (!request.write(block)) await new Promise((drained) => request.once("drain", drained));
        }
        request.end();
      })();
    });
    expect(status).toBe(200);
    const growthMiB = (peak - baseline) / 1024 ** 2;
    // Client and service are this one process.
    expect(growthMiB).toBeLessThan(200);
    await storage.bucket("models").file("large").delete();
  });
});

describe("what is not implemented", () => {
  it.each([
    ["an unknown query parameter", "GET", "/storage/v1/b/models/o/race?nonsense=1", 400],
    ["noncurrent versions", "GET", "/storage/v1/b/models/o?versions=true", 501],
    ["access control lists", "GET", "/storage/v1/b/models/o/race/acl", 501],
    ["notifications", "GET", "/storage/v1/b/models/notificationConfigs", 501],
  ])("is refused: %s", async (_, method, path, status) => {
    const response = await fetch(service.url + path, { method });
    expect(response.status).toBe(status);
    const body = (await response.json()) as { error: { code: number; message: string } };
    expect(body.error.code).toBe(status);
  });

  it("is refused in bodies: object versioning, unknown fields", async () => {
    const insert = (body: unknown): Promise<Response> =>
      fetch(`${service.url}/storage/v1/b?project=p`, {
        method: "POST",
        body: JSON.stringify(body),
      });
    expect((await insert({ name: "versioned", versioning: { enabled: true } })).status).toBe(501);
    expect((await insert({ name: "odd", lifecycle: { rule: [] } })).status).toBe(501);
    const patch = await fetch(base("race"), { method: "PATCH", body: JSON.stringify({ nope: 1 }) });
    expect(patch.status).toBe(400);
  });
});
