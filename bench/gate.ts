import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPython, programIn, requireProgram } from "../test/peers/tools.ts";
import { table, type Bench } from "./bench.ts";
import { measureProcess, medianCost, type Command, type ProcessCost } from "./measure-process.ts";

const rows = 1_000_000;
const runs = 3;
/** Resamples that scikit-learn is really given; its time is a straight line in them. */
const measuredResamples = 3;
const wantedResamples = 2000;
const aim = { seconds: 0.45, bytes: 250e6 };

const scripts = join(import.meta.dirname, "gate");
const formats = ["parquet", "csv"] as const;
type Format = (typeof formats)[number];

const thresholds = [
  "accuracy >= 0.7",
  "accuracy >= baseline - 0.01",
  "roc_auc >= baseline - 0.01",
  "average_precision >= baseline - 0.01",
  "log_loss <= baseline + 0.01",
  "accuracy[segment] >= 0.6",
];

/** Where a run finds things. */
interface Place {
  readonly python: string;
  readonly folder: string;
  readonly dist: string;
}

/** Nothing but figures and the report in markdown: what the Python programs are asked for. */
const FIGURES_ALONE = {
  INPUT_CHECKS: "off",
  "INPUT_ERROR-ANALYSIS": "off",
  INPUT_HTML: "false",
  INPUT_SUMMARY: "false",
};

/** The built action as a step of a workflow runs it, everything at its defaults but `given`. */
function gateCommand(
  { folder, dist }: Place,
  format: Format,
  given: Readonly<Record<string, string>> = {},
): Command {
  const environment = {
    GITHUB_WORKSPACE: folder,
    RUNNER_TEMP: folder,
    GITHUB_OUTPUT: join(folder, "output"),
    GITHUB_STEP_SUMMARY: join(folder, "summary"),
    INPUT_MODEL: "bench",
    INPUT_PREDICTIONS: `candidate.${format}`,
    "INPUT_BASELINE-PREDICTIONS": `baseline.${format}`,
    INPUT_TARGET: "target",
    INPUT_ID: "id",
    INPUT_SCORES: "score_1",
    INPUT_SLICES: "segment",
    INPUT_THRESHOLDS: thresholds.join("\n"),
    ...given,
  };
  const parameters = [join(dist, "evaluate-gate.mjs")];
  return { program: process.execPath, parameters, environment, directory: folder };
}

function pythonCommand({ python, folder }: Place, parameters: readonly string[]): Command {
  return { program: python, parameters, directory: folder };
}

function numpyCommand(place: Place, format: Format): Command {
  const script = join(scripts, "with_numpy.py");
  return pythonCommand(place, [script, `candidate.${format}`, `baseline.${format}`, "numpy.json"]);
}

function scikitLearnCommand(place: Place, resamples: number): Command {
  const script = join(scripts, "with_scikit_learn.py");
  return pythonCommand(place, [script, "candidate.parquet", "baseline.parquet", String(resamples)]);
}

interface Measured {
  readonly gate: ProcessCost;
  readonly figures: ProcessCost;
  readonly numpy: ProcessCost;
  readonly agreement: Agreement;
}

/** All in turn, so that a busy moment hits each. */
async function measureFormat(place: Place, format: Format): Promise<Measured> {
  const gate: ProcessCost[] = [];
  const figures: ProcessCost[] = [];
  const numpy: ProcessCost[] = [];
  const runGate = (given?: Readonly<Record<string, string>>): Promise<ProcessCost> => {
    rmSync(join(place.folder, "slipway-run"), { recursive: true, force: true });
    resetOutputs(place);
    return measureProcess(place.python, gateCommand(place, format, given));
  };
  for (let run = 0; run <= runs; run++) {
    const alone = await runGate(FIGURES_ALONE);
    const one = await runGate();
    const other = await measureProcess(place.python, numpyCommand(place, format));
    // The first round warms the file cache.
    if (run === 0) continue;
    figures.push(alone);
    gate.push(one);
    numpy.push(other);
    console.log(
      `  ${format}: ${one.wallSeconds.toFixed(2)} s, NumPy ${other.wallSeconds.toFixed(2)} s`,
    );
  }
  return {
    gate: medianCost(gate),
    figures: medianCost(figures),
    numpy: medianCost(numpy),
    agreement: compareResults(place),
  };
}

/** The runner has both files ready, empty. */
function resetOutputs({ folder }: Place): void {
  for (const name of ["output", "summary"]) writeFileSync(join(folder, name), "");
}

