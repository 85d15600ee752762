import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPython, programIn } from "../test/peers/tools.ts";
import { table, type Bench } from "./bench.ts";
import { startLocalPull, type LocalPull } from "./cold-start/local-github.ts";
import { measureProcess, medianCost, type Command, type ProcessCost } from "./measure-process.ts";

const rows = 1500;
const runs = 5;
const resamples = 2000;
/** Resamples that scikit-learn is given: a twentieth, as nobody waits for the rest. */
const learnResamples = 100;

const scripts = join(import.meta.dirname, "cold-start");
const fixtures = join(import.meta.dirname, "../test/fixtures");
const model = join(fixtures, "golden/models/weather_logistic_zipmap_columns.onnx");

interface Place {
  readonly python: string;
  readonly dist: string;
  readonly folder: string;
  readonly pull: LocalPull;
}

/** The built action as a job of the pull request runs it, everything at its defaults. */
function gateCommand({ dist, folder, pull }: Place): Command {
  const environment = {
    GITHUB_WORKSPACE: folder,
    RUNNER_TEMP: folder,
    GITHUB_OUTPUT: join(folder, "output"),
    GITHUB_STEP_SUMMARY: join(folder, "summary"),
    GITHUB_API_URL: pull.apiUrl,
    GITHUB_SERVER_URL: pull.serverUrl,
    GITHUB_REPOSITORY: pull.repository,
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_EVENT_PATH: pull.eventPath,
    GITHUB_SHA: pull.headSha,
    GITHUB_RUN_ID: "1",
    INPUT_TOKEN: pull.token,
    INPUT_MODEL: "weather",
    "INPUT_MODEL-FILE": "model.onnx",
    INPUT_DATA: "rows.csv",
    INPUT_TARGET: "weather",
    INPUT_ID: "location\ndate",
    INPUT_BASELINE: "none",
    INPUT_ENGINE: "wasm",
    INPUT_THRESHOLDS: "accuracy >= 0.7\nf1_macro >= 0.3\nlog_loss <= 1",
  };
  const parameters = [join(dist, "evaluate-gate.mjs")];
  return { program: process.execPath, parameters, environment, directory: folder };
}

function pythonCommand({ python, folder, pull }: Place, bootstrap: string, count: number): Command {
  const parameters = [
    join(scripts, "evaluate.py"),
    "model.onnx",
    "rows.csv",
    bootstrap,
    String(count),
    pull.commentsUrl,
    "python.json",
  ];
  const environment = { GITHUB_TOKEN: pull.token };
  return { program: python, parameters, environment, directory: folder };
}

/** Runs a command to its end; throws unless exactly one comment stands afterwards. */
async function untilComment(place: Place, command: Command): Promise<ProcessCost> {
  const { folder, pull, python } = place;
  rmSync(join(folder, "slipway-run"), { recursive: true, force: true });
  for (const name of ["output", "summary"]) writeFileSync(join(folder, name), "");
  const cost = await measureProcess(python, command);
  const comments = await pull.takeComments();
  if (comments !== 1) throw new Error(`${command.parameters[0]} left ${comments} comments`);
  return cost;
}

interface Results {
  readonly gate: ProcessCost;
  readonly numpy: ProcessCost;
  readonly learn: ProcessCost;
  readonly imports: ProcessCost;
  readonly node: ProcessCost;
  readonly metrics: number;
  readonly apart: number;
}

/** The largest distance between the two programs' metrics: they must have judged the same. */
function compareMetrics({ folder }: Place): Pick<Results, "metrics" | "apart"> {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), "utf8"));
  const theirs = Object.entries(read("python.json") as Readonly<Record<string, number>>);
  const { metrics } = read("slipway-run/evaluation.json") as {
    readonly metrics: Readonly<Record<string, { readonly value: number | null }>>;
  };
  const apart = theirs.map(([name, value]) => {
    const own = metrics[name]?.value;
    if (own === undefined || own === null) throw new Error(`the gate has no ${name}`);
    return Math.abs(own - value);
  });
  return { metrics: theirs.length, apart: Math.max(...apart) };
}

