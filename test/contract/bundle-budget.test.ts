import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listStartPackages, readDistribution, startBytes } from "../../bench/bundles.ts";

const root = join(import.meta.dirname, "../..");
const dist = join(root, "dist");
const entryPoints = globSync(
  ["actions/*/src/main.ts", "actions/*/src/post.ts", "packages/server/src/main.ts"],
  { cwd: root },
).toSorted();

/** Loaded by `await import()` where they are used, never at start. */
const heavyPackages = [
  "@actions/artifact",
  "@actions/cache",
  "@google-cloud/storage",
  "@octokit/rest",
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-node",
  "google-auth-library",
  "hyparquet",
  "onnxruntime-node",
  "onnxruntime-web",
];

describe("what a bundle loads at start", () => {
  it.each(entryPoints)("%s loads no heavy package before its first line", async (entryPoint) => {
    const packages = await listStartPackages(entryPoint);
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.filter((name) => heavyPackages.includes(name))).toEqual([]);
  });
});

describe.runIf(existsSync(dist))("dist/", () => {
  it("is at most 10 MB beside the WebAssembly", async () => {
    const { bundles, bytesBesideWasm } = await readDistribution(dist);
    expect(bundles.length).toBeGreaterThan(0);
    expect(bytesBesideWasm).toBeLessThanOrEqual(10_000_000);
  });

  it("holds only bundles that read at most 500 kB before their first line", async () => {
    const { bundles } = await readDistribution(dist);
    const large = bundles.filter((bundle) => startBytes(bundle) > 500_000);
    expect(large.map((bundle) => `${bundle.name}: ${startBytes(bundle)}`)).toEqual([]);
  });
});
