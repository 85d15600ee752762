import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { memoryObjectStore, type ObjectStore } from "#google";
import { objectSink, streamSink, type ObjectSinkOptions } from "./log-sinks.ts";

function startSink(some: Partial<ObjectSinkOptions> = {}) {
  const store = some.store ?? memoryObjectStore();
  const dropped: number[] = [];
  const errors: string[] = [];
  const sink = objectSink({
    store,
    destination: "gs://acme-logs/weather/{date}/",
    intervalMs: 3_600_000,
    objectBytes: 1000,
    heldBytes: 10_000,
    now: () => new Date("2026-05-04T03:02:01Z"),
    log: (_severity, message) => void errors.push(message),
    onDropped: (lines) => void dropped.push(lines),
    ...some,
  });
  return { sink, store, dropped, errors };
}

async function readAll(store: ObjectStore): Promise<readonly { uri: string; text: string }[]> {
  const objects: { uri: string; text: string }[] = [];
  for await (const { uri } of store.list("gs://acme-logs/")) {
    objects.push({ uri, text: await store.readText(uri) });
  }
  return objects;
}

/** A store whose first writes fail. */
function failingStore(failures: number): ObjectStore {
  const store = memoryObjectStore();
  let left = failures;
  return {
    ...store,
    createOnly: async (...given) => {
      left -= 1;
      if (left >= 0) throw new Error("the store is away");
      return await store.createOnly(...given);
    },
  };
}

describe("objectSink", () => {
  it("stores what it holds under the day's prefix when it ends", async () => {
    const { sink, store } = startSink();
    sink.write("one\n");
    sink.write("two\n");
    await sink.close();
    const objects = await readAll(store);
    expect(objects).toMatchObject([{ text: "one\ntwo\n" }]);
    expect(objects[0]?.uri).toMatch(
      /^gs:\/\/acme-logs\/weather\/2026-05-04\/2026-05-04T03-02-01-000Z-[0-9a-f]{8}-1\.jsonl$/,
    );
  });

  it("stores nothing when nothing was logged", async () => {
    const { sink, store } = startSink();
    await sink.close();
    expect(await readAll(store)).toEqual([]);
  });

  it("starts a new object before one becomes too large, and loses no line", async () => {
    const { sink, store } = startSink({ objectBytes: 100 });
    const lines = Array.from({ length: 50 }, (_, at) => `line ${at} ${"é".repeat(10)}\n`);
    for (const line of lines) sink.write(line);
    await sink.close();
    const objects = await readAll(store);
    expect(objects.length).toBeGreaterThan(10);
    for (const { text } of objects) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100);
    const stored = objects.flatMap(({ text }) => text.match(/.*\n/g) ?? []);
    expect(new Set(stored)).toEqual(new Set(lines));
  });

  it("stores every interval", async () => {
    const { sink, store } = startSink({ intervalMs: 20 });
    sink.write("one\n");
    for (let turn = 0; turn < 100 && (await readAll(store)).length === 0; turn += 1)
      await sleep(10);
    expect(await readAll(store)).toHaveLength(1);
    await sink.close();
  });

  it("puts lines of two days into two prefixes", async () => {
    let now = new Date("2026-05-04T23:59:59.9Z");
    const { sink, store } = startSink({ now: () => now });
    sink.write("before\n");
    now = new Date("2026-05-05T00:00:00.1Z");
    sink.write("after\n");
    await sink.close();
    const objects = await readAll(store);
    expect(objects.map(({ uri, text }) => [uri.split("/")[4], text])).toEqual([
      ["2026-05-04", "before\n"],
      ["2026-05-05", "after\n"],
    ]);
  });

  it("keeps what a store refused and stores it later under the same name", async () => {
    const { sink, store, errors } = startSink({ store: failingStore(2), intervalMs: 20 });
    sink.write("one\n");
    for (let turn = 0; turn < 100 && (await readAll(store)).length === 0; turn += 1)
      await sleep(10);
    await sink.close();
    expect(await readAll(store)).toMatchObject([{ text: "one\n" }]);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toContain("the store is away");
  });

  it("gives up the oldest lines, counted and said, rather than fill the memory", async () => {
    const { sink, dropped, errors } = startSink({
      store: failingStore(1e9),
      objectBytes: 100,
      heldBytes: 300,
    });
    for (let at = 0; at < 100; at += 1) sink.write(`${String(at).padStart(49, "0")}\n`);
    await sink.close();
    const lines = dropped.reduce((sum, count) => sum + count, 0);
    expect(lines).toBeGreaterThanOrEqual(90);
    expect(errors.some((message) => message.includes("given up"))).toBe(true);
  });
});

describe("streamSink", () => {
  it("writes the lines of one turn at once, and the rest when it ends", async () => {
    const stream = new PassThrough();
    const chunks: string[] = [];
    stream.on("data", (chunk: Buffer) => void chunks.push(chunk.toString()));
    const sink = streamSink(stream);
    sink.write("one\n");
    sink.write("two\n");
    await sleep(5);
    sink.write("three\n");
    await sink.close();
    expect(chunks.filter((chunk) => chunk !== "")).toEqual(["one\ntwo\n", "three\n"]);
  });
});
