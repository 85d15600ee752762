import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { installPython, programIn } from "../test/peers/tools.ts";
import { median, table, type Bench } from "./bench.ts";
import { measureProcess, medianCost, type Command, type ProcessCost } from "./measure-process.ts";
import { makeForest, makePerceptron, makeRows } from "./scoring/models.ts";

const rows = 100_000;
const runs = 5;
const scripts = join(import.meta.dirname, "scoring");

const models = [
  { name: "forest", title: "100 trees of depth 10", make: makeForest },
  { name: "perceptron", title: "perceptron 30-256-128-1", make: makePerceptron },
] as const;

/** Who scores, and with how many threads (0 for all cores). */
const scorers = [
  { title: "onnxruntime in Python, all cores", engine: "python", threads: 0 },
  { title: "native, all cores", engine: "native", threads: 0 },
  { title: "onnxruntime in Python, one thread", engine: "python", threads: 1 },
  { title: "native, one thread", engine: "native", threads: 1 },
  { title: "wasm, one thread", engine: "wasm", threads: 1 },
] as const;
type Scorer = (typeof scorers)[number];

interface Place {
  readonly python: string;
  /** The scoring program, bundled as the actions are. */
  readonly slipway: string;
  readonly folder: string;
}

/** What one process did. */
interface Run {
  readonly openSeconds: number;
  readonly scoreSeconds: number;
  /** User and system time of all threads while it scored. */
  readonly scoreCpuSeconds: number;
  readonly cost: ProcessCost;
  readonly answers: Float64Array;
}

async function score(place: Place, model: string, scorer: Scorer): Promise<Run> {
  const { python, folder } = place;
  const answers = join(folder, "answers");
  const files = [join(folder, `${model}.onnx`), join(folder, "rows"), answers];
  const command: Command =
    scorer.engine === "python"
      ? {
          program: python,
          parameters: [join(scripts, "with_onnxruntime.py"), ...files, String(scorer.threads)],
          directory: folder,
        }
      : {
          program: process.execPath,
          parameters: [place.slipway, ...files, scorer.engine, String(scorer.threads)],
          directory: folder,
        };
  const cost = await measureProcess(python, command);
  const times = JSON.parse(readFileSync(`${answers}.json`, "utf8")) as Omit<
    Run,
    "cost" | "answers"
  >;
  const bytes = readFileSync(answers);
  return { ...times, cost, answers: new Float64Array(new Uint8Array(bytes).buffer) };
}

interface Measured extends Run {
  readonly scorer: Scorer;
}

/** All scorers in turn, so that a busy moment hits each; the first round only warms the file cache. */
async function measureModel(place: Place, model: string): Promise<readonly Measured[]> {
  const all = new Map<Scorer, Run[]>(scorers.map((scorer) => [scorer, []]));
  for (let run = 0; run <= runs; run++) {
    for (const [scorer, own] of all) {
      const one = await score(place, model, scorer);
      if (run > 0) own.push(one);
    }
    if (run > 0) console.log(`  ${model}: run ${run} of ${runs}`);
  }
  return [...all].map(([scorer, own]) => ({
    scorer,
    openSeconds: median(own.map(({ openSeconds }) => openSeconds)),
    scoreSeconds: median(own.map(({ scoreSeconds }) => scoreSeconds)),
    scoreCpuSeconds: median(own.map(({ scoreCpuSeconds }) => scoreCpuSeconds)),
    cost: medianCost(own.map(({ cost }) => cost)),
    answers: own[0]?.answers ?? new Float64Array(),
  }));
}

/** The largest distance between two programs' answers, relative to 1 or the answer. */
function distance(left: Float64Array, right: Float64Array): number {
  if (left.length !== rows || right.length !== rows) throw new Error("not every row was scored");
  let most = 0;
  for (let row = 0; row < rows; row++) {
    const [one, other] = [left[row] ?? Number.NaN, right[row] ?? Number.NaN];
    const apart = Math.abs(one - other) / Math.max(1, Math.abs(other));
    if (!(apart <= 1e-4)) throw new Error(`row ${row}: ${one} and ${other}`);
    most = Math.max(most, apart);
  }
  return most;
}

const seconds = (value: number): string => value.toFixed(3);

function describeModel(title: string, measured: readonly Measured[]): string {
  const [all] = measured.filter(({ scorer }) => scorer.engine === "python");
  if (all === undefined) throw new Error("the peer was not measured");
  const lines = measured.map((one) => [
    one.scorer.title,
    seconds(one.openSeconds),
    seconds(one.scoreSeconds),
    (one.scoreSeconds / all.scoreSeconds).toFixed(2),
    seconds(one.scoreCpuSeconds),
    (one.scoreCpuSeconds / all.scoreCpuSeconds).toFixed(2),
    one.cost.wallSeconds.toFixed(2),
    one.cost.cpuSeconds.toFixed(2),
    (one.cost.peakBytes / 1e6).toFixed(0),
  ]);
  const worst = Math.max(...measured.map(({ answers }) => distance(answers, all.answers)));
  return [
    `### ${title}`,
    table(
      [
        "engine",
        "open, s",
        "score, s",
        "ratio",
        "score CPU, s",
        "CPU ratio",
        "process, s",
        "process CPU, s",
        "peak, MB",
      ],
      lines,
    ),
    `Answers agree within ${worst.toExponential(0)}.`,
  ].join("\n\n");
}

/** Bundles the scoring program where the installed runtimes are found. */
async function bundleSlipway(): Promise<string> {
  const folder = join(import.meta.dirname, "../node_modules/.cache/slipway-bench");
  mkdirSync(folder, { recursive: true });
  const outfile = join(mkdtempSync(join(folder, "scoring-")), "with-slipway.mjs");
  await build({
    absWorkingDir: join(import.meta.dirname, ".."),
    entryPoints: [join(scripts, "with-slipway.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    external: ["onnxruntime-node", "@tensorflow/tfjs-node"],
    banner: {
      js: `import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);`,
    },
  });
  return outfile;
}

async function measureAll(place: Place): Promise<string> {
  writeFileSync(join(place.folder, "rows"), new Uint8Array(makeRows(rows).buffer));
  const sections: string[] = [];
  for (const { name, title, make } of models) {
    writeFileSync(join(place.folder, `${name}.onnx`), make());
    sections.push(describeModel(title, await measureModel(place, name)));
  }
  return [
    `${rows.toLocaleString("en")} rows of 30 numbers, onnxruntime 1.30.0 on both sides, a new process each, median of ${runs} runs in turn. Open: from the file to a session; Slipway loads its runtime in that time, Python has imported its own before. Score: from columns in memory to predictions in memory (Slipway: 8,192 rows a run, columns of 64-bit numbers into the model's rows and back; Python: one call on a ready array). Ratios are to Python on all cores; CPU seconds are the steadier ones where others share the machine. The models are made up: thresholds and weights by a generator. On WebAssembly onnxruntime looks a tree's nodes up by a hash that 32 bits cut down to the tree's number, so that opening takes time with the square of a tree's nodes: most of the forest's.`,
    ...sections,
  ].join("\n\n");
}

/** Scoring on both engines beside onnxruntime in Python. */
export const scoring: Bench = {
  name: "scoring",
  title: "Scoring 100,000 rows",
  measure: async () => {
    const programs = await installPython({ name: "scoring-bench", directory: scripts });
    const folder = mkdtempSync(join(tmpdir(), "slipway-bench-scoring-"));
    const slipway = await bundleSlipway();
    try {
      return await measureAll({ python: programIn(programs, "python"), slipway, folder });
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync(join(slipway, ".."), { recursive: true, force: true });
    }
  },
};
