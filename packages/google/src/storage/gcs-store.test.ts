import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  countingCredentials,
  instantClock,
  scriptedServer,
  threeAttempts,
  type ScriptedAnswer,
  type ScriptedServer,
  type SeenRequest,
} from "../testing/scripted-server.ts";
import { digestBytes } from "./digests.ts";
import { confirmedOffset } from "./gcs-resumable.ts";
import type { UploadState } from "./object-store.ts";
import { objectStore } from "./stores.ts";

const quarterMib = 256 * 1024;
const uri = "gs://models/weather/v1.0.0/model.onnx";
const small = Buffer.from("a small model");

function storeOn(server: ScriptedServer, clock = instantClock()) {
  return objectStore({
    environment: {},
    endpoint: server.url,
    credentials: countingCredentials(),
    clock,
    random: () => 1,
    retryPolicy: threeAttempts,
    resumableAboveBytes: quarterMib - 1,
    chunkMib: 0.25,
  });
}

function resourceOf(bytes: Uint8Array, more: Readonly<Record<string, unknown>> = {}) {
  const { crc32c, sha256 } = digestBytes(bytes);
  return {
    bucket: "models",
    name: "weather/v1.0.0/model.onnx",
    size: String(bytes.length),
    generation: "17",
    crc32c,
    metadata: { sha256: sha256.slice(7) },
    ...more,
  };
}

const absent: ScriptedAnswer = {
  status: 404,
  json: { error: { code: 404, message: "No such object: models/weather/v1.0.0/model.onnx" } },
};
const taken: ScriptedAnswer = {
  status: 412,
  json: { error: { code: 412, message: "At least one of the pre-conditions did not hold." } },
};

describe("creating a small object", () => {
  it("sends bytes and digests in one request that only creates", async () => {
    await using server = await scriptedServer([{ status: 200, json: resourceOf(small) }]);
    const created = await storeOn(server).createOnly(
      uri,
      { bytes: small },
      { attributes: { contentType: "application/x-onnx", cacheControl: "no-store" } },
    );
    expect(created).toEqual({ kind: "created", uri, generation: "17", ...digestBytes(small) });
    const [request] = server.seen;
    expect(request?.path).toBe(
      "/upload/storage/v1/b/models/o?uploadType=multipart&name=weather/v1.0.0/model.onnx&ifGenerationMatch=0",
    );
    expect(request?.body.toString()).toContain(
      JSON.stringify({
        name: "weather/v1.0.0/model.onnx",
        crc32c: digestBytes(small).crc32c,
        contentType: "application/x-onnx",
        metadata: { sha256: digestBytes(small).sha256.slice(7) },
        cacheControl: "no-store",
      }),
    );
    expect(request?.body.toString()).toContain("\r\n\r\na small model\r\n--");
  });

  it("takes an equal object for success", async () => {
    await using server = await scriptedServer([taken, { status: 200, json: resourceOf(small) }]);
    expect(await storeOn(server).createOnly(uri, { bytes: small })).toMatchObject({
      kind: "identical",
      generation: "17",
    });
  });

  it("names both digests when another object is there", async () => {
    const other = Buffer.from("another model");
    await using server = await scriptedServer([taken, { status: 200, json: resourceOf(other) }]);
    await expect(storeOn(server).createOnly(uri, { bytes: small })).rejects.toMatchObject({
      code: "OBJECT_EXISTS",
      retryable: false,
      message: expect.stringMatching(
        new RegExp(`${digestBytes(other).sha256}.*${digestBytes(small).sha256}`),
      ),
    });
  });

  it("reads an object that was stored without a sha256 before it calls it equal", async () => {
    await using server = await scriptedServer([
      taken,
      { status: 200, json: resourceOf(small, { metadata: {} }) },
      { status: 200, text: small },
    ]);
    expect(await storeOn(server).createOnly(uri, { bytes: small })).toMatchObject({
      kind: "identical",
    });
  });

  it("ends such a reading when the step is cancelled", async () => {
    const cancelling = new AbortController();
    await using server = await scriptedServer([
      taken,
      { status: 200, json: resourceOf(small, { metadata: {} }) },
      () => {
        cancelling.abort(new Error("cancelled"));
        return { status: 200, text: small };
      },
    ]);
    const creating = storeOn(server).createOnly(
      uri,
      { bytes: small },
      { signal: cancelling.signal },
    );
    await expect(creating).rejects.toThrow("cancelled");
  });

  it("finds that an upload whose answer was lost has arrived, and sends nothing twice", async () => {
    await using server = await scriptedServer(["drop", { status: 200, json: resourceOf(small) }]);
    expect(await storeOn(server).createOnly(uri, { bytes: small })).toMatchObject({
      kind: "created",
    });
    expect(server.seen.map((each) => each.method)).toEqual(["POST", "GET"]);
  });

  it("sends again what has not arrived", async () => {
    await using server = await scriptedServer([
      { status: 503 },
      absent,
      { status: 200, json: resourceOf(small) },
    ]);
    expect(await storeOn(server).createOnly(uri, { bytes: small })).toMatchObject({
      kind: "created",
    });
    expect(server.seen.map((each) => each.method)).toEqual(["POST", "GET", "POST"]);
  });

  it("calls a 412 that only answers its own lost attempt a creation", async () => {
    await using server = await scriptedServer([
      "drop",
      absent,
      taken,
      { status: 200, json: resourceOf(small) },
    ]);
    expect(await storeOn(server).createOnly(uri, { bytes: small })).toMatchObject({
      kind: "created",
    });
  });

  it("says what to do when the bucket does not exist", async () => {
    const noBucket: ScriptedAnswer = {
      status: 404,
      json: { error: { code: 404, message: "The specified bucket does not exist." } },
    };
    await using server = await scriptedServer([noBucket, noBucket]);
    await expect(storeOn(server).createOnly(uri, { bytes: small })).rejects.toMatchObject({
      code: "BUCKET_NOT_FOUND",
      hint: expect.stringContaining("gcloud storage buckets create gs://models"),
    });
  });

  it("says which role lets an account compare what is there", async () => {
    const forbidden: ScriptedAnswer = {
      status: 403,
      json: { error: { code: 403, message: "x does not have storage.objects.get access." } },
    };
    await using server = await scriptedServer([taken, forbidden]);
    await expect(storeOn(server).createOnly(uri, { bytes: small })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      hint: expect.stringContaining("roles/storage.objectViewer"),
    });
  });

  it("says which role lets an account create", async () => {
    const forbidden: ScriptedAnswer = {
      status: 403,
      json: {
        error: {
          code: 403,
          message:
            "deployer@p.iam.gserviceaccount.com does not have storage.objects.create access.",
        },
      },
    };
    await using server = await scriptedServer([forbidden, forbidden]);
    await expect(storeOn(server).createOnly(uri, { bytes: small })).rejects.toMatchObject({
      hint: expect.stringContaining("roles/storage.objectCreator"),
    });
  });

  it("refuses a name before it asks anybody", async () => {
    await using server = await scriptedServer([]);
    await expect(
      storeOn(server).createOnly("gs://models/a/../b", { bytes: small }),
    ).rejects.toMatchObject({ code: "INVALID_OBJECT_NAME" });
    expect(server.seen).toHaveLength(0);
  });
});

