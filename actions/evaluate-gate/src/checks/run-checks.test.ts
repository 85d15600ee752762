import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CheckEntry } from "#core";
import { createRandom } from "#stats";
import { renderOutcome } from "../report.ts";
import type { Outcome } from "../run.ts";
import { openWorkspace, writeWeatherRun, type Workspace } from "../testing/some-gate.ts";
import { CHECK_NAMES, describeCheck } from "./catalog.ts";
import { formatBound } from "./finding.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

type Row = Readonly<Record<string, string | number>>;

function csv(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  return `${[names.join(","), ...rows.map((row) => names.map((name) => row[name]).join(","))].join("\n")}\n`;
}

function rowsOf(count: number, row: (at: number) => Row): readonly Row[] {
  return Array.from({ length: count }, (_, at) => row(at));
}

const random = createRandom(99);
const noise = (): number => Number(random.normal().toFixed(4));

/** The gate on a predictions file and, where given, the rows that it was trained on. */
async function gate(
  rows: readonly Row[],
  { training, ...inputs }: { training?: readonly Row[] } & Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  await workspace.write("p.csv", csv(rows));
  if (training !== undefined) await workspace.write("train.csv", csv(training));
  return workspace.gate({
    predictions: "p.csv",
    target: "label",
    baseline: "none",
    features: "x,z",
    "positive-class": "1",
    resamples: "100",
    thresholds: "accuracy >= 0.5",
    ...(training !== undefined && { "training-data": "train.csv" }),
    ...(inputs as Readonly<Record<string, string>>),
  });
}

function findingOf({ document }: Outcome, name: string, part?: string): CheckEntry {
  const found = document.checks?.find(
    (one) => one.name === name && (part ?? one.part) === one.part,
  );
  if (found === undefined) throw new Error(`no check ${name}`);
  return found;
}

/** Labels in turn, 80 % of them predicted right, two columns of noise. */
const plain = (at: number): Row => ({
  id: at,
  x: noise(),
  z: noise(),
  label: at % 2,
  prediction: at % 5 === 0 ? 1 - (at % 2) : at % 2,
});

describe("checks of a sound model", () => {
  it("find nothing, and stand folded in the report", async () => {
    const outcome = await gate(rowsOf(200, plain), {
      training: rowsOf(300, (at) => ({ ...plain(at), id: 1000 + at })),
      id: "id",
    });
    const verdicts = (outcome.document.checks ?? []).map(
      ({ name, part, verdict }) => `${name}.${part}: ${verdict}`,
    );
    expect(verdicts).toEqual([
      "duplicates.share: pass",
      "duplicates.within: pass",
      "overlap.ids: pass",
      "overlap.dates: skipped",
      "leakage.score: pass",
      "leakage.difference: pass",
      "label-shift.distance: pass",
      "overfit.gap: skipped",
      "baseline-gain.gain: pass",
      "calibration.ece: skipped",
      "latency.p95_ms: skipped",
      "latency.batch_p95_ms: skipped",
      "size.mb: skipped",
    ]);
    const report = await workspace.read("slipway-run/report.md");
    expect(report).toContain("<summary>Checks: 7 passed, 6 skipped</summary>");
    expect(report).not.toContain("### Checks");
    expect(renderOutcome(outcome).outputs["failed-checks"]).toBe("[]");
  });

  it("are none when they are off", async () => {
    const outcome = await gate(rowsOf(60, plain), { checks: "off" });
    expect(outcome.document.checks).toEqual([]);
    expect(await workspace.read("slipway-run/report.md")).not.toContain("hecks");
  });

  it("come to the same when they run twice", async () => {
    const rows = rowsOf(200, plain);
    const training = rowsOf(6000, (at) => ({ ...plain(at), id: 1000 + at }));
    const first = await gate(rows, { training, id: "id" });
    const second = await gate(rows, { training, id: "id" });
    expect(second.document.checks).toEqual(first.document.checks);
    expect(findingOf(first, "leakage", "difference").message).toContain(
      "(a sample of 5,000 rows, seed 42)",
    );
  });
});

