import { marked } from "marked";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { evaluationSchema, parseDocument, type ErrorAnalysisDocument } from "#core";
import { someRun } from "#core/testing";
import { createRandom, shuffled } from "#stats";
import { measureFile } from "#toolkit";
import { openWorkspace, writeWeatherRun, type Workspace } from "../testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const quick = { resamples: "100", thresholds: "accuracy >= 0.5" };

async function analysisOf(
  inputs: Readonly<Record<string, string>>,
  ports: Parameters<Workspace["gate"]>[1] = {},
): Promise<{ readonly analysis: ErrorAnalysisDocument; readonly report: string }> {
  await workspace.gate({ ...quick, ...inputs }, ports);
  const text = await workspace.read("slipway-run/evaluation.json");
  const { error_analysis: analysis } = parseDocument(evaluationSchema, text, "evaluation.json");
  if (analysis === undefined) throw new Error("there is no error analysis");
  return { analysis, report: await workspace.read("slipway-run/report.md") };
}

function found<T extends { readonly kind: string }>(part: T): Extract<T, { kind: "found" }> {
  if (part.kind !== "found") throw new Error(JSON.stringify(part));
  return part as Extract<T, { kind: "found" }>;
}

/** Rows of a predictions file: `wrong` says which are predicted wrong. */
function csv(
  rows: number,
  wrong: (row: number) => boolean,
  extra: (row: number) => string,
): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const truth = row % 2;
    const answer = wrong(row) ? 1 - truth : truth;
    return `${row},${truth},${answer},${answer === 1 ? 0.9 : 0.1},${extra(row)}`;
  });
  return `id,label,prediction,p,group\n${lines.join("\n")}\n`;
}
const predictions = {
  predictions: "p.csv",
  target: "label",
  id: "id",
  scores: "p",
  "positive-class": "1",
};