describe("creating a large object", () => {
  const large = Buffer.from(Uint8Array.from({ length: quarterMib + 100 }, (_, at) => at % 251));
  let folder = "";
  let path = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "slipway-"));
    path = join(folder, "model.onnx");
    await writeFile(path, large);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  // The script's answers are made when asked: only then is the server's own address known.
  function session(request: SeenRequest): ScriptedAnswer {
    return {
      status: 200,
      headers: { location: `http://${request.headers.host}/session?upload_id=secret` },
    };
  }
  const stored: ScriptedAnswer = { status: 200, json: resourceOf(large) };
  const upTo = (last: number): ScriptedAnswer => ({
    status: 308,
    headers: { range: `bytes=0-${last}` },
  });
  const ranges = (server: ScriptedServer) =>
    server.seen.map((each) => each.headers["content-range"] ?? each.method);

  it("goes in chunks, each with its exact length, without the token", async () => {
    await using server = await scriptedServer([session, upTo(quarterMib - 1), stored]);
    const confirmed: number[] = [];
    await storeOn(server).createOnly(
      uri,
      { path },
      { onProgress: ({ confirmedBytes }) => confirmed.push(confirmedBytes) },
    );
    expect(ranges(server)).toEqual(["POST", "bytes 0-262143/262244", "bytes 262144-262243/262244"]);
    expect(Buffer.concat(server.seen.slice(1).map((each) => each.body))).toEqual(large);
    expect(server.seen[1]?.headers["content-length"]).toBe("262144");
    expect(server.seen[1]?.headers.authorization).toBeUndefined();
    expect(confirmed).toEqual([0, 262144, 262244]);
  });

  it("goes on at the offset that the service confirms after a dropped connection", async () => {
    await using server = await scriptedServer([session, "drop", upTo(99_999), stored]);
    await storeOn(server).createOnly(uri, { path });
    expect(ranges(server)).toEqual([
      "POST",
      "bytes 0-262143/262244",
      "bytes */262244",
      // It was asked for and 100,000 bytes were confirmed.
      "bytes 100000-262243/262244",
    ]);
    expect(server.seen[3]?.body).toEqual(large.subarray(100_000));
  });

  it("sends a chunk again from where the service kept less than it was sent", async () => {
    await using server = await scriptedServer([session, upTo(999), upTo(262143), stored]);
    await storeOn(server).createOnly(uri, { path });
    expect(ranges(server)).toEqual([
      "POST",
      "bytes 0-262143/262244",
      "bytes 1000-262243/262244",
      "bytes 262144-262243/262244",
    ]);
  });

  it("survives the loss of the last answer", async () => {
    await using server = await scriptedServer([session, upTo(262143), "drop", stored]);
    expect(await storeOn(server).createOnly(uri, { path })).toMatchObject({ kind: "created" });
    expect(ranges(server).at(-1)).toBe("bytes */262244");
  });

  it("looks at the object when the session is gone, and only then begins anew", async () => {
    await using server = await scriptedServer([
      session,
      { status: 410 },
      absent,
      session,
      upTo(262143),
      { status: 404 },
      stored,
    ]);
    expect(await storeOn(server).createOnly(uri, { path })).toMatchObject({ kind: "created" });
    expect(server.seen).toHaveLength(7);
  });

  it("believes the object and not a false 412", async () => {
    await using server = await scriptedServer([session, upTo(262143), taken, stored]);
    expect(await storeOn(server).createOnly(uri, { path })).toMatchObject({ generation: "17" });
  });

  it("ends after the policy's attempts without progress", async () => {
    const nothing: ScriptedAnswer = { status: 308 };
    await using server = await scriptedServer([
      session,
      nothing,
      nothing,
      nothing,
      nothing,
      nothing,
      absent,
    ]);
    await expect(storeOn(server).createOnly(uri, { path })).rejects.toMatchObject({
      message: expect.stringContaining("it stored none of the bytes from 0 on"),
    });
  });

  it("hands the session to be masked before it is used, and never shows it", async () => {
    await using server = await scriptedServer([session, { status: 400, text: "bad" }, absent]);
    const secrets: string[] = [];
    const states: (UploadState | null)[] = [];
    const failure = storeOn(server).createOnly(
      uri,
      { path },
      { onSecret: (secret) => secrets.push(secret), onState: (state) => states.push(state) },
    );
    const error: unknown = await failure.catch((each: unknown) => each);
    expect(secrets).toEqual([`${server.url}/session?upload_id=secret`]);
    expect(states).toMatchObject([{ uri, session: secrets[0] }]);
    expect(String(error)).not.toContain("secret");
  });

  it("goes on with what an earlier process began", async () => {
    await using server = await scriptedServer([upTo(262143), stored]);
    const resume = {
      uri,
      sha256: digestBytes(large).sha256,
      session: `${server.url}/session?upload_id=secret`,
    };
    await storeOn(server).createOnly(uri, { path }, { resume });
    expect(ranges(server)).toEqual(["bytes */262244", "bytes 262144-262243/262244"]);
  });

  it("begins anew when the file is another than the earlier process had", async () => {
    await using server = await scriptedServer([session, upTo(262143), stored]);
    const resume = { uri, sha256: `sha256:${"0".repeat(64)}`, session: `${server.url}/old` };
    await storeOn(server).createOnly(uri, { path }, { resume });
    expect(server.seen[0]?.method).toBe("POST");
  });

  it("refuses a file that does not have the digest it was named with", async () => {
    await using server = await scriptedServer([]);
    await expect(
      storeOn(server).createOnly(uri, { path }, { sha256: `sha256:${"0".repeat(64)}` }),
    ).rejects.toMatchObject({ code: "FILE_CHANGED", place: { file: path } });
    expect(server.seen).toHaveLength(0);
  });

  it("refuses a file that was written to while it went", async () => {
    await using server = await scriptedServer([session, upTo(262143), stored]);
    await expect(
      storeOn(server).createOnly(
        uri,
        { path },
        { onSecret: () => void writeFile(path, Buffer.alloc(large.length, 1)) },
      ),
    ).rejects.toMatchObject({ code: "FILE_CHANGED" });
  });

  it("stops when it is cancelled", async () => {
    const controller = new AbortController();
    await using server = await scriptedServer([
      session,
      () => {
        controller.abort(new Error("cancelled"));
        return upTo(262143);
      },
    ]);
    await expect(
      storeOn(server).createOnly(uri, { path }, { signal: controller.signal }),
    ).rejects.toThrow("cancelled");
    expect(server.seen).toHaveLength(2);
  });
});