describe("duplicates within the evaluation rows", () => {
  const copied = (count: number): readonly Row[] => {
    const own = rowsOf(200 - count, plain);
    return [...own, ...own.slice(0, count).map((row, at) => ({ ...row, id: 1000 + at }))];
  };

  it("warn of copies, whatever their ids are, and say what they do", async () => {
    expect(findingOf(await gate(copied(60), { id: "id" }), "duplicates", "within")).toMatchObject({
      verdict: "fail",
      level: "warn",
      value: 0.3,
      bound: 0.05,
      message:
        "60 of 200 rows (30.0 %) repeat an earlier evaluation row in features and target, e.g. rows 141, 142, 143, …. Copies are no further evidence, and make intervals too narrow: drop them, or name with cluster: the entity whose rows belong together.",
    });
  });

  it("are counted where they are few, and none where only the target differs", async () => {
    const few = findingOf(await gate(copied(4)), "duplicates", "within");
    expect(few).toMatchObject({ verdict: "pass", value: 0.02 });
    expect(few.message).toContain("4 of 200 rows");
    const other = copied(60).map((row, at) =>
      at < 140 ? row : { ...row, label: 1 - Number(row["label"]) },
    );
    expect(findingOf(await gate(other), "duplicates", "within").value).toBe(0);
  });

  it("decide when they are to", async () => {
    const outcome = await gate(copied(60), { checks: "duplicates: { within: error }" });
    expect(outcome.document).toMatchObject({
      verdict: "fail",
      reason: "1 check failed: duplicates.",
    });
  });

  it("are looked for by every column but id and answers where features are not known", async () => {
    const found = findingOf(
      await gate(copied(60), { features: "", id: "id" }),
      "duplicates",
      "within",
    );
    expect(found.message).toContain("repeat an earlier evaluation row in every column and target");
  });

  it("are nothing to ask for where columns hold few values", async () => {
    const coarse = rowsOf(200, (at) => ({ ...plain(at), x: at % 3, z: at % 4 }));
    expect(findingOf(await gate(coarse), "duplicates", "within")).toMatchObject({
      verdict: "skipped",
      message:
        "The columns hold so few different values that rows repeat one another by themselves.",
    });
  });
});

describe("duplicates", () => {
  const training = rowsOf(300, plain);
  const rows = rowsOf(100, (at) =>
    at < 40
      ? { ...plain(at), x: training[at]?.["x"] ?? 0, z: training[at]?.["z"] ?? 0 }
      : plain(at),
  );

  it("warn of rows that were trained on, with their numbers, and decide nothing", async () => {
    const outcome = await gate(rows, { training });
    expect(findingOf(outcome, "duplicates")).toMatchObject({
      verdict: "fail",
      level: "warn",
      value: 0.4,
      bound: 0.05,
      message:
        "40 of 100 rows (40.0 %) have the same 2 features as a row of train.csv, e.g. rows 1, 2, 3, …. A model is surer of rows that it has seen: drop repeated rows before splitting, or keep them together by the hash of an id.",
    });
    expect(outcome.document.verdict).toBe("pass");
    const { annotations, outputs, failure } = renderOutcome(outcome);
    expect(annotations).toMatchObject([
      { level: "warning", message: expect.stringMatching(/^check duplicates: 40 of/) as string },
    ]);
    expect(outputs["failed-checks"]).toBe('["duplicates"]');
    expect(failure).toBeUndefined();
    const report = await workspace.read("slipway-run/report.md");
    expect(report).toContain("### Checks");
    expect(report).toContain("These checks only warn: they do not change the verdict.");
  });

  it("fail the gate when they are to decide", async () => {
    const outcome = await gate(rows, { training, checks: "duplicates: error" });
    expect(outcome.document).toMatchObject({
      verdict: "fail",
      reason: "1 check failed: duplicates.",
    });
    const { annotations, failure } = renderOutcome(outcome);
    expect(annotations).toMatchObject([{ level: "error" }]);
    expect(failure).toBe("weather: fail. 1 check failed: duplicates.");
    const lenient = await gate(rows, { training, checks: "duplicates: 60%" });
    expect(lenient.document).toMatchObject({
      verdict: "pass",
      reason: "The threshold and 1 check passed.",
    });
  });

  it("of a few rows leave it open", async () => {
    const few = rows.slice(38, 50);
    expect(findingOf(await gate(few, { training }), "duplicates")).toMatchObject({
      verdict: "inconclusive",
      value: 2 / 12,
    });
    const decides = await gate(few, { training, checks: "duplicates: error" });
    expect(decides.document.verdict).toBe("inconclusive");
  });

  it("are skipped where no training rows are known, and open when they were to decide", async () => {
    const why =
      "There is no run that says what the model was trained on; give training-data: the rows that it was trained on.";
    expect(findingOf(await gate(rows), "duplicates")).toMatchObject({
      verdict: "skipped",
      value: null,
      message: why,
    });
    const asked = await gate(rows, { checks: "duplicates: 0.01" });
    expect(findingOf(asked, "duplicates")).toMatchObject({ verdict: "inconclusive", message: why });
    expect(asked.document).toMatchObject({
      verdict: "inconclusive",
      reason: `check duplicates could not be settled: ${why}`,
    });
  });
});

