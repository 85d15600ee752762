import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { digestBytes } from "./digests.ts";
import { fileStore } from "./file-store.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const store = fileStore({ clock: systemClock });
const uriOf = (name: string) => pathToFileURL(join(folder, name)).href;
const bytes = Buffer.from("a model");

describe("fileStore", () => {
  it("creates once, in folders that it makes, and leaves nothing else behind", async () => {
    const uri = uriOf("weather/v1/model.onnx");
    expect(await store.createOnly(uri, { bytes })).toMatchObject({
      kind: "created",
      ...digestBytes(bytes),
    });
    expect(await store.createOnly(uri, { bytes })).toMatchObject({ kind: "identical" });
    expect(await readdir(join(folder, "weather/v1"))).toEqual(["model.onnx"]);
  });

  it("never touches another file that has the name", async () => {
    await writeFile(join(folder, "model.onnx"), "other");
    await expect(store.createOnly(uriOf("model.onnx"), { bytes })).rejects.toMatchObject({
      code: "OBJECT_EXISTS",
    });
    expect(await readFile(join(folder, "model.onnx"), "utf8")).toBe("other");
    expect(await readdir(folder)).toEqual(["model.onnx"]);
  });

  it("lets exactly one of many creators with different bytes win", async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        store.createOnly(uriOf("model.onnx"), { bytes: Buffer.from(`model ${at}`) }),
      ),
    );
    expect(results.filter((each) => each.status === "fulfilled")).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["model.onnx"]);
  });

  it("swaps only what has the expected generation, and gives every write another one", async () => {
    const uri = uriOf("latest.json");
    const first = await store.compareAndSwap(uri, bytes, { expectedGeneration: "0" });
    const second = await store.compareAndSwap(uri, bytes, {
      expectedGeneration: first.generation,
    });
    expect([first.kind, second.kind]).toEqual(["swapped", "swapped"]);
    expect(second.generation).not.toBe(first.generation);
    expect(
      await store.compareAndSwap(uri, bytes, { expectedGeneration: first.generation }),
    ).toEqual({ kind: "conflict", generation: second.generation });
  });

  it("lets exactly one of many swappers win", async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        store.compareAndSwap(uriOf("latest.json"), Buffer.from(String(at)), {
          expectedGeneration: "0",
        }),
      ),
    );
    expect(results.filter((each) => each.kind === "swapped")).toHaveLength(1);
  });

  it("takes over a lock that a dead process left", async () => {
    const lock = join(folder, "latest.json.slipway-lock");
    await writeFile(lock, "");
    await utimes(lock, 1_000_000, 1_000_000);
    expect(
      await store.compareAndSwap(uriOf("latest.json"), bytes, { expectedGeneration: "0" }),
    ).toMatchObject({ kind: "swapped" });
  });

  it("lists by prefix and by glob, in the order of names, without its own leftovers", async () => {
    await mkdir(join(folder, "logs/day"), { recursive: true });
    for (const name of ["b.jsonl", "a.jsonl", "c.csv", "day/d.jsonl", ".x.slipway-partial"]) {
      await writeFile(join(folder, "logs", name), "x");
    }
    const list = async (pattern: string) => {
      const names: string[] = [];
      for await (const facts of store.list(`file://${folder}/${pattern}`)) {
        names.push(facts.uri.slice(uriOf("logs/").length));
      }
      return names;
    };
    expect(await list("logs/")).toEqual(["a.jsonl", "b.jsonl", "c.csv", "day/d.jsonl"]);
    expect(await list("logs/*.jsonl")).toEqual(["a.jsonl", "b.jsonl"]);
    expect(await list("logs/**/*.jsonl")).toEqual(["a.jsonl", "b.jsonl", "day/d.jsonl"]);
    expect(await list("absent/")).toEqual([]);
  });

  it("reads a part, and says that a file does not exist", async () => {
    await writeFile(join(folder, "x"), "0123456789");
    const parts: Uint8Array[] = [];
    for await (const part of store.read(uriOf("x"), { range: { start: 2, end: 5 } })) {
      parts.push(part);
    }
    expect(Buffer.concat(parts).toString()).toBe("234");
    await expect(store.readText(uriOf("y"))).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
    expect(await store.stat(uriOf("y"))).toBeNull();
  });
});