/** All in turn, so that a busy moment hits each; the first round warms the file cache. */
async function measureAll(place: Place): Promise<Results> {
  const commands = {
    gate: gateCommand(place),
    numpy: pythonCommand(place, "numpy", resamples),
    learn: pythonCommand(place, "scikit-learn", learnResamples),
  };
  const bare = (program: string, code: string): Command => ({
    program,
    parameters: [program === place.python ? "-c" : "-e", code],
    directory: place.folder,
  });
  const imports = bare(place.python, "import numpy, onnxruntime, pandas, sklearn.metrics");
  const node = bare(process.execPath, "0");
  const costs: Record<keyof typeof commands | "imports" | "node", ProcessCost[]> = {
    gate: [],
    numpy: [],
    learn: [],
    imports: [],
    node: [],
  };
  let agreement = { metrics: 0, apart: Number.NaN };
  for (let run = 0; run <= runs; run++) {
    const keep = (name: keyof typeof costs, cost: ProcessCost): void => {
      if (run > 0) costs[name].push(cost);
    };
    for (const name of ["learn", "numpy", "gate"] as const) {
      keep(name, await untilComment(place, commands[name]));
    }
    agreement = compareMetrics(place);
    keep("imports", await measureProcess(place.python, imports));
    keep("node", await measureProcess(place.python, node));
    if (run > 0) console.log(`  run ${run} of ${runs}`);
  }
  return {
    gate: medianCost(costs.gate),
    numpy: medianCost(costs.numpy),
    learn: medianCost(costs.learn),
    imports: medianCost(costs.imports),
    node: medianCost(costs.node),
    ...agreement,
  };
}

function describe(results: Results): string {
  const { gate, numpy, learn, imports, node, metrics, apart } = results;
  const line = (name: string, { wallSeconds, cpuSeconds, peakBytes }: ProcessCost): string[] => [
    name,
    wallSeconds.toFixed(2),
    cpuSeconds.toFixed(2),
    (peakBytes / 1e6).toFixed(0),
    (wallSeconds / gate.wallSeconds).toFixed(2),
    (cpuSeconds / gate.cpuSeconds).toFixed(2),
  ];
  return [
    `One job's step: from starting the process to its end, with the comment posted to a pull request of the local GitHub; ${rows.toLocaleString("en")} rows of weather, a logistic regression as ONNX, 5 classes, median of ${runs} runs in turn, files in the cache. The gate runs at its defaults (every metric of the task with ${resamples.toLocaleString("en")} resamples, profile, golden cases, latency, HTML report, check run) on WebAssembly; the Python program reads the same rows with pandas, scores the same file with onnxruntime, computes ${metrics} metrics with scikit-learn and writes a table of them.`,
    table(
      ["step", "wall, s", "CPU, s", "peak, MB", "wall to the gate", "CPU to the gate"],
      [
        line("evaluate-gate", gate),
        line("Python, bootstrap of counts by NumPy", numpy),
        line(`Python, scikit-learn on ${learnResamples} resamples`, learn),
        line("Python, its imports alone", imports),
        line("Node, nothing", node),
      ],
    ),
    `scikit-learn's metrics are computed anew on each resample; ${resamples.toLocaleString("en")} were not waited for, and nothing is drawn out to them. The ${metrics} metrics agree within ${apart.toExponential(0)}.`,
    "What a job pays before it is left out on both sides: checking out the action (one folder) there, installing Python and four packages here.",
  ].join("\n\n");
}

/** From a cold start to the comment, beside the same in Python. */
export const coldStart: Bench = {
  name: "cold-start",
  title: "From a cold start to the comment",
  measure: async ({ dist }) => {
    const programs = await installPython({ name: "cold-start-bench", directory: scripts });
    const folder = mkdtempSync(join(tmpdir(), "slipway-bench-start-"));
    try {
      const lines = readFileSync(join(fixtures, "data/weather.csv"), "utf8").split("\n");
      writeFileSync(join(folder, "rows.csv"), `${lines.slice(0, rows + 1).join("\n")}\n`);
      writeFileSync(join(folder, "model.onnx"), readFileSync(model));
      const pull = await startLocalPull(folder);
      try {
        const python = programIn(programs, "python");
        return describe(await measureAll({ python, dist, folder, pull }));
      } finally {
        await pull.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
