import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const dockerfile = await readFile(resolve(import.meta.dirname, "../Dockerfile"), "utf8");

describe("the server's Dockerfile", () => {
  it("builds on nothing that is not given with its digest", () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases).toEqual(["${BUILDER}", "${BASE}", "wasm"]);
    expect(dockerfile).toMatch(/^ARG BASE$/m);
  });

  it("installs the runtime's version that the project has", async () => {
    const about = JSON.parse(await readFile("package.json", "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const version = about.dependencies["onnxruntime-node"];
    expect(dockerfile).toContain(`ARG ONNXRUNTIME_VERSION=${version}\n`);
  });

  it("runs as nobody in particular, by number", () => {
    expect(dockerfile).toMatch(/^USER 65532:65532$/m);
    expect(dockerfile).not.toMatch(/^USER (?:root|0)\b/m);
  });
});
