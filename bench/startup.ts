import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, table, type Bench } from "./bench.ts";
import { readDistribution, startBytes } from "./bundles.ts";

const runs = 15;
const limitMs = 60;
const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);

/** Milliseconds from spawning Node to the first byte that it prints; to its end when it prints none. */
function timeToFirstLine(parameters: readonly string[], workspace: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let firstAt: number | null = null;
    const child = spawn(process.execPath, [...parameters], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        GITHUB_WORKSPACE: workspace,
        GITHUB_REPOSITORY: "acme/models",
        RUNNER_TEMP: workspace,
      },
    });
    const note = (): void => void (firstAt ??= performance.now() - startedAt);
    child.stdout.on("data", note);
    child.stderr.on("data", note);
    child.on("error", reject);
    child.on("close", () => resolve(firstAt ?? performance.now() - startedAt));
  });
}

interface Startup {
  readonly name: string;
  readonly bareMs: number;
  readonly bundleMs: number;
  /** The fastest bundle less the fastest bare Node: what a machine that does nothing else would show. */
  readonly fastestAboveMs: number;
}

/** Runs bare Node and the bundle in turn, so that a busy moment hits both. */
async function measureStartup(path: string, name: string, workspace: string): Promise<Startup> {
  const bare: number[] = [];
  const bundle: number[] = [];
  await timeToFirstLine([path], workspace); // the file cache is warm from here on
  for (let round = 0; round < runs; round++) {
    bare.push(await timeToFirstLine(["-e", "console.log(0)"], workspace));
    bundle.push(await timeToFirstLine([path], workspace));
  }
  const fastestAboveMs = Math.min(...bundle) - Math.min(...bare);
  return { name, bareMs: median(bare), bundleMs: median(bundle), fastestAboveMs };
}

async function measureAll(dist: string, names: readonly string[]): Promise<readonly Startup[]> {
  // Nothing is in it: an action without `model:` has loaded and judged its inputs when it complains.
  const workspace = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  try {
    const measured: Startup[] = [];
    for (const name of names) {
      measured.push(await measureStartup(join(dist, name), name, workspace));
      console.log(`  ${name}`);
    }
    return measured;
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** Start-up time and size of each bundle. */
export const startup: Bench = {
  name: "startup",
  title: "Start-up and size of the bundles",
  measure: async ({ dist }) => {
    const { bundles, bytesBesideWasm } = await readDistribution(dist);
    const times = await measureAll(
      dist,
      bundles.map(({ name }) => name),
    );
    const rows = times.map(({ name, bareMs, bundleMs, fastestAboveMs }, index) => {
      const bundle = bundles[index];
      if (bundle === undefined) throw new Error(`${name} was not read`);
      return [
        `\`${name}\``,
        bareMs.toFixed(0),
        bundleMs.toFixed(0),
        (bundleMs - bareMs).toFixed(0),
        fastestAboveMs.toFixed(0),
        (bundleMs / bareMs).toFixed(2),
        kilobytes(bundle.bytes),
        bundle.startChunks.length,
        kilobytes(startBytes(bundle)),
      ];
    });
    const slow = times.filter(({ bareMs, bundleMs }) => bundleMs - bareMs > limitMs);
    return [
      `Milliseconds from starting Node to the first line that it prints, median of ${runs}: bare Node (\`node -e "console.log(0)"\`) and each bundle in turn. An action has by then loaded and judged its inputs (\`model\` is missing); the server its settings (\`MODEL_URI\` is missing).`,
      table(
        [
          "bundle",
          "bare Node, ms",
          "bundle, ms",
          "above, ms",
          "above, fastest runs, ms",
          "ratio",
          "own, kB",
          "chunks at start",
          "read at start, kB",
        ],
        rows,
      ),
      `Limit: ${limitMs} ms above bare Node. ${slow.length === 0 ? "All are within it." : `Beyond it: ${slow.map(({ name }) => name).join(", ")}.`}`,
      `In all beside the WebAssembly: ${(bytesBesideWasm / 1e6).toFixed(1)} MB (limit 10 MB), licence texts included.`,
    ].join("\n\n");
  },
};
