import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryHistory, rememberingLog, someManifest, steppingClock } from "#core/testing";
import { memoryObjectStore, type ObjectStore } from "#google";
import { openRunDirectory, rawInputs } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { renderOutcome } from "./report.ts";
import { pushArtifact, type Ports } from "./run.ts";
import { versionFiles } from "./version-files.ts";

const digestOf = (content: string) =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;
const entryOf = (path: string, content: string) => ({
  path,
  role: "model" as const,
  bytes: content.length,
  digest: digestOf(content),
});
const manifest = someManifest({
  files: [entryOf("model.onnx", "the model"), entryOf("profile.json", "{}")],
});
const home = "gs://acme-models/weather/v1.0.0";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-push-"));
});
afterEach(() => rm(folder, { recursive: true }));

const portsOver = (
  store: ObjectStore,
  of = manifest,
  files: Record<string, string> = { "model.onnx": "the model", "profile.json": "{}" },
): Ports => {
  const history = memoryHistory({
    versions: [{ manifest: of, files }],
    write: async (path, content) => {
      await openRunDirectory(join(path, "..")).writeText(path, content);
    },
  });
  return {
    history,
    store,
    files: versionFiles(openRunDirectory(join(folder, "run")), {
      history,
      temporaryDirectory: folder,
    }),
    clock: steppingClock(),
    log: rememberingLog(),
    signal: new AbortController().signal,
    maskSecret: () => {},
  };
};
const inputs = (extra: Record<string, string> = {}) =>
  parseInputs(rawInputs({ model: "weather", ...extra }));
const names = async (store: ObjectStore) => {
  const uris: string[] = [];
  for await (const object of store.list("gs://")) uris.push(object.uri);
  return uris;
};

