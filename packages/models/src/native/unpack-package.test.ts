import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packEntries, type PackedFile } from "./testing/loopback-registry.ts";
import { unpackPackage } from "./unpack-package.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "unpack-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function unpack(bytes: Uint8Array): Promise<readonly string[]> {
  const tarball = join(folder, "some.tgz");
  await writeFile(tarball, bytes);
  await unpackPackage({
    tarball,
    fileName: "some.tgz",
    folder: join(folder, "inner/out"),
    isKept: () => true,
    needed: [],
  });
  return readdir(join(folder, "inner/out"));
}

const harmless: PackedFile = ["package/kept.js", "1"];

describe("unpacking", () => {
  it.each([
    "package/../../escaped.js",
    "../escaped.js",
    "/etc/escaped.js",
    "package/..\\..\\escaped.js",
    "C:\\escaped.js",
  ])("refuses the path %s by name", async (name) => {
    const bytes = await packEntries([harmless, [name, "2"]]);
    await expect(unpack(bytes)).rejects.toMatchObject({
      code: expect.stringMatching(/^ARCHIVE_/),
      message: expect.stringContaining("some.tgz"),
    });
    expect((await readdir(folder)).toSorted()).toEqual(["inner", "some.tgz"]);
    expect(await readdir(join(folder, "inner"))).toEqual(["out"]);
  });

  it.each(["symlink", "link"] as const)("leaves a %s out", async (type) => {
    const bytes = gzipSync(
      await packTar([
        { header: { name: "package/kept.js", size: 1, type: "file" }, body: "1" },
        { header: { name: "package/out.js", size: 0, type, linkname: "/etc/hostname" } },
      ]),
    );
    expect(await unpack(bytes)).toEqual(["kept.js"]);
  });
});
