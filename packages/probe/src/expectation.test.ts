import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { selectVersion } from "#core";
import { memoryHistory, someManifest } from "#core/testing";
import { findExpectation } from "./expectation.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-expectation-"));
});
afterEach(() => rm(folder, { recursive: true }));

const goldenLine = JSON.stringify({
  request: { instances: [{ x: 1 }] },
  response: { predictions: [{ prediction: 2, scores: null }] },
  rows: 1,
});
const golden = {
  path: "golden.jsonl",
  role: "golden" as const,
  bytes: 1,
  digest: `sha256:${"0".repeat(64)}`,
};
const history = memoryHistory({
  versions: [
    { manifest: someManifest({ version: "v1.0.0", files: [] }) },
    {
      manifest: someManifest({ version: "v1.1.0", files: [golden] }),
      files: { "golden.jsonl": `${goldenLine}\n` },
    },
  ],
  write: (path, content) => writeFile(path, content),
});

const find = async (version: string | null, cases: string | null = null) =>
  findExpectation(
    {
      model: version === null ? null : "weather",
      entry: version === null ? null : selectVersion(await history.read("weather"), version),
      cases,
      casesInput: "smoke: cases",
    },
    { history, workspace: folder, temporaryDirectory: folder },
  );

describe("what is expected of a deployed model", () => {
  it("is a version and the golden cases of its release", async () => {
    expect(await find("v1.1.0")).toMatchObject({
      model: "weather",
      version: "v1.1.0",
      cases: [{ rows: 1 }],
      casesFrom: "1 of weather@v1.1.0",
    });
    // Cases may be real rows: they do not stay on the machine.
    expect(await readdir(folder)).toEqual([]);
  });

  it("says why there are no cases", async () => {
    expect((await find("v1.0.0")).casesFrom).toBe("none: weather@v1.0.0 has no golden.jsonl");
    expect((await find(null)).casesFrom).toBe("none: no model and version to take them from");
    expect((await find("v1.1.0", "none")).casesFrom).toBe("none asked for");
  });

  it("is read from a file of one's own, its empty lines left out", async () => {
    await writeFile(join(folder, "cases.jsonl"), `${goldenLine}\n\n${goldenLine}\n`);
    expect(await find(null, "cases.jsonl")).toMatchObject({
      version: null,
      cases: [{ rows: 1 }, { rows: 1 }],
      casesFrom: "2 from cases.jsonl",
    });
  });

  it("is read from a file outside of the repository, by its whole path", async () => {
    const outside = join(folder, "cases.jsonl");
    await writeFile(outside, `${goldenLine}\n`);
    const workspace = join(folder, "workspace");
    const sources = { history, workspace, temporaryDirectory: folder };
    const expected = { model: null, entry: null, cases: outside, casesInput: "cases" };
    expect((await findExpectation(expected, sources)).casesFrom).toBe(`1 from ${outside}`);
  });

  it("names what is wrong in such a file, by its line and the input that named it", async () => {
    await writeFile(join(folder, "cases.jsonl"), `${goldenLine}\n\n{"request": {}}\n`);
    await expect(find(null, "cases.jsonl")).rejects.toThrow(
      /^cases\.jsonl line 3 is not what it should be\.\n- request\.instances: /,
    );
    await writeFile(join(folder, "cases.jsonl"), "\n");
    await expect(find(null, "cases.jsonl")).rejects.toMatchObject({
      code: "NO_CASES",
      message: "cases.jsonl holds no case.",
    });
    await expect(find(null, "missing.jsonl")).rejects.toMatchObject({
      code: "CASES_NOT_FOUND",
      message: "smoke: cases: missing.jsonl cannot be read.",
    });
  });
});