describe("confirmedOffset", () => {
  it.each([
    ["bytes=0-0", 1],
    ["bytes=0-262143", 262144],
    [null, 0],
    ["nonsense", 0],
  ])("reads %j as %i", (range, offset) => {
    expect(confirmedOffset(range)).toBe(offset);
  });
});

describe("swapping an object", () => {
  it("asks for the generation it has read", async () => {
    await using server = await scriptedServer([{ status: 200, json: resourceOf(small) }]);
    const swapped = await storeOn(server).compareAndSwap(uri, small, { expectedGeneration: "16" });
    expect(swapped).toEqual({ kind: "swapped", generation: "17" });
    expect(server.seen[0]?.path).toContain("ifGenerationMatch=16");
  });

  it("reports a conflict with the generation that is there", async () => {
    await using server = await scriptedServer([taken, { status: 200, json: resourceOf(small) }]);
    expect(await storeOn(server).compareAndSwap(uri, small, { expectedGeneration: "16" })).toEqual({
      kind: "conflict",
      generation: "17",
    });
  });

  it("finds that a swap whose answer was lost has happened", async () => {
    await using server = await scriptedServer(["drop", { status: 200, json: resourceOf(small) }]);
    expect(await storeOn(server).compareAndSwap(uri, small, { expectedGeneration: "16" })).toEqual({
      kind: "swapped",
      generation: "17",
    });
  });

  it("tries again when a lost attempt has done nothing", async () => {
    await using server = await scriptedServer([
      { status: 503 },
      { status: 200, json: resourceOf(Buffer.from("old"), { generation: "16" }) },
      { status: 200, json: resourceOf(small) },
    ]);
    expect(await storeOn(server).compareAndSwap(uri, small, { expectedGeneration: "16" })).toEqual({
      kind: "swapped",
      generation: "17",
    });
  });
});

