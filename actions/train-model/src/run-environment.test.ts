import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeEnvironment } from "./run-environment.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-environment-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Stands in for an installed Python: the test must not depend on the machine's own. */
async function installPython(): Promise<void> {
  const script =
    '#!/bin/sh\nif [ "$1" = --version ]; then echo "Python 3.13.2"; else echo "numpy==2.4.1"; echo "torch==2.10.0+cpu"; echo "-e ."; fi\n';
  await writeFile(join(directory, "python"), script);
  await chmod(join(directory, "python"), 0o755);
}
const describeFor = (command: string | null) =>
  describeEnvironment({
    command,
    directory,
    environment: {
      PATH: `${directory}:/usr/bin:/bin`,
      ImageOS: "ubuntu24",
      ImageVersion: "20260101",
    },
  });

describe("the environment of a run", () => {
  it("names machine, image and Node", async () => {
    expect(await describeFor(null)).toEqual({
      record: {
        os: process.platform,
        architecture: process.arch,
        image: "ubuntu24 20260101",
        node: process.version,
        python: null,
        packages: {},
      },
      locks: {},
    });
  });

  it("asks Python for its version and packages where the command names it", async () => {
    await installPython();
    for (const command of ["python train.py", "uv run train.py", "cd x && python3.13 -m train"]) {
      const { record } = await describeFor(command);
      expect(record.python).toBe("3.13.2");
      expect(record.packages).toEqual({ numpy: "2.4.1", torch: "2.10.0+cpu" });
    }
    expect((await describeFor("./pipeline.sh")).record.python).toBeNull();
  });

  it("reads a package-lock where the command names Node, and survives a broken one", async () => {
    const lock = {
      packages: { "": { version: "1.0.0" }, "node_modules/a/b": { version: "2.0.0" } },
    };
    await writeFile(join(directory, "package-lock.json"), JSON.stringify(lock));
    expect((await describeFor("node train.js")).record.packages).toEqual({ "a/b": "2.0.0" });
    await writeFile(join(directory, "package-lock.json"), "{");
    expect((await describeFor("npm run train")).record.packages).toEqual({});
  });

  it("digests the lock files that pin a command, and none for the built-in trainer", async () => {
    await writeFile(join(directory, "uv.lock"), "");
    const empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect((await describeFor("Rscript train.R")).locks).toEqual({ "uv.lock": empty });
    expect((await describeFor(null)).locks).toEqual({});
  });
});
