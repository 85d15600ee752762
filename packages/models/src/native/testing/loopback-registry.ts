import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { packTar, type TarEntry } from "modern-tar";
import { isKept, nativePackages, neededFiles, type PinnedPackage } from "../native-packages.ts";

/** A file of a tarball: its path and its content. */
export type PackedFile = readonly [path: string, content: string | Uint8Array];

/** Packs files as npm does, under `package/`. */
export async function packTarball(files: readonly PackedFile[]): Promise<Uint8Array> {
  return packEntries(files.map(([path, content]) => [`package/${path}`, content]));
}

/** Packs files under the very names that are given. */
export async function packEntries(files: readonly PackedFile[]): Promise<Uint8Array> {
  const entries = files.map(([name, content]): TarEntry => {
    const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return { header: { name, size: body.length, type: "file", mode: 0o644 }, body };
  });
  return gzipSync(await packTar(entries), { level: 1 });
}

/** A package's tarball with the pin that fits it. */
export interface Packed {
  readonly pinned: PinnedPackage;
  readonly tarball: Uint8Array;
}

/** Pins a tarball by what it is. */
export function pinTarball(name: string, version: string, tarball: Uint8Array): Packed {
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  return { pinned: { name, version, integrity, tarballBytes: tarball.length }, tarball };
}

/** Packages of the runtime's layout for this machine, with a text where the libraries are. */
export async function packStandIns(entry = "module.exports = {};"): Promise<readonly Packed[]> {
  const machine = { platform: "linux", arch: "x64" };
  return Promise.all(
    nativePackages.map(async (pinned) => {
      const files = neededFiles(pinned, machine).map((path): PackedFile => [path, entry]);
      const others: readonly PackedFile[] = [
        ["bin/napi-v6/win32/x64/onnxruntime.dll", "for another machine"],
        ["script/install.js", "throw new Error('installers are never run');"],
      ];
      return pinTarball(pinned.name, "9.9.9", await packTarball([...files, ...others]));
    }),
  );
}

/** The installed runtime itself, packed again with this machine's files alone. */
export async function packInstalled(): Promise<readonly Packed[]> {
  const require = createRequire(import.meta.url);
  const machine = { platform: process.platform, arch: process.arch };
  const scripts: Readonly<Record<string, string>> = {
    "onnxruntime-node": "dist",
    "onnxruntime-common": "dist/cjs",
  };
  return Promise.all(
    nativePackages.map(async (pinned) => {
      const entry = require.resolve(pinned.name);
      const folder = entry.slice(0, entry.lastIndexOf("dist"));
      const own = scripts[pinned.name] ?? "dist";
      const names = (await readdir(join(folder, own))).map((name) => `${own}/${name}`);
      const paths = new Set([...neededFiles(pinned, machine), ...names]);
      const kept = [...paths].filter((path) => isKept(pinned, machine, path));
      const files = await Promise.all(
        kept.map(async (path): Promise<PackedFile> => [path, await readFile(join(folder, path))]),
      );
      return pinTarball(pinned.name, pinned.version, await packTarball(files));
    }),
  );
}

/** Answers one request; the tarballs are given by {@link serveTarballs}. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A registry on the loopback. */
export interface LoopbackRegistry extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for, in order. */
  readonly requests: readonly string[];
}

/** Serves until disposed. */
export async function startRegistry(answer: Answer): Promise<LoopbackRegistry> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/npm`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Gives each package's tarball at the address that npm's registries give it. */
export function serveTarballs(packed: readonly Packed[]): Answer {
  const tarballs = new Map(
    packed.map(({ pinned: { name, version }, tarball }) => [
      `/npm/${name}/-/${name}-${version}.tgz`,
      tarball,
    ]),
  );
  return (request, response) => {
    const tarball = tarballs.get(request.url ?? "");
    if (tarball === undefined) response.writeHead(404).end("absent");
    else response.writeHead(200, { "content-length": tarball.length }).end(tarball);
  };
}