describe("reading", () => {
  const text = "0123456789";
  const whole = {
    status: 200,
    text,
    headers: {
      "x-goog-generation": "5",
      "x-goog-hash": `crc32c=${digestBytes(Buffer.from(text)).crc32c},md5=x`,
    },
  } as const;

  it("goes on in the same generation where a dropped connection ended", async () => {
    await using server = await scriptedServer([
      { ...whole, cutAfter: 4 },
      { status: 206, text: "456789" },
    ]);
    expect(await storeOn(server).readText(uri)).toBe(text);
    expect(server.seen[1]?.headers.range).toBe("bytes=4-");
    expect(server.seen[1]?.path).toContain("generation=5");
  });

  it("asks for a part only", async () => {
    await using server = await scriptedServer([{ status: 206, text: "234" }]);
    const parts: Uint8Array[] = [];
    for await (const part of storeOn(server).read(uri, { range: { start: 2, end: 5 } })) {
      parts.push(part);
    }
    expect(Buffer.concat(parts).toString()).toBe("234");
    expect(server.seen[0]?.headers.range).toBe("bytes=2-4");
  });

  it("refuses bytes that are not those that are stored", async () => {
    await using server = await scriptedServer([{ ...whole, text: "0123456780" }]);
    await expect(storeOn(server).readText(uri)).rejects.toMatchObject({ code: "DOWNLOAD_CORRUPT" });
  });

  it("says that an object does not exist", async () => {
    await using server = await scriptedServer([absent]);
    await expect(storeOn(server).readText(uri)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });

  it("lists page by page and by glob", async () => {
    const item = (name: string) => resourceOf(small, { name });
    await using server = await scriptedServer([
      {
        status: 200,
        json: { items: [item("logs/a.jsonl"), item("logs/x/b.jsonl")], nextPageToken: "2" },
      },
      { status: 200, json: { items: [item("logs/c.csv"), item("logs/d.jsonl")] } },
    ]);
    const uris: string[] = [];
    for await (const facts of storeOn(server).list("gs://models/logs/*.jsonl"))
      uris.push(facts.uri);
    expect(uris).toEqual(["gs://models/logs/a.jsonl", "gs://models/logs/d.jsonl"]);
    expect(server.seen.map((each) => each.path)).toEqual([
      "/storage/v1/b/models/o?prefix=logs/",
      "/storage/v1/b/models/o?prefix=logs/&pageToken=2",
    ]);
  });
});