interface Agreement {
  readonly metrics: number;
  /** The largest relative difference of a metric's value. */
  readonly value: number;
  /** The largest difference of an end of an interval, as a share of its width. */
  readonly interval: number;
}

interface NumpyMetric {
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly baseline: number;
  readonly difference: readonly [number, number];
}

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How far the two programs' figures are apart: they must have done the same work. */
function compareResults({ folder }: Place): Agreement {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), "utf8"));
  const gate = read("slipway-run/evaluation.json") as {
    readonly metrics: Readonly<Record<string, Interval>>;
    readonly differences: Readonly<Record<string, Interval>>;
  };
  const numpy = read("numpy.json") as {
    readonly metrics: Readonly<Record<string, NumpyMetric>>;
  };
  let [metrics, value, interval] = [0, 0, 0];
  const compareInterval = (own: Interval, [low, high]: readonly [number, number]): void => {
    const apart = Math.max(Math.abs(own.low - low), Math.abs(own.high - high));
    interval = Math.max(interval, apart / (high - low));
  };
  for (const [name, theirs] of Object.entries(numpy.metrics)) {
    const own = gate.metrics[name];
    if (own === undefined) throw new Error(`the gate has no ${name}`);
    metrics++;
    value = Math.max(value, Math.abs(own.value / theirs.value - 1));
    compareInterval(own, theirs.interval);
    const difference = gate.differences[name];
    if (difference !== undefined) compareInterval(difference, theirs.difference);
  }
  return { metrics, value, interval };
}

/** scikit-learn at all resamples, drawn out from a few. */
async function measureScikitLearn(place: Place): Promise<{
  readonly cost: ProcessCost;
  readonly measured: ProcessCost;
}> {
  const none = await measureProcess(place.python, scikitLearnCommand(place, 1));
  const some = await measureProcess(place.python, scikitLearnCommand(place, 1 + measuredResamples));
  const drawOut = (from: number, to: number): number =>
    from + ((to - from) / measuredResamples) * (wantedResamples - 1);
  return {
    measured: some,
    cost: {
      wallSeconds: drawOut(none.wallSeconds, some.wallSeconds),
      cpuSeconds: drawOut(none.cpuSeconds, some.cpuSeconds),
      peakBytes: some.peakBytes,
    },
  };
}

function resultRow(
  name: string,
  bootstrap: string,
  { cost, base }: { readonly cost: ProcessCost; readonly base: ProcessCost },
): readonly string[] {
  return [
    name,
    bootstrap,
    seconds(cost.wallSeconds),
    seconds(cost.cpuSeconds),
    megabytes(cost.peakBytes),
    (cost.wallSeconds / base.wallSeconds).toFixed(2),
    (cost.peakBytes / base.peakBytes).toFixed(2),
  ];
}

const seconds = (value: number): string => (value < 100 ? value.toFixed(2) : value.toFixed(0));
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

/** A process that does nothing but load what the work needs. */
async function measureStart(place: Place, command: Command): Promise<ProcessCost> {
  const costs: ProcessCost[] = [];
  for (let run = 0; run < runs; run++) costs.push(await measureProcess(place.python, command));
  return medianCost(costs);
}

async function measureAll(place: Place): Promise<string> {
  const script = join(scripts, "make_rows.py");
  await requireProgram(place.python, [script, place.folder, String(rows)]);
  const measured = new Map<Format, Measured>();
  for (const format of formats) measured.set(format, await measureFormat(place, format));
  const [parquet, csv] = formats.map((format) => measured.get(format));
  if (parquet === undefined || csv === undefined) throw new Error("a format was not measured");
  const learn = await measureScikitLearn(place);
  const node = await measureStart(place, {
    program: process.execPath,
    parameters: ["-e", "0"],
    directory: place.folder,
  });
  const python = await measureStart(
    place,
    pythonCommand(place, ["-c", "import numpy, pyarrow.parquet"]),
  );
  return describe({ parquet, csv, learn, node, python });
}

interface Results {
  readonly parquet: Measured;
  readonly csv: Measured;
  readonly learn: { readonly cost: ProcessCost; readonly measured: ProcessCost };
  readonly node: ProcessCost;
  readonly python: ProcessCost;
}

const ownBootstrap = "multinomial of counts, DeLong, normal law of sums, influence function";