describe("error analysis in the gate", () => {
  it("says where, on what and why a model errs, without any value of a column", async () => {
    await writeWeatherRun(workspace);
    const { analysis, report } = await analysisOf({ slices: "auto" });
    expect(analysis.loss.name).toBe("brier");
    expect(found(analysis.segments).search).toMatchObject({ method: "permutation", rows: 862 });
    const { errors, wrong_rows } = found(analysis.worst_errors);
    expect(wrong_rows).toBe(169);
    expect(errors).toHaveLength(20);
    expect(errors.map(({ loss }) => loss)).toEqual(
      errors.map(({ loss }) => loss).toSorted((left, right) => right - left),
    );
    expect(errors.every(({ values }) => Object.keys(values).length === 0)).toBe(true);
    const importance = found(analysis.importance);
    expect(importance).toMatchObject({ metric: "accuracy", rows: 862 });
    expect(importance.features.map(({ column }) => column)).toHaveLength(5);
    const attributions = found(analysis.attributions);
    expect(attributions).toMatchObject({ scale: "probability", background: 50 });
    expect(attributions.features.map(({ column }) => column).toSorted()).toEqual(
      importance.features.map(({ column }) => column).toSorted(),
    );
    expect(report).toMatch(/what moved it most/);
    expect(found(analysis.confusions).pairs[0]).toMatchObject({
      truth: "rain",
      predicted: "sun",
      count: 61,
      change: null,
    });
    expect(report).toContain("<summary>Worst errors: 20 of 169</summary>");
    expect(report).toContain("no verdict rests on these segments");
    expect(report).toContain("Values of columns are not shown unless show-values names them.");
  });

  it("comes to the same numbers when it runs twice", async () => {
    await writeWeatherRun(workspace);
    const still = async () => {
      const { analysis } = await analysisOf(
        { slices: "auto", engine: "wasm" },
        { stopwatch: () => 0 },
      );
      return analysis;
    };
    expect(await still()).toEqual(await still());
  });

  it("judges no threshold on segments that were searched for", async () => {
    await workspace.write(
      "p.csv",
      csv(
        400,
        (row) => row % 4 === 1 && row % 3 > 0,
        (row) => `g${row % 4}`,
      ),
    );
    const inputs = { ...quick, ...predictions, thresholds: "accuracy >= 0.5\nf1[group] >= 0.1" };
    const searched = await workspace.gate({ ...inputs, slices: "auto, group" });
    const segments = found(searched.document.error_analysis!.segments).segments;
    expect(segments.map(({ terms }) => terms)).toEqual([[{ column: "group", value: "g1" }]]);
    const plain = await workspace.gate({ ...inputs, slices: "group" });
    expect(searched.document.judgements).toEqual(plain.document.judgements);
    expect(searched.document.slices).toEqual(plain.document.slices);
    expect(found({ ...searched.document.error_analysis!.segments }).search.columns).toBe(1);
    expect(plain.document.error_analysis?.segments).toEqual({
      kind: "left-out",
      why: "slices: does not ask for auto",
    });
  });

  it("shows values of the columns that were asked for, and of no others", async () => {
    await workspace.write(
      "p.csv",
      csv(
        60,
        (row) => row === 41,
        (row) => `secret-${row}`,
      ),
    );
    const without = await analysisOf(predictions);
    expect(without.report).not.toContain("secret");
    expect(JSON.stringify(without.analysis)).not.toContain("secret");
    const { analysis, report } = await analysisOf({ ...predictions, "show-values": "group, id" });
    expect(found(analysis.worst_errors).errors).toMatchObject([
      {
        row: 42,
        row_in_file: 42,
        file: null,
        truth: "1",
        predicted: "0",
        score: 0.9,
        values: { group: "secret-41", id: 41 },
      },
    ]);
    expect(report).toContain("secret&#45;41");
  });

  it("counts rows as they stand in the evaluation's file, however the answers are ordered", async () => {
    const rows = 40;
    const lines = (order: readonly number[], wrong: ReadonlySet<number>): string =>
      order
        .map((row) => `k${row},${wrong.has(row) !== (row % 2 === 1) ? "yes" : "no"},${row / 100}`)
        .join("\n");
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.uniqueArray(fc.nat(rows - 1), { minLength: 1, maxLength: 8 }),
        async (seed, wrongRows) => {
          const truth = Array.from(
            { length: rows },
            (_, row) => `k${row},${row % 2 === 1 ? "yes" : "no"}`,
          );
          await workspace.write("test.csv", `key,label\n${truth.join("\n")}\n`);
          const order = shuffled([...Array(rows).keys()], createRandom(seed));
          const kept = await workspace.write(
            "slipway-run/answers.csv",
            `key,prediction,margin\n${lines(order, new Set(wrongRows))}\n`,
          );
          const run = someRun({
            task: "binary",
            target: "label",
            classes: ["no", "yes"],
            positive_class: "yes",
            id_columns: ["key"],
            signature: null,
            files: [{ path: "answers.csv", role: "predictions", ...(await measureFile(kept)) }],
          });
          await workspace.write("slipway-run/run.json", JSON.stringify(run));
          const { analysis } = await analysisOf({ data: "test.csv", thresholds: "accuracy >= 0" });
          const { errors } = found(analysis.worst_errors);
          expect(errors.map(({ row }) => row)).toEqual(
            wrongRows.map((row) => row + 1).toSorted((left, right) => left - right),
          );
          expect(found(analysis.confusions).pairs.reduce((sum, { count }) => sum + count, 0)).toBe(
            wrongRows.length,
          );
        },
      ),
      { numRuns: 8 },
    );
  });

  it("names the file and the row in it where the rows come from several", async () => {
    const header = "id,label,prediction";
    await workspace.write("a.csv", `id,label\n${numbered(0, 15, (row) => `${row},${row % 2}`)}\n`);
    await workspace.write("b.csv", `id,label\n${numbered(15, 30, (row) => `${row},${row % 2}`)}\n`);
    const kept = await workspace.write(
      "slipway-run/answers.csv",
      `${header}\n${numbered(0, 30, (row) => `${row},${row % 2},${row === 17 ? 0 : row % 2}`)}\n`,
    );
    const run = someRun({
      task: "binary",
      target: "label",
      classes: ["0", "1"],
      positive_class: "1",
      id_columns: ["id"],
      signature: null,
      files: [{ path: "answers.csv", role: "predictions", ...(await measureFile(kept)) }],
    });
    await workspace.write("slipway-run/run.json", JSON.stringify(run));
    const { analysis } = await analysisOf({ data: "a.csv\nb.csv" });
    expect(found(analysis.worst_errors).errors).toMatchObject([
      { row: 18, row_in_file: 3, file: "b.csv" },
    ]);
  });

  it("shows a regression's residuals, and its values only when the target is asked for", async () => {
    const rows = Array.from({ length: 30 }, (_, row) => `${row},${row},${row === 7 ? 12.5 : row}`);
    await workspace.write("p.csv", `id,y,prediction\n${rows.join("\n")}\n`);
    const regression = {
      predictions: "p.csv",
      target: "y",
      id: "id",
      task: "regression",
      thresholds: "rmse <= 10",
    };
    const { analysis, report } = await analysisOf(regression);
    expect(analysis.loss).toEqual({ name: "absolute_error", mean: 5.5 / 30 });
    expect(found(analysis.worst_errors).errors).toMatchObject([
      { row: 8, residual: 5.5, truth: null, values: {} },
    ]);
    expect(report).toContain("| 8 | +5.500 |");
    expect(analysis.confusions).toEqual({
      kind: "left-out",
      why: "a regression has no classes to confuse",
    });
    const shown = await analysisOf({ ...regression, "show-values": "y, prediction" });
    expect(found(shown.analysis.worst_errors).errors[0]?.values).toEqual({
      y: 7,
      prediction: 12.5,
    });
  });

  it("says of predictions files why what asks the model again is left out", async () => {
    await workspace.write(
      "p.csv",
      csv(
        60,
        (row) => row < 5,
        () => "g",
      ),
    );
    const { analysis, report } = await analysisOf(predictions);
    const why =
      "it needs the model in this process to score changed rows, and this one was scored by its predictions file";
    expect(analysis.importance).toEqual({ kind: "left-out", why });
    expect(analysis.attributions).toEqual({ kind: "left-out", why });
    expect(report).toContain("Left out: it needs the model in this process");
  });

  it("leaves out what its time does not allow, and says so", async () => {
    await writeWeatherRun(workspace);
    let now = 0;
    const { analysis, report } = await analysisOf({}, { stopwatch: () => (now += 900) });
    expect(found(analysis.importance).left_out.length).toBeGreaterThan(0);
    expect(report).toContain("error-analysis: full allows more.");
  });

  it("compares confusions with the baseline on the rows of both", async () => {
    const wrong = (row: number): boolean => row % 10 === 1;
    await workspace.write(
      "p.csv",
      csv(
        200,
        () => false,
        () => "g",
      ),
    );
    await workspace.write(
      "old.csv",
      csv(200, wrong, () => "g"),
    );
    const { analysis, report } = await analysisOf({
      ...predictions,
      "baseline-predictions": "old.csv",
    });
    // 20 rows of truth 1 that only the baseline gets wrong: p = 2 / 2^20.
    expect(found(analysis.confusions).pairs).toEqual([
      {
        truth: "1",
        predicted: "0",
        count: 0,
        share: 0,
        change: {
          candidate: 0,
          baseline: 20,
          only_candidate: 0,
          only_baseline: 20,
          p: 2 / 2 ** 20,
          adjusted_p: 2 / 2 ** 20,
        },
      },
    ]);
    expect(report).toContain("▲ better");
  });

  it("can be switched off, but then cannot search", async () => {
    await workspace.write(
      "p.csv",
      csv(
        60,
        (row) => row < 5,
        () => "g",
      ),
    );
    const { document } = await workspace.gate({
      ...quick,
      ...predictions,
      "error-analysis": "off",
    });
    expect(document.error_analysis).toBeUndefined();
    expect(await workspace.read("slipway-run/report.md")).not.toContain("Worst errors");
    await expect(
      workspace.gate({ ...quick, ...predictions, "error-analysis": "off", slices: "auto" }),
    ).rejects.toMatchObject({
      code: "NO_SEARCH",
      message: "slices: auto searches for weak segments, which error-analysis: off leaves out.",
    });
  });

  it("refuses to show a column that is not there", async () => {
    await workspace.write(
      "p.csv",
      csv(
        60,
        () => false,
        () => "g",
      ),
    );
    await expect(
      workspace.gate({ ...quick, ...predictions, "show-values": "gruop" }),
    ).rejects.toMatchObject({
      code: "UNKNOWN_COLUMN",
      message: 'show-values: the data has no column "gruop".',
      hint: "Did you mean group?",
    });
  });

  it("lets no category or column name change the report", async () => {
    const hostile = "|<img src=x onerror=alert(1)>`@octocat` **b** [x](http://evil)";
    const column = `"${hostile.replaceAll('"', '""')}"`;
    const text = csv(
      300,
      (row) => row % 3 === 1 && row % 4 > 0,
      (row) => (row % 3 === 1 ? column : "calm"),
    ).replace("group\n", `${column}\n`);
    await workspace.write("p.csv", text);
    const { analysis, report } = await analysisOf({
      ...predictions,
      slices: "auto",
      "show-values": hostile,
    });
    expect(found(analysis.segments).segments[0]?.terms).toEqual([
      { column: hostile, value: hostile },
    ]);
    const html = await marked.parse(report);
    expect(html).not.toMatch(/<img|<a [^>]*evil|<strong>b<|<em>/);
    expect(report).not.toContain("@octocat");
  });
});

function numbered(from: number, to: number, line: (row: number) => string): string {
  return Array.from({ length: to - from }, (_, at) => line(from + at)).join("\n");
}
