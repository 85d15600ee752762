import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  digestBytes,
  googleCredentials,
  memoryObjectStore,
  objectStore,
  type ObjectStore,
} from "#google";
import {
  clock,
  makeBucket,
  quickRetries,
  startGoogleServices,
  type GoogleServices,
} from "./google-services.ts";

/** A store under test and where in it there is room. */
interface Place extends AsyncDisposable {
  readonly store: ObjectStore;
  /** A URI with a slash at its end. */
  readonly root: string;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  "in memory": async () => ({
    store: memoryObjectStore(),
    root: "gs://models/",
    async [Symbol.asyncDispose]() {},
  }),
  "of files": async () => {
    const folder = await mkdtemp(join(tmpdir(), "slipway-store-"));
    return {
      store: objectStore({ environment: {}, credentials: { accessToken: async () => "" } }),
      root: `${pathToFileURL(folder).href}/`,
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    };
  },
  "of Cloud Storage": async () => {
    const services = await startGoogleServices(["roles/storage.objectUser"]);
    await makeBucket(services, "models");
    return {
      store: storeOf(services),
      root: "gs://models/",
      [Symbol.asyncDispose]: () => services[Symbol.asyncDispose](),
    };
  },
};

function storeOf(services: GoogleServices): ObjectStore {
  return objectStore({
    environment: services.environment,
    credentials: googleCredentials({ environment: services.environment }),
    clock,
    retryPolicy: quickRetries,
    resumableAboveBytes: 256 * 1024,
    chunkMib: 0.25,
  });
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const bytes = Buffer.from("a model");
const other = Buffer.from("another model");
const large = Buffer.from(Uint8Array.from({ length: 700_001 }, (_, at) => (at * 7) % 251));

describe.each(Object.entries(places))("an object store %s", (_name, open) => {
  let place: Place;
  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("stores an object once and finds an equal one identical", async () => {
    const uri = `${place.root}once/model.onnx`;
    const created = await place.store.createOnly(uri, { bytes });
    expect(created).toMatchObject({ kind: "created", uri, ...digestBytes(bytes) });
    expect(await place.store.createOnly(uri, { bytes })).toEqual({ ...created, kind: "identical" });
    expect(await place.store.stat(uri)).toMatchObject({
      uri,
      ...digestBytes(bytes),
      generation: created.generation,
    });
    expect(await place.store.readText(uri)).toBe("a model");
  });

  it("never replaces an object by another, and names both digests", async () => {
    const uri = `${place.root}taken/model.onnx`;
    await place.store.createOnly(uri, { bytes });
    const failure = place.store.createOnly(uri, { bytes: other });
    await expect(failure).rejects.toMatchObject({ code: "OBJECT_EXISTS", retryable: false });
    await expect(failure).rejects.toThrow(digestBytes(bytes).sha256);
    await expect(failure).rejects.toThrow(digestBytes(other).sha256);
    expect(await place.store.readText(uri)).toBe("a model");
  });

  it("lets exactly one of two creators win when their bytes differ", async () => {
    const uri = `${place.root}race/different`;
    const results = await Promise.allSettled([
      place.store.createOnly(uri, { bytes }),
      place.store.createOnly(uri, { bytes: other }),
    ]);
    expect(results.map((each) => each.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("gives two creators of equal bytes one creation", async () => {
    const uri = `${place.root}race/equal`;
    const results = await Promise.all([
      place.store.createOnly(uri, { bytes }),
      place.store.createOnly(uri, { bytes }),
    ]);
    expect(results.map((each) => each.kind).sort()).toEqual(["created", "identical"]);
  });

  it("stores and gives back a large file, whole and in parts", async () => {
    const folder = await mkdtemp(join(tmpdir(), "slipway-large-"));
    const path = join(folder, "model.onnx");
    await writeFile(path, large);
    const uri = `${place.root}large/model.onnx`;
    const progress: number[] = [];
    const created = await place.store.createOnly(
      uri,
      { path },
      {
        sha256: digestBytes(large).sha256,
        onProgress: ({ confirmedBytes }) => progress.push(confirmedBytes),
      },
    );
    await rm(folder, { recursive: true });
    expect(created).toMatchObject({ kind: "created", ...digestBytes(large) });
    expect(progress.at(-1)).toBe(large.length);
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
    expect((await collect(place.store.read(uri))).equals(large)).toBe(true);
    const part = await collect(place.store.read(uri, { range: { start: 300_000, end: 300_010 } }));
    expect(part.equals(large.subarray(300_000, 300_010))).toBe(true);
  });

  it("stores an empty object", async () => {
    const uri = `${place.root}empty`;
    await place.store.createOnly(uri, { bytes: new Uint8Array() });
    expect(await place.store.stat(uri)).toMatchObject({ bytes: 0, crc32c: "AAAAAA==" });
    expect(await place.store.readText(uri)).toBe("");
  });

  it("refuses bytes that do not have the digest they are named with", async () => {
    const uri = `${place.root}wrong`;
    await expect(
      place.store.createOnly(uri, { bytes }, { sha256: digestBytes(other).sha256 }),
    ).rejects.toMatchObject({ code: "FILE_CHANGED" });
    expect(await place.store.stat(uri)).toBeNull();
  });

  it("lists by prefix and by glob in the order of names", async () => {
    const names = ["logs/2026-01-02/a.jsonl", "logs/2026-01-01/b.jsonl", "logs/readme.txt"];
    for (const name of names) await place.store.createOnly(place.root + name, { bytes });
    const list = async (pattern: string) => {
      const found: string[] = [];
      for await (const facts of place.store.list(place.root + pattern)) {
        found.push(facts.uri.slice(place.root.length));
      }
      return found;
    };
    expect(await list("logs/")).toEqual([...names].sort());
    expect(await list("logs/*/*.jsonl")).toEqual([...names].sort().slice(0, 2));
    expect(await list("logs/**")).toEqual([...names].sort());
    expect(await list("nothing/")).toEqual([]);
  });

  it("swaps a pointer only for whoever has read it last", async () => {
    const uri = `${place.root}latest.json`;
    const swap = (text: string, expectedGeneration: string) =>
      place.store.compareAndSwap(uri, Buffer.from(text), { expectedGeneration });
    const first = await swap("1", "0");
    expect(first.kind).toBe("swapped");
    expect(await swap("other", "0")).toEqual({ kind: "conflict", generation: first.generation });
    const second = await swap("2", first.generation);
    expect(second.kind).toBe("swapped");
    expect((await place.store.stat(uri))?.generation).toBe(second.generation);
    expect(await place.store.readText(uri)).toBe("2");
  });

  it("says what is not there", async () => {
    const uri = `${place.root}absent`;
    expect(await place.store.stat(uri)).toBeNull();
    await expect(place.store.readText(uri)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
  });
});

describe("Cloud Storage under faults", () => {
  let services: GoogleServices;
  let folder = "";
  let path = "";
  beforeAll(async () => {
    services = await startGoogleServices(["roles/storage.objectUser"]);
    await makeBucket(services, "models");
    folder = await mkdtemp(join(tmpdir(), "slipway-large-"));
    path = join(folder, "model.onnx");
    await writeFile(path, large);
  });
  afterAll(async () => {
    await services[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const effects = ["drop-before", "drop-after"] as const;

  it.each(effects)("stores a small object although its connection breaks: %s", async (kind) => {
    const uri = `gs://models/small/${kind}`;
    await services.fault(services.storageUrl, {
      method: "POST",
      path: "uploadType=multipart",
      effect: { kind },
    });
    expect(await storeOf(services).createOnly(uri, { bytes })).toMatchObject({ kind: "created" });
    expect(await storeOf(services).readText(uri)).toBe("a model");
  });

  // 700,001 bytes in chunks of 262,144: chunks 1 to 3, the last of which ends the upload.
  it.each(effects.flatMap((kind) => [0, 1, 2].map((skip) => [kind, skip] as const)))(
    "stores a large object although a chunk's connection breaks: %s, chunk %i",
    async (kind, skip) => {
      const uri = `gs://models/large/${kind}-${skip}`;
      await services.fault(services.storageUrl, {
        method: "PUT",
        path: "upload_id=",
        skip,
        effect: { kind },
      });
      expect(await storeOf(services).createOnly(uri, { path })).toMatchObject({
        kind: "created",
        ...digestBytes(large),
      });
      expect((await collect(storeOf(services).read(uri))).equals(large)).toBe(true);
    },
  );

  it("stores a large object although the service fails three times in a row", async () => {
    await services.fault(services.storageUrl, {
      method: "PUT",
      path: "upload_id=",
      skip: 1,
      times: 3,
      effect: { kind: "status", status: 503 },
    });
    expect(await storeOf(services).createOnly("gs://models/large/503", { path })).toMatchObject({
      kind: "created",
    });
  });

  it("goes on in a new process with what an earlier one began", async () => {
    const uri = "gs://models/large/resumed";
    const controller = new AbortController();
    let session: Parameters<typeof remember>[0] = null;
    const remember = (state: { uri: string; sha256: string; session: string } | null) => {
      session = state;
    };
    await expect(
      storeOf(services).createOnly(
        uri,
        { path },
        {
          signal: controller.signal,
          onState: remember,
          onProgress: ({ confirmedBytes }) => {
            if (confirmedBytes > 500_000) controller.abort(new Error("killed"));
          },
        },
      ),
    ).rejects.toThrow("killed");
    const confirmed: number[] = [];
    await storeOf(services).createOnly(
      uri,
      { path },
      {
        ...(session === null ? {} : { resume: session }),
        onProgress: ({ confirmedBytes }) => confirmed.push(confirmedBytes),
      },
    );
    expect(confirmed).toEqual([524_288, 700_001]);
  });

  it("swaps a pointer although the answer is lost", async () => {
    await services.fault(services.storageUrl, {
      method: "POST",
      path: "latest.json",
      effect: { kind: "drop-after" },
    });
    expect(
      await storeOf(services).compareAndSwap("gs://models/latest.json", bytes, {
        expectedGeneration: "0",
      }),
    ).toMatchObject({ kind: "swapped" });
  });

  it("says that the bucket does not exist", async () => {
    await expect(
      storeOf(services).createOnly("gs://no-such-bucket/x", { bytes }),
    ).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
  });

  it("takes holds and attributes as they are asked for", async () => {
    const uri = "gs://models/held";
    await storeOf(services).createOnly(
      uri,
      { bytes },
      {
        attributes: {
          contentType: "application/json",
          cacheControl: "public, max-age=60",
          metadata: { model: "weather" },
          hold: "temporary",
        },
      },
    );
    expect(await storeOf(services).stat(uri)).toMatchObject({
      contentType: "application/json",
      metadata: { model: "weather" },
    });
  });
});

describe("Cloud Storage with too few roles", () => {
  it("creates with nothing but objectCreator, and says what comparing needs", async () => {
    await using services = await startGoogleServices(["roles/storage.objectCreator"]);
    await makeBucket(services, "models");
    const store = storeOf(services);
    expect(await store.createOnly("gs://models/x", { bytes })).toMatchObject({ kind: "created" });
    await expect(store.createOnly("gs://models/x", { bytes })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      hint: expect.stringContaining("roles/storage.objectViewer"),
    });
  });

  it("says that it takes objectCreator to create", async () => {
    await using services = await startGoogleServices(["roles/storage.objectViewer"]);
    await makeBucket(services, "models");
    await expect(storeOf(services).createOnly("gs://models/x", { bytes })).rejects.toMatchObject({
      hint: expect.stringContaining("roles/storage.objectCreator"),
    });
  });
});