describe("overlap", () => {
  it("warns of ids on both sides", async () => {
    const outcome = await gate(rowsOf(60, plain), {
      training: rowsOf(50, (at) => ({ ...plain(at), id: at + 58 })),
      id: "id",
    });
    expect(findingOf(outcome, "overlap", "ids")).toMatchObject({
      verdict: "fail",
      message:
        '2 of 60 rows (3.3 %) have a "id" that is in train.csv too, e.g. rows 59 and 60. Rows of one entity resemble each other: split by the hash of the id, so that each is on one side.',
    });
  });

  /** A run that was split by time, whose test part is what it is. */
  async function splitByTime(boundary: string | null): Promise<Outcome> {
    const run = await writeWeatherRun(workspace);
    const split = {
      ...run.split,
      method: "time",
      columns: ["date"],
      ...(boundary !== null && { boundaries: { validation: boundary, test: boundary } }),
      parts: {
        ...run.split?.parts,
        ...(boundary !== null && {
          train: { ...run.split?.parts["train"], path: null },
        }),
      },
    };
    await workspace.write("slipway-run/run.json", JSON.stringify({ ...run, split }));
    return workspace.gate({ thresholds: "accuracy >= 0.5", time: "date", resamples: "100" });
  }

  it("warns of dates inside the training range, of a split by time", async () => {
    const found = findingOf(await splitByTime(null), "overlap", "dates");
    expect(found.verdict).toBe("fail");
    // A split by hash that calls itself one by time: the last day is among the training rows.
    expect(found.message).toBe(
      '862 of 862 rows (100 %) are not later than the last training row by "date", e.g. rows 1, 2, 3, …. A model that has seen later rows knows the future: evaluate on rows after the training\'s end.',
    );
  });

  it("knows the training's end from run.json where no training rows were kept", async () => {
    const early = findingOf(await splitByTime("2012-01-01"), "overlap", "dates");
    expect(early).toMatchObject({ verdict: "pass", value: 0 });
    const late = findingOf(await splitByTime("2015-01-01"), "overlap", "dates");
    expect(late.verdict).toBe("fail");
  });

  it("says nothing of dates when the split is not by time", async () => {
    await writeWeatherRun(workspace);
    const outcome = await workspace.gate({
      thresholds: "accuracy >= 0.5",
      time: "date",
      resamples: "100",
    });
    expect(findingOf(outcome, "overlap", "dates")).toMatchObject({
      verdict: "skipped",
      message: "The split is not by time, so dates of both parts mix by design.",
    });
  });
});

