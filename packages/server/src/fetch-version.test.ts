import { describe, expect, it } from "vitest";
import { memoryObjectStore, type ObjectStore } from "#google";
import { someManifest } from "#core/testing";
import { besideUri, fetchFile, fetchManifest } from "./fetch-version.ts";
import { sha256 } from "./testing/some-version.ts";

const uri = "gs://acme-models/weather/v1.0.0/manifest.json";
const text = Buffer.from(JSON.stringify(someManifest()));

async function storeOf(objects: Readonly<Record<string, string | Buffer>>): Promise<ObjectStore> {
  const store = memoryObjectStore();
  for (const [name, content] of Object.entries(objects)) {
    await store.createOnly(name, { bytes: Buffer.from(content) });
  }
  return store;
}

describe("fetchManifest", () => {
  it("takes the manifest whose digest and version were asked for", async () => {
    const store = await storeOf({ [uri]: text });
    const digest = sha256(text);
    const fetched = await fetchManifest(store, { uri, digest, version: "v1.0.0" });
    expect(fetched).toMatchObject({ digest, manifest: { model: "weather", version: "v1.0.0" } });
  });

  it("refuses another digest, with both in the message", async () => {
    const store = await storeOf({ [uri]: text });
    const digest = `sha256:${"0".repeat(64)}`;
    await expect(fetchManifest(store, { uri, digest })).rejects.toMatchObject({
      code: "MANIFEST_DIGEST_DIFFERS",
      message: `The manifest ${uri} has the digest ${sha256(text)}, expected ${digest} (MODEL_DIGEST).`,
    });
  });

  it("refuses another version", async () => {
    const store = await storeOf({ [uri]: text });
    await expect(fetchManifest(store, { uri, version: "v1.0.1" })).rejects.toMatchObject({
      code: "VERSION_DIFFERS",
      message: `The manifest ${uri} is weather v1.0.0, expected v1.0.1 (MODEL_VERSION).`,
    });
  });

  it("refuses what is no manifest", async () => {
    const store = await storeOf({ [uri]: "{}" });
    await expect(fetchManifest(store, { uri })).rejects.toMatchObject({ code: "INVALID_DOCUMENT" });
  });
});

describe("fetchFile", () => {
  const bytes = Buffer.from("weights");
  const entry = { path: "models/model.onnx", bytes: bytes.length, digest: sha256(bytes) };

  it("reads a file beside the manifest", async () => {
    const store = await storeOf({ "gs://acme-models/weather/v1.0.0/models/model.onnx": bytes });
    expect(Buffer.from(await fetchFile(store, uri, entry)).toString()).toBe("weights");
  });

  it("finds a release's asset, whose name has -- for a slash", async () => {
    const store = await storeOf({ "gs://acme-models/weather/v1.0.0/models--model.onnx": bytes });
    expect(Buffer.from(await fetchFile(store, uri, entry)).toString()).toBe("weights");
  });

  it.each(["Weights", "weight", "weights and more"])("refuses %j in its place", async (other) => {
    const store = await storeOf({ "gs://acme-models/weather/v1.0.0/models/model.onnx": other });
    await expect(fetchFile(store, uri, entry)).rejects.toMatchObject({
      code: "FILE_DIGEST_DIFFERS",
    });
  });

  it("never leaves the manifest's folder", async () => {
    const store = await storeOf({ "gs://acme-models/weather/model.onnx": bytes });
    await expect(fetchFile(store, uri, { ...entry, path: "../model.onnx" })).rejects.toMatchObject({
      code: "INVALID_OBJECT_NAME",
    });
  });
});

describe("besideUri", () => {
  it.each([
    ["gs://acme/a b/manifest.json", "x y.onnx", "gs://acme/a b/x y.onnx"],
    ["file:///m/manifest.json", "a/x y.onnx", "file:///m/a/x%20y.onnx"],
    ["https://h/d/manifest.json?X-Goog-Signature=1", "m.onnx", "https://h/d/m.onnx"],
  ])("puts beside %s the file %s", (manifest, path, expected) => {
    expect(besideUri(manifest, path)).toBe(expected);
  });
});
