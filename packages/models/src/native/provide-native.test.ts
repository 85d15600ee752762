import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openModel, regressor } from "../testing/sample-models.ts";
import type { PinnedPackage } from "./native-packages.ts";
import type { NativeSource } from "./native-source.ts";
import { provisionedNative, type ProvisionFacts } from "./provide-native.ts";
import {
  packInstalled,
  packStandIns,
  packTarball,
  pinTarball,
  serveTarballs,
  startRegistry,
  type Answer,
  type Packed,
} from "./testing/loopback-registry.ts";

const nowhere: NativeSource = { find: () => Promise.resolve(null), fetch: null };
const linux = { platform: "linux", arch: "x64" };

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "native-"));
  await mkdir(join(folder, "temp"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const pinsOf = (packed: readonly Packed[]): readonly PinnedPackage[] =>
  packed.map(({ pinned }) => pinned);

function environmentOf(registry: string): Record<string, string> {
  return {
    RUNNER_TOOL_CACHE: join(folder, "tools"),
    RUNNER_TEMP: join(folder, "temp"),
    HOME: folder,
    npm_config_registry: registry,
  };
}

function sourceOf(
  registry: string,
  packed: readonly Packed[],
  more: Partial<ProvisionFacts> = {},
): NativeSource & { readonly bring: () => Promise<string> } {
  const source = provisionedNative({
    environment: environmentOf(registry),
    packages: pinsOf(packed),
    machine: linux,
    installed: nowhere,
    retryDelayMs: 1,
    ...more,
  });
  const { fetch } = source;
  if (fetch === null) throw new Error("a provisioned source can fetch");
  return { ...source, bring: fetch };
}

/** Everything under the tool cache, by its path from there. */
async function cached(): Promise<readonly string[]> {
  const tools = join(folder, "tools");
  if (!existsSync(tools)) return [];
  const entries = await readdir(tools, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tools.length + 1))
    .toSorted();
}

const place = "slipway-onnxruntime/9.9.9/linux-x64/node_modules";
const wholeCache = [
  `${place}/onnxruntime-common/dist/cjs/index.js`,
  `${place}/onnxruntime-common/package.json`,
  `${place}/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1`,
  `${place}/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node`,
  `${place}/onnxruntime-node/dist/index.js`,
  `${place}/onnxruntime-node/package.json`,
];

describe("bringing the native engine", () => {
  it("takes the pinned packages of the registry, keeps this machine's files and needs no network again", async () => {
    const packed = await packStandIns();
    const said: string[] = [];
    let entry = "";
    {
      await using registry = await startRegistry(serveTarballs(packed));
      const source = sourceOf(registry.url, packed, { onDownload: (text) => said.push(text) });
      expect(await source.find()).toBeNull();
      entry = await source.bring();
      expect(registry.requests).toEqual([
        "/npm/onnxruntime-node/-/onnxruntime-node-9.9.9.tgz",
        "/npm/onnxruntime-common/-/onnxruntime-common-9.9.9.tgz",
      ]);
    }
    expect(await cached()).toEqual(wholeCache);
    expect(await sourceOf("http://127.0.0.1:9/", packed).find()).toBe(entry);
    expect(said).toEqual([
      expect.stringMatching(/^Bringing onnxruntime-node 9\.9\.9 .* from 127\.0\.0\.1:\d+ into /),
    ]);
    expect(await readdir(join(folder, "temp"))).toEqual([]);
  });

  it("gives a runtime that scores", async () => {
    const packed = await packInstalled();
    await using registry = await startRegistry(serveTarballs(packed));
    const machine = { platform: process.platform, arch: process.arch };
    const native = sourceOf(registry.url, packed, { machine });
    const model = await openModel(regressor(), { engine: "native", native });
    expect(model.engine).toBe("native");
    const x = { type: "float", dims: [1, 2], data: Float32Array.of(1, 2) } as const;
    expect(Number((await model.run({ x }))["y"]?.data[0])).toBe(0.5);
    await model.close();
    expect(await native.find()).toContain(join(folder, "tools"));
  });

  it("prefers one that is installed, and then asks nobody", async () => {
    const installed: NativeSource = { find: () => Promise.resolve("/there.js"), fetch: null };
    expect(await sourceOf("http://127.0.0.1:9/", [], { installed }).find()).toBe("/there.js");
  });

  it("is done once by two at the same time", async () => {
    const packed = await packStandIns();
    await using registry = await startRegistry(serveTarballs(packed));
    const entries = await Promise.all([1, 2, 3].map(() => sourceOf(registry.url, packed).bring()));
    expect(new Set(entries).size).toBe(1);
    expect(await cached()).toEqual(wholeCache);
  });

  it("is done again where a cleaning left half of it", async () => {
    const packed = await packStandIns();
    await using registry = await startRegistry(serveTarballs(packed));
    const source = sourceOf(registry.url, packed);
    await source.bring();
    await rm(join(folder, "tools", wholeCache[2] ?? ""));
    expect(await source.find()).toBeNull();
    await source.bring();
    expect(await cached()).toEqual(wholeCache);
  });

  it("says that a machine has no native runtime, before any download", async () => {
    const machine = { platform: "darwin", arch: "x64" };
    const source = sourceOf("http://127.0.0.1:9/", [], { machine });
    await expect(source.bring()).rejects.toMatchObject({
      code: "NATIVE_RUNTIME_MISSING",
      message: "onnxruntime-node has no library for darwin-x64.",
    });
  });
});

describe("a registry that does not give what is pinned", () => {
  const wrong: readonly (readonly [string, (packed: readonly Packed[]) => Answer, RegExp])[] = [
    [
      "another file of the same size",
      (packed) => (_, response) => {
        const other = Buffer.from(packed[0]?.tarball ?? []);
        other[100] = (other[100] ?? 0) ^ 1;
        response.end(other);
      },
      /gave another file than onnxruntime-node 9\.9\.9: \d+ bytes with sha512-.*; expected \d+ bytes/,
    ],
    [
      "a shorter file",
      (packed) => (_, response) => void response.end(packed[0]?.tarball.subarray(0, 100)),
      /: 100 bytes with sha512-/,
    ],
    [
      "a file without end",
      () => (_, response) => {
        const chunk = Buffer.alloc(65_536);
        const write = (): void => {
          if (response.destroyed) return;
          response.write(chunk, () => setImmediate(write));
        };
        write();
      },
      /: more than \d+ bytes with/,
    ],
  ];
  it.each(wrong)("is refused for %s, and leaves nothing", async (_, answer, message) => {
    const packed = await packStandIns();
    await using registry = await startRegistry(answer(packed));
    await expect(sourceOf(registry.url, packed).bring()).rejects.toMatchObject({
      code: "NATIVE_RUNTIME_ALTERED",
      message: expect.stringMatching(message),
    });
    expect(registry.requests).toHaveLength(1);
    expect(await cached()).toEqual([]);
    expect(await readdir(join(folder, "temp"))).toEqual([]);
  });

  it("is refused where the pinned archive itself is damaged, or lacks a library", async () => {
    const [node, common] = await packStandIns();
    const cut = pinTarball(
      "onnxruntime-node",
      "9.9.9",
      (node?.tarball ?? new Uint8Array()).subarray(0, 200),
    );
    const bare = pinTarball(
      "onnxruntime-node",
      "9.9.9",
      await packTarball([["package.json", "{}"]]),
    );
    for (const [first, message] of [
      [cut, /^onnxruntime-node-9\.9\.9\.tgz cannot be unpacked: /],
      [bare, /holds no dist\/index\.js/],
    ] as const) {
      const packed = common === undefined ? [first] : [first, common];
      await using registry = await startRegistry(serveTarballs(packed));
      await expect(sourceOf(registry.url, packed).bring()).rejects.toMatchObject({
        code: "ARCHIVE_DAMAGED",
        message: expect.stringMatching(message),
      });
      expect(await cached()).toEqual([]);
    }
  });

  it("is asked again after a fault of the moment, and not after a refusal", async () => {
    const packed = await packStandIns();
    const serve = serveTarballs(packed);
    let asked = 0;
    await using shaky = await startRegistry((request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503).end();
      else if (asked === 2) {
        response.writeHead(200, { "content-length": packed[0]?.tarball.length });
        response.write("cut off", () => response.destroy());
      } else serve(request, response);
    });
    await sourceOf(shaky.url, packed).bring();
    expect(await cached()).toEqual(wholeCache);

    await using empty = await startRegistry(serveTarballs([]));
    await rm(join(folder, "tools"), { recursive: true });
    await expect(sourceOf(empty.url, packed).bring()).rejects.toMatchObject({
      code: "NATIVE_RUNTIME_NOT_FETCHED",
      status: 404,
      message: expect.stringMatching(
        /^The native engine was not brought: GET 127\.0\.0\.1:\d+\/npm\/onnxruntime-node\/-\/onnxruntime-node-9\.9\.9\.tgz was answered with 404\.$/,
      ),
      hint: expect.stringContaining("engine: wasm"),
    });
    expect(empty.requests).toHaveLength(1);
  });

  it("is given a user name and password in a header only", async () => {
    const packed = await packStandIns();
    const seen: (string | undefined)[] = [];
    await using registry = await startRegistry((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    const url = registry.url.replace("//", "//ada:s3cret@");
    const failure = await sourceOf(url, packed)
      .bring()
      .catch((error: unknown) => String(error));
    expect(seen).toEqual([`Basic ${Buffer.from("ada:s3cret").toString("base64")}`]);
    expect(failure).toContain("answered with 401");
    expect(failure).not.toContain("s3cret");
  });
});

describe("auto", () => {
  it("goes on with WebAssembly and says why, where the download fails", async () => {
    const packed = await packStandIns();
    await using registry = await startRegistry(serveTarballs([]));
    const native = sourceOf(registry.url, packed);
    const model = await openModel(regressor(), { engine: "auto", native, rows: 1e12 });
    expect(model.engine).toBe("wasm");
    expect(model.notes).toEqual([
      expect.stringMatching(/^The native engine would be faster and is not used: .* 404\.$/),
    ]);
    await model.close();
  });

  it("goes on with WebAssembly where the runtime that was brought does not load", async () => {
    const packed = await packStandIns("throw new Error('GLIBC_9.99 not found');");
    await using registry = await startRegistry(serveTarballs(packed));
    const native = sourceOf(registry.url, packed);
    const model = await openModel(regressor(), { engine: "auto", native, rows: 1e12 });
    expect(model.engine).toBe("wasm");
    expect(model.notes.join()).toMatch(/cannot be loaded on/);
    await model.close();
  });

  it("downloads nothing for work that WebAssembly does in the same time", async () => {
    const native = sourceOf("http://127.0.0.1:9/", await packStandIns());
    const model = await openModel(regressor(), { engine: "auto", native, rows: 100_000 });
    expect([model.engine, model.notes]).toEqual(["wasm", []]);
    await model.close();
  });

  it("ends with the step when it is cancelled", async () => {
    const packed = await packStandIns();
    const cancelled = new AbortController();
    await using registry = await startRegistry((_, response) => {
      response.writeHead(200, { "content-length": packed[0]?.tarball.length });
      response.write("x", () => cancelled.abort());
    });
    const { signal } = cancelled;
    const native = sourceOf(registry.url, packed, { signal });
    const options = { native, rows: 1e12, signal };
    await expect(openModel(regressor(), { engine: "auto", ...options })).rejects.toThrow(/abort/i);
    expect(await cached()).toEqual([]);
    expect(await readdir(join(folder, "temp"))).toEqual([]);
  });
});

/** Brings the engine in a process of its own, and kills that once `isTime` says so. */
async function killWhile(
  packed: readonly Packed[],
  registry: string,
  isTime: () => Promise<boolean>,
): Promise<NodeJS.Signals | null> {
  const module = new URL("provide-native.ts", import.meta.url).href;
  const facts = {
    environment: environmentOf(registry),
    packages: pinsOf(packed),
    machine: linux,
  };
  const program = `
    const { provisionedNative } = await import(${JSON.stringify(module)});
    const installed = { find: async () => null, fetch: null };
    await provisionedNative({ ...${JSON.stringify(facts)}, installed }).fetch();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on("close", (_, signal) => resolve(signal));
  });
  const deadline = Date.now() + 15_000;
  while (!(await isTime()) && child.exitCode === null && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  return ended;
}

async function unfinished(): Promise<readonly string[]> {
  const parent = join(folder, "tools/slipway-onnxruntime/9.9.9");
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => name.startsWith(".")).map((name) => join(parent, name));
}

describe("a process that is killed in the middle", () => {
  it("while it downloads leaves nothing in the tool cache, and the next one brings it", async () => {
    const packed = await packStandIns();
    {
      let isAsked = false;
      await using stalled = await startRegistry((_, response) => {
        response.writeHead(200, { "content-length": packed[0]?.tarball.length });
        response.write("x", () => (isAsked = true));
      });
      expect(await killWhile(packed, stalled.url, async () => isAsked)).toBe("SIGKILL");
    }
    expect(await cached()).toEqual([]);
    await using registry = await startRegistry(serveTarballs(packed));
    await sourceOf(registry.url, packed).bring();
    expect(await cached()).toEqual(wholeCache);
  });

  it("while it unpacks leaves no engine that could be taken for a whole one, and what it left is cleared", async () => {
    const [node, common] = await packStandIns();
    // Large enough that unpacking takes a while: zeros pack well.
    const files = ["package.json", "dist/index.js"].map((path) => [path, "{}"] as const);
    const library = "bin/napi-v6/linux/x64/libonnxruntime.so.1";
    const large = pinTarball(
      "onnxruntime-node",
      "9.9.9",
      await packTarball([
        ...files,
        ["bin/napi-v6/linux/x64/onnxruntime_binding.node", "x"],
        [library, new Uint8Array(200 * 2 ** 20)],
      ]),
    );
    if (common === undefined || node === undefined) throw new Error("there are two packages");
    const packed = [large, common];
    await using registry = await startRegistry(serveTarballs(packed));
    const isUnpacking = async (): Promise<boolean> => (await unfinished()).length > 0;
    expect(await killWhile(packed, registry.url, isUnpacking)).toBe("SIGKILL");
    const [left] = await unfinished();
    expect(left).toBeDefined();
    expect(await sourceOf(registry.url, packed).find()).toBeNull();

    // Another process's work would look the same for now: only what is old is cleared.
    const before = new Date(Date.now() - 2 * 60 * 60_000);
    await utimes(left ?? "", before, before);
    const again = [node, common];
    await using second = await startRegistry(serveTarballs(again));
    await sourceOf(second.url, again).bring();
    expect(await cached()).toEqual(wholeCache);
    const entry = await readFile(join(folder, "tools", wholeCache[4] ?? ""), "utf8");
    expect(entry).toBe("module.exports = {};");
  });

  it("is not fooled by a file where the folder should be", async () => {
    const packed = await packStandIns();
    const parent = join(folder, "tools/slipway-onnxruntime/9.9.9");
    await mkdir(parent, { recursive: true });
    await writeFile(join(parent, "linux-x64"), "");
    await using registry = await startRegistry(serveTarballs(packed));
    await sourceOf(registry.url, packed).bring();
    expect(await cached()).toEqual(wholeCache);
  });
});