describe("leakage", () => {
  it("warns of a column that gives the answer away, by its name", async () => {
    const outcome = await gate(rowsOf(200, (at) => ({ ...plain(at), z: at % 2 ? 7.5 : -1.5 })));
    expect(findingOf(outcome, "leakage", "score")).toMatchObject({
      verdict: "fail",
      value: 1,
      message: expect.stringMatching(
        /^"z" alone removes 100 % of the error of always answering the most frequent class\. Next: "x" \S+\. Is "z" known before the answer is\? If it is made from the answer, or after it, leave it out\.$/,
      ) as string,
    });
  });

  it("warns of a column that tells the target in training and not here", async () => {
    const outcome = await gate(rowsOf(200, plain), {
      training: rowsOf(300, (at) => ({ ...plain(at), x: (at % 2) * 3 })),
    });
    expect(findingOf(outcome, "leakage", "difference")).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/^"x" alone scores 1 on training rows and 0/) as string,
    });
    expect(findingOf(outcome, "leakage", "score").verdict).toBe("pass");
  });

  it("calls nothing bad on 20 rows", async () => {
    const outcome = await gate(rowsOf(20, (at) => ({ ...plain(at), z: at % 2 })));
    expect(findingOf(outcome, "leakage", "score")).toMatchObject({
      verdict: "inconclusive",
      value: 1,
    });
  });

  it("never takes a predictions file's scores for columns of the model", async () => {
    const outcome = await gate(
      rowsOf(100, (at) => ({ ...plain(at), score: at % 2 })),
      { features: "" },
    );
    expect(findingOf(outcome, "leakage", "score")).toMatchObject({
      verdict: "skipped",
      message: "Which columns the model reads is not known; give features.",
    });
  });
});

describe("label-shift", () => {
  it("warns of a target that is distributed otherwise than in training", async () => {
    const outcome = await gate(rowsOf(300, plain), {
      training: rowsOf(400, (at) => ({ ...plain(at), label: at % 10 === 0 ? 1 : 0 })),
    });
    expect(findingOf(outcome, "label-shift")).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(
        /^The target "label" lies at a distance of 0\.3\d\d from training: "\d" was (90|10)\.0 % of rows and is 50\.0 %\./,
      ) as string,
    });
  });

  it("compares the numbers of a regression in the bins of training", async () => {
    const number = (shift: number) => (at: number) => ({
      x: noise(),
      label: Number((random.normal() + shift).toFixed(4)),
      prediction: at % 3,
    });
    const inputs = { features: "x", "positive-class": "", thresholds: "rmse <= 100" };
    const training = rowsOf(500, number(0));
    const same = await gate(rowsOf(300, number(0)), { training, ...inputs });
    expect(findingOf(same, "label-shift").verdict).not.toBe("fail");
    const other = await gate(rowsOf(300, number(1)), { training, ...inputs });
    expect(findingOf(other, "label-shift")).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining(": its mean was ") as string,
    });
  });
});

describe("overfit", () => {
  it("scores the training rows of a model that is open here", async () => {
    await writeWeatherRun(workspace);
    const outcome = await workspace.gate({ thresholds: "log_loss <= 2", resamples: "100" });
    expect(findingOf(outcome, "overfit")).toMatchObject({
      verdict: "pass",
      message: expect.stringMatching(
        /^log_loss is 0\.6150 here, \S+ % (better|worse) than on training rows \(0\.\d+\)\.$/,
      ) as string,
    });
  });

  it("reads run.json's metrics of training where rows are not kept", async () => {
    const run = await writeWeatherRun(workspace);
    const train = { ...run.split?.parts["train"], path: null };
    await workspace.write(
      "slipway-run/run.json",
      JSON.stringify({
        ...run,
        metrics: { train: { accuracy: 1 } },
        split: { ...run.split, parts: { ...run.split?.parts, train } },
      }),
    );
    const outcome = await workspace.gate({ thresholds: "accuracy >= 0.5", resamples: "100" });
    const found = findingOf(outcome, "overfit");
    expect(found).toMatchObject({ verdict: "fail", bound: 0.1 });
    expect(found.value).toBeCloseTo(1 - 693 / 862, 12);
    expect(found.message).toMatch(
      /^accuracy is 0\.8039 here, 19\.6 % worse than on training rows, by run\.json \(1\)\./,
    );
    expect(findingOf(outcome, "duplicates")).toMatchObject({
      verdict: "skipped",
      message:
        "The run kept no training rows; train with keep-splits: true, or give training-data: the rows that it was trained on.",
    });
  });
});

