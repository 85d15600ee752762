import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { digestFiles } from "./digest-files.ts";
import { followDvcPointer } from "./dvc-pointer.ts";
import { locateFiles } from "./file-source.ts";
import { fixtures, temporaryDirectory } from "./test-files.ts";

// sha256sum of the two files.
const weather = "sha256:27219f1ca8dbd94c9b6f4b9f4f52ab2f1eb33dfdcf719cd9fc6481ed50b74549";
const penguins = "sha256:6acdf8826765185a8e14d8245e31a2a6318c724e099781c7dd1b85d5b2ac6ae5";

describe("digestFiles", () => {
  it("is a file's own SHA-256", async () => {
    const files = await locateFiles("weather.csv", { directory: fixtures });
    expect(await digestFiles(files)).toEqual({
      files: [{ uri: "weather.csv", sizeBytes: 121_417, digest: weather }],
      sizeBytes: 121_417,
      digest: weather,
    });
  });

  it("covers names and digests of several, in sorted order whatever the order asked for", async () => {
    const files = await locateFiles(["weather.csv", "penguins.csv"], { directory: fixtures });
    const lines = `${penguins} penguins.csv\n${weather} weather.csv\n`;
    expect((await digestFiles(files)).digest).toBe(
      `sha256:${createHash("sha256").update(lines).digest("hex")}`,
    );
  });
});

describe("followDvcPointer", () => {
  it("reads a .dvc file with its source's locked revision", async () => {
    const directory = await temporaryDirectory();
    await directory.write(
      "data.csv.dvc",
      `frozen: true
deps:
- path: data.csv
  repo:
    url: https://example.org/registry
    rev_lock: 4f2c9d1
outs:
- md5: 0123456789abcdef0123456789abcdef
  size: 1024
  hash: md5
  path: data.csv
`,
    );
    expect(await followDvcPointer(`${directory.path}/data.csv.dvc`)).toEqual([
      {
        path: `${directory.path}/data.csv`,
        md5: "0123456789abcdef0123456789abcdef",
        sizeBytes: 1024,
        fileCount: null,
        revLock: "4f2c9d1",
      },
    ]);
  });

  it("reads the outputs of every stage of dvc.lock", async () => {
    const directory = await temporaryDirectory();
    await directory.write(
      "dvc.lock",
      `schema: '2.0'
stages:
  prepare:
    cmd: python prepare.py
    deps:
    - path: raw.csv
      md5: aaaa
      size: 1
    outs:
    - path: data/clean
      hash: md5
      md5: bbbb.dir
      size: 99
      nfiles: 3
`,
    );
    expect(await followDvcPointer(`${directory.path}/dvc.lock`)).toEqual([
      {
        path: `${directory.path}/data/clean`,
        md5: "bbbb.dir",
        sizeBytes: 99,
        fileCount: 3,
        revLock: null,
      },
    ]);
  });

  it("names the field that is wrong", async () => {
    const directory = await temporaryDirectory();
    await directory.write("x.dvc", "outs: 3\n");
    await expect(followDvcPointer(`${directory.path}/x.dvc`)).rejects.toMatchObject({
      code: "BAD_DVC_POINTER",
      message: expect.stringContaining("x.dvc is not a DVC file that can be followed: outs: "),
    });
    await expect(followDvcPointer(`${directory.path}/none.dvc`)).rejects.toMatchObject({
      code: "BAD_DVC_POINTER",
    });
  });
});
