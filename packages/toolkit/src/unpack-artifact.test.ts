import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, zipSync, type Zippable } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unpackArtifact, type UnpackLimits } from "./unpack-artifact.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-unpack-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function unpack(bytes: Uint8Array, limits?: UnpackLimits): Promise<string> {
  const zip = join(folder, "a.zip");
  await writeFile(zip, bytes);
  const target = join(folder, "target");
  await unpackArtifact(zip, target, { name: "a", ...(limits !== undefined && { limits }) });
  return target;
}

const zip = (files: Zippable): Uint8Array => zipSync(files);

describe("unpackArtifact", () => {
  it("writes files and folders, stored or deflated", async () => {
    const target = await unpack(
      zip({
        "a.txt": strToU8("one"),
        deep: { "b.txt": [strToU8("two".repeat(999)), { level: 9 }] },
      }),
    );
    expect(await readFile(join(target, "a.txt"), "utf8")).toBe("one");
    expect(await readFile(join(target, "deep/b.txt"), "utf8")).toBe("two".repeat(999));
  });

  it.each([
    "../outside.txt",
    "/outside.txt",
    "a/../../outside.txt",
    "C:\\outside.txt",
    "..\\outside.txt",
  ])("refuses the name %s", async (name) => {
    await expect(unpack(zip({ [name]: strToU8("x") }))).rejects.toMatchObject({
      code: "BAD_ARTIFACT",
      message: expect.stringContaining("Artifact a cannot be unpacked: ") as string,
    });
    expect((await readdir(folder)).filter((one) => one.includes("outside"))).toEqual([]);
  });

  it("makes no links: what a link points to is only a file's content", async () => {
    const link = strToU8("/etc/passwd");
    const target = await unpack(zip({ link: [link, { os: 3, attrs: 0o120777 << 16 }] }));
    expect(await readFile(join(target, "link"), "utf8")).toBe("/etc/passwd");
  });

  it("stops at the limit of bytes and of files", async () => {
    const large = zip({ "a.txt": new Uint8Array(3 * 1024 ** 2) });
    await expect(unpack(large, { bytes: 2 * 1024 ** 2, files: 10 })).rejects.toMatchObject({
      code: "ARTIFACT_TOO_LARGE",
      message: "Artifact a holds more than 2 MiB or 10 files when unpacked.",
    });
    const many = zip(
      Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`f${at}`, strToU8("")])),
    );
    await expect(unpack(many, { bytes: 1000, files: 10 })).rejects.toMatchObject({
      code: "ARTIFACT_TOO_LARGE",
    });
  });

  it("holds a file to the size that the zip says it has", async () => {
    const bytes = zip({ "a.txt": [new Uint8Array(100_000), { level: 9 }] });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    // The uncompressed size in the central directory, whose records begin with PK\\x01\\x02.
    const central = Buffer.from(bytes).indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    view.setUint32(central + 24, 10, true);
    await expect(unpack(bytes, { bytes: 1000, files: 10 })).rejects.toMatchObject({
      code: "BAD_ARTIFACT",
    });
  });

  it("refuses what is no zip and one that is cut off", async () => {
    await expect(unpack(strToU8("hello"))).rejects.toMatchObject({ code: "BAD_ARTIFACT" });
    const whole = zip({ "a.txt": strToU8("one") });
    await expect(unpack(whole.subarray(0, whole.length - 10))).rejects.toMatchObject({
      code: "BAD_ARTIFACT",
      hint: "Delete it, or run the workflow that made it again.",
    });
  });
});