describe("pushArtifact", () => {
  it("stores a version's files, its manifest and, last, push.json", async () => {
    const store = memoryObjectStore();
    const outcome = await pushArtifact(inputs(), portsOver(store));
    expect(await names(store)).toEqual([
      `${home}/manifest.json`,
      `${home}/model.onnx`,
      `${home}/profile.json`,
      `${home}/push.json`,
    ]);
    expect(renderOutcome(outcome).outputs).toMatchObject({
      uri: home,
      "manifest-uri": `${home}/manifest.json`,
      uploaded: "3",
      skipped: "0",
    });
    const record = JSON.parse(await store.readText(`${home}/push.json`)) as {
      objects: { digest: string }[];
    };
    expect(record.objects[0]?.digest).toBe(digestOf("the model"));
  });

  it("stores nothing twice when run twice", async () => {
    const store = memoryObjectStore();
    await pushArtifact(inputs(), portsOver(store));
    const again = await pushArtifact(inputs(), portsOver(store));
    expect(renderOutcome(again).outputs).toMatchObject({ uploaded: "0", skipped: "3" });
  });

  it("finishes what an earlier run began, wherever that was cut off", async () => {
    for (let calls = 0; calls < 4; calls++) {
      const store = memoryObjectStore();
      let left = calls;
      const die = (): void => {
        if (left-- <= 0) throw new Error("killed");
      };
      const dying: ObjectStore = {
        ...store,
        createOnly: async (...call) => {
          die();
          return store.createOnly(...call);
        },
        compareAndSwap: async (...call) => {
          die();
          return store.compareAndSwap(...call);
        },
      };
      await expect(pushArtifact(inputs({ concurrency: "1" }), portsOver(dying))).rejects.toThrow(
        "killed",
      );
      expect(await names(store)).not.toContain(`${home}/push.json`);
      await pushArtifact(inputs(), portsOver(store));
      expect(await names(store)).toContain(`${home}/push.json`);
    }
  });

  it("begins no other file after one has failed, and tells it when nothing is under way", async () => {
    const paths = Array.from({ length: 9 }, (_, index) => `part-${index}.bin`);
    const many = someManifest({ files: paths.map((path) => entryOf(path, path)) });
    const store = memoryObjectStore();
    let underWay = 0;
    let begun = 0;
    const failing: ObjectStore = {
      ...store,
      createOnly: async (...call) => {
        begun++;
        underWay++;
        await setTimeout(call[0].endsWith("part-0.bin") ? 1 : 20);
        underWay--;
        if (call[0].endsWith("part-0.bin")) throw new Error("the bucket is full");
        return store.createOnly(...call);
      },
    };
    const files = Object.fromEntries(paths.map((path) => [path, path]));
    const push = pushArtifact(inputs({ concurrency: "3" }), portsOver(failing, many, files));
    await expect(push).rejects.toThrow("the bucket is full");
    expect(underWay).toBe(0);
    const atItsEnd = begun;
    expect(atItsEnd).toBeLessThanOrEqual(4);
    await setTimeout(50);
    expect(begun).toBe(atItsEnd);
  });

  it("refuses to overwrite a different object and names both digests", async () => {
    const store = memoryObjectStore();
    await store.createOnly(`${home}/model.onnx`, { bytes: Buffer.from("another") });
    const push = pushArtifact(inputs(), portsOver(store));
    await expect(push).rejects.toThrow(digestOf("another"));
    expect(await store.readText(`${home}/model.onnx`)).toBe("another");
    expect(await names(store)).not.toContain(`${home}/push.json`);
  });

  it("takes a file of the run directory only when it is the very same", async () => {
    const store = memoryObjectStore();
    await openRunDirectory(join(folder, "run")).writeText("model.onnx", "changed since");
    await pushArtifact(inputs(), portsOver(store));
    expect(await store.readText(`${home}/model.onnx`)).toBe("the model");
  });

  it("keeps the files of two models apart that have one version number in one job", async () => {
    const located = await Promise.all(
      ["weather", "team/weather"].map(async (model) => {
        const content = `the model of ${model}`;
        const file = entryOf("model.onnx", content);
        const of = someManifest({ model, files: [file] });
        const { history, files } = portsOver(memoryObjectStore(), of, { "model.onnx": content });
        const [entry] = (await history.read(model)).versions;
        if (entry === undefined) throw new Error(`no version of ${model}`);
        return { path: await files.locate(entry, file), content };
      }),
    );
    for (const { path, content } of located) expect(await readFile(path, "utf8")).toBe(content);
  });

  it("goes where the step says", async () => {
    const store = memoryObjectStore();
    const outcome = await pushArtifact(
      inputs({
        destination: "gs://other/prefix/",
        "path-template": "m/{version}",
        files: "model.onnx",
      }),
      portsOver(store),
    );
    expect(outcome.home).toBe("gs://other/prefix/m/v1.0.0");
    expect(await names(store)).toEqual(
      ["manifest.json", "model.onnx", "push.json"].map((name) => `${outcome.home}/${name}`),
    );
  });

  it("refuses a path that leads out of the prefix, before anything is stored", async () => {
    const store = memoryObjectStore();
    const hostile = someManifest({ files: [entryOf("../../evil", "x")] });
    await expect(pushArtifact(inputs(), portsOver(store, hostile))).rejects.toMatchObject({
      code: "INVALID_OBJECT_NAME",
    });
    expect(await names(store)).toEqual([]);
  });

  it("names the nearest file when the version has no such file", async () => {
    await expect(
      pushArtifact(inputs({ files: "model.onx" }), portsOver(memoryObjectStore())),
    ).rejects.toMatchObject({
      message: "files: weather v1.0.0 has no model.onx.",
      hint: "Did you mean model.onnx?",
    });
  });

  it("says what to do without a destination, and which versions there are", async () => {
    const homeless = portsOver(memoryObjectStore(), someManifest({ home: null }));
    await expect(pushArtifact(inputs(), homeless)).rejects.toMatchObject({
      message: "weather@v1.0.0 was registered without a destination, and the step gives none.",
    });
    await expect(
      pushArtifact(inputs({ version: "v2.0.0" }), portsOver(memoryObjectStore())),
    ).rejects.toMatchObject({
      message: "Model weather has no version v2.0.0. The newest is v1.0.0.",
    });
  });

  it("pushes to a folder too", async () => {
    await writeFile(join(folder, "keep"), "");
    const { objectStore } = await import("#google");
    const store = objectStore({
      environment: {},
      credentials: { accessToken: () => Promise.reject(new Error("no token is needed")) },
    });
    const outcome = await pushArtifact(
      inputs({ destination: `file://${folder}/bucket` }),
      portsOver(store),
    );
    expect(await store.readText(`${outcome.home}/model.onnx`)).toBe("the model");
    expect(
      renderOutcome(
        await pushArtifact(inputs({ destination: `file://${folder}/bucket` }), portsOver(store)),
      ).outputs["skipped"],
    ).toBe("3");
  });
});

describe("the inputs of push-artifact", () => {
  it("report every fault at once", () => {
    const read = () =>
      parseInputs(
        rawInputs({ destination: "s3://bucket", "path-template": "{modle}", concurrency: "0" }),
      );
    expect(read).toThrow(
      [
        "- Input model is required: Name of the model. Give it in with:, or in slipway.yml.",
        '- Input destination is "s3://bucket": expected gs://bucket/prefix or file:///folder. s3:// is not supported yet.',
        '- Input path-template is "{modle}": expected only {model} and {version} in braces, found {modle}.',
        '- Input concurrency is "0": expected a whole number from 1 to 64.',
      ].join("\n"),
    );
  });

  it("insist on the version in the path", () => {
    expect(() => parseInputs(rawInputs({ model: "m", "path-template": "{model}" }))).toThrow(
      "versions would take each other's names",
    );
  });
});