describe("baseline-gain", () => {
  it("warns of a model that is no better than a constant", async () => {
    const outcome = await gate(
      rowsOf(4000, (at) => ({
        ...plain(at),
        label: at % 4 === 0 ? 1 : 0,
        prediction: at % 3 === 0 ? 1 : 0,
      })),
      { thresholds: "accuracy >= 0.1" },
    );
    expect(findingOf(outcome, "baseline-gain")).toMatchObject({
      verdict: "fail",
      operator: ">=",
      message: expect.stringContaining("A constant does nearly as well") as string,
    });
  });

  it("sees the worth of a model of a rare class, although its error rate is no lower", async () => {
    // Of 2 % positives it finds all, with as many false alarms: error rate 2 %, as never saying so.
    const outcome = await gate(
      rowsOf(1000, (at) => ({
        ...plain(at),
        label: at % 50 === 0 ? 1 : 0,
        prediction: at % 25 === 0 ? 1 : 0,
      })),
    );
    expect(findingOf(outcome, "baseline-gain")).toMatchObject({ verdict: "pass" });
    expect(findingOf(outcome, "baseline-gain").value).toBeGreaterThan(0.9);
  });

  it("holds a regression against mean and median", async () => {
    const outcome = await gate(
      rowsOf(100, (at) => ({ x: noise(), label: at + 0.5, prediction: at })),
      { features: "x", "positive-class": "", thresholds: "rmse <= 1" },
    );
    // Root mean squared error 0.5; that of the mean is sqrt((100² - 1) / 12).
    expect(findingOf(outcome, "baseline-gain")).toMatchObject({ verdict: "pass" });
    expect(findingOf(outcome, "baseline-gain").value).toBeCloseTo(
      1 - 0.5 / Math.sqrt(9999 / 12),
      12,
    );
    expect(findingOf(outcome, "baseline-gain").message).toBe(
      "Its root mean squared error is 98.3 % below that of always answering the mean, 50.",
    );
  });
});

describe("calibration", () => {
  const confident = (count: number, share: number) =>
    rowsOf(count, (at) => ({
      x: noise(),
      z: noise(),
      label: at % 10 < share * 10 ? 1 : 0,
      score: at % 2 === 0 ? 0.95 : 0.94,
    }));

  it("warns of probabilities that do not come about, and names the direction", async () => {
    const outcome = await gate(confident(500, 0.6), { scores: "score", prediction: "none" });
    const found = findingOf(outcome, "calibration");
    expect(found.verdict).toBe("fail");
    expect(found.value).toBeCloseTo(0.345, 9);
    expect(found.message).toContain("Probabilities are off by 0.345 on average");
  });

  it("calls nothing bad that a calibrated model shows on few rows", async () => {
    const few = await gate(confident(20, 0.8), { scores: "score", prediction: "none" });
    expect(findingOf(few, "calibration")).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not asked of a regression", async () => {
    const outcome = await gate(
      rowsOf(50, (at) => ({ x: noise(), label: at + 0.5, prediction: at })),
      {
        features: "x",
        "positive-class": "",
        thresholds: "rmse <= 1",
        checks: "calibration: error",
      },
    );
    expect(findingOf(outcome, "calibration").verdict).toBe("skipped");
    expect(outcome.document.verdict).toBe("pass");
  });
});

describe("fairness", () => {
  const rows = rowsOf(420, (at) => ({
    ...plain(at),
    sex: at < 200 ? "f" : at < 400 ? "m" : "x",
    label: at % 2,
    // Of f 30 % are selected, of m 80 %, whatever the truth.
    prediction: (at < 200 ? at % 20 < 6 : at % 20 < 16) ? 1 : 0,
  }));

  it("shows gaps of the columns asked for, and leaves small groups out", async () => {
    const outcome = await gate(rows, { checks: "fairness: [sex]", thresholds: "accuracy >= 0.1" });
    expect(findingOf(outcome, "fairness", "demographic_parity_difference")).toMatchObject({
      verdict: "skipped",
      value: 0.5,
      bound: null,
      message:
        'By "sex" the selection rate differs by 0.500: "m" 80.0 % of 200, "f" 30.0 % of 200. Left out with fewer than 30 rows: "x". No bound is given.',
    });
    expect(await workspace.read("slipway-run/report.md")).toContain("3 shown");
  });

  it("fails on a bound that is missed for certain", async () => {
    const outcome = await gate(rows, {
      checks: "fairness: { columns: sex, demographic_parity_difference: 0.1 }",
      thresholds: "accuracy >= 0.1",
    });
    expect(outcome.document).toMatchObject({
      verdict: "fail",
      reason: "1 check failed: fairness.",
    });
  });

  it("says which column is not there", async () => {
    const outcome = await gate(rows, {
      checks: "fairness: { columns: gender, equal_opportunity_difference: 0.1 }",
      thresholds: "accuracy >= 0.1",
    });
    expect(findingOf(outcome, "fairness", "equal_opportunity_difference")).toMatchObject({
      verdict: "inconclusive",
      message: 'The data has no column "gender".',
    });
  });
});