function describe({ parquet, csv, learn, node, python }: Results): string {
  const base = parquet.numpy;
  const isMet = parquet.gate.wallSeconds <= aim.seconds && parquet.gate.peakBytes <= aim.bytes;
  return [
    `${rows.toLocaleString("en")} rows, two models' scores, ${parquet.agreement.metrics} metrics with 95 % intervals of ${wantedResamples.toLocaleString("en")} resamples, paired differences, DeLong, McNemar, 8 segments, ${thresholds.length} thresholds: whole processes, median of ${runs} runs in turn. The gate runs at its defaults: besides it runs its checks and writes evaluation.json, report.md, report.html with charts, profile.json and predictions.parquet with salted row keys; the Python programs compute figures only, and fewer metrics. "Figures alone" is the gate without checks, error analysis, page and summary.`,
    table(
      ["program", "bootstrap", "wall, s", "CPU, s", "peak, MB", "wall to NumPy", "peak to NumPy"],
      [
        resultRow("evaluate-gate, Parquet", ownBootstrap, { cost: parquet.gate, base }),
        resultRow("… figures alone", ownBootstrap, { cost: parquet.figures, base }),
        resultRow("NumPy, Parquet", ownBootstrap, { cost: parquet.numpy, base }),
        resultRow("evaluate-gate, CSV", ownBootstrap, { cost: csv.gate, base: csv.numpy }),
        resultRow("… figures alone", ownBootstrap, { cost: csv.figures, base: csv.numpy }),
        resultRow("NumPy, CSV", ownBootstrap, { cost: csv.numpy, base: csv.numpy }),
        resultRow("scikit-learn, Parquet", "rows", { cost: learn.cost, base }),
      ],
    ),
    `scikit-learn was measured with ${measuredResamples} resamples after the first (${seconds(learn.measured.wallSeconds)} s the whole process) and drawn out to ${wantedResamples.toLocaleString("en")} by a straight line; nobody waited for it.`,
    `Agreement of the gate with NumPy: values within ${parquet.agreement.value.toExponential(0)} (relative), ends of intervals within ${(100 * parquet.agreement.interval).toFixed(1)} % of their width (two seeds of a bootstrap of 2,000 differ by some 3 %, the worst of 40 by some 5 %).`,
    `Before any work: Node ${seconds(node.wallSeconds)} s and ${megabytes(node.peakBytes)} MB, Python with NumPy and pyarrow ${seconds(python.wallSeconds)} s and ${megabytes(python.peakBytes)} MB. CPU seconds above wall seconds are pyarrow's threads, V8's compiler and collector, and zlib's.`,
    `What bounds the gate is not one thing. Of the CPU time of all its threads, sampled on a busy machine, about a third is JavaScript on the main thread, in some hundred loops of which none has 3 %; a fifth V8's compilers, beside it; an eighth the collector, most of it marking, which arrays outside the heap set off (once for some 12 MB of them); an eighth the kernel (fresh memory, files); the rest functions of V8 and Node themselves (built-ins, logarithms, parsing the bundle, zstd). When that was tried, a second gate in one process took some 70 % of the first one's CPU time: the rest is compiling and running what is not yet compiled. Tried and left: earlier optimisation, one compiler only, one thread for the collector and a larger young generation changed CPU seconds by less than runs differ; a faster growing heap took fewer collections but 25 MB more; an own snappy decoder saved 3 of 39 ms. Of the peak, some 70 MB are there before any row is read and 110 to 135 are typed arrays; of the rest most is what the C library keeps of arrays that were freed, and of what other threads freed: told to keep less (MALLOC_ARENA_MAX=1, which an action cannot ask for), the process peaked some 15 MB lower.`,
    `Aim: ${aim.seconds} s under ${megabytes(aim.bytes)} MB from Parquet; ${isMet ? "met" : `not met: ${seconds(parquet.gate.wallSeconds)} s, ${megabytes(parquet.gate.peakBytes)} MB`}.`,
  ].join("\n\n");
}

/** The gate on a million rows beside NumPy and scikit-learn. */
export const gate: Bench = {
  name: "gate",
  title: "evaluate-gate on a million rows",
  measure: async ({ dist }) => {
    const programs = await installPython({ name: "gate-bench", directory: scripts });
    const folder = mkdtempSync(join(tmpdir(), "slipway-bench-gate-"));
    try {
      return await measureAll({ python: programIn(programs, "python"), folder, dist });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