describe("latency and size", () => {
  it("are shown without a bound and judged with one", async () => {
    await writeWeatherRun(workspace);
    const shown = await workspace.gate({ thresholds: "accuracy >= 0.5", resamples: "100" });
    expect(findingOf(shown, "latency", "p95_ms")).toMatchObject({
      verdict: "skipped",
      bound: null,
    });
    expect(findingOf(shown, "latency", "p95_ms").value).toBeGreaterThan(0);
    expect(findingOf(shown, "latency", "batch_p95_ms").message).toMatch(
      /^A batch of 862 rows takes /,
    );
    const judged = await workspace.gate({
      thresholds: "accuracy >= 0.5",
      resamples: "100",
      checks: "{ latency: { p95_ms: 60000 }, size: 0.001 warn }",
    });
    expect(findingOf(judged, "latency", "p95_ms")).toMatchObject({
      verdict: "pass",
      level: "error",
    });
    expect(findingOf(judged, "size")).toMatchObject({
      verdict: "fail",
      level: "warn",
      message: "The model's files are 0.002 MB. Prune, quantise or choose a smaller model.",
    });
    expect(judged.document.verdict).toBe("pass");
  });
});

describe("a training part that cannot be read", () => {
  it("skips what needs it, and judges all the same", async () => {
    await writeWeatherRun(workspace);
    await workspace.write("slipway-run/splits/train.csv", 'a,b\n1,2,3\n"');
    const outcome = await workspace.gate({ thresholds: "accuracy >= 0.5", resamples: "100" });
    expect(outcome.document.verdict).toBe("pass");
    expect(findingOf(outcome, "label-shift")).toMatchObject({
      verdict: "skipped",
      message: expect.stringMatching(/^splits\/train\.csv could not be read: /) as string,
    });
  });

  it("that the user named is an error", async () => {
    await expect(gate(rowsOf(60, plain), { "training-data": "no.csv" })).rejects.toMatchObject({
      code: "NO_FILE_MATCHES",
    });
  });
});

describe("annotations", () => {
  it("are at most ten, thresholds first", async () => {
    const training = rowsOf(300, plain);
    const rows = rowsOf(100, (at) => ({ ...training[at], z: at % 2, label: at % 2 }));
    const outcome = await gate(rows, {
      training,
      id: "id",
      thresholds: Array.from({ length: 12 }, (_, at) => `accuracy >= 0.9${at}`).join("\n"),
    });
    const { annotations = [] } = renderOutcome(outcome);
    expect(annotations).toHaveLength(10);
    expect(annotations.slice(0, 8).every(({ level }) => level === "error")).toBe(true);
    expect(annotations.slice(8).every(({ message }) => message.startsWith("check "))).toBe(true);
  });
});

describe("the README", () => {
  it("lists every check and part with its default bound", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const table = readme.slice(
      readme.indexOf("## Checks"),
      readme.indexOf("Nobody asked for them"),
    );
    for (const name of CHECK_NAMES) {
      for (const [part, { bound, operator, unit }] of Object.entries(describeCheck(name).parts)) {
        const line = table.split("\n").find((one) => one.includes(`\`${part}\``)) ?? "";
        const sign = operator === "<=" ? "≤" : "≥";
        const shown = bound === null ? "shown" : `${sign} ${formatBound(bound, unit)} warn`;
        expect(`${name} ${line}`).toContain(shown);
      }
      expect(table).toContain(`\`${name}\``);
    }
  });
});
