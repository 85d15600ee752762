import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Judgement } from "#core";
import { clustersOf, readClusters, tooFewEntities } from "./clusters.ts";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

interface Patients {
  readonly count: number;
  /** Rows of each patient; all of them are predicted alike. */
  readonly rows: number;
  /** Whether a patient's rows are predicted right. */
  readonly isRight: (patient: number) => boolean;
  readonly region?: string;
}

function linesOf({ count, rows, isRight, region = "EU" }: Patients): readonly string[] {
  return Array.from({ length: count * rows }, (_, at) => {
    const patient = Math.floor(at / rows);
    const truth = at % 2;
    const prediction = isRight(patient) ? truth : 1 - truth;
    return `${region}-${at},${region},${region}-patient-${patient},${truth},${prediction}`;
  });
}

async function write(name: string, ...groups: readonly Patients[]): Promise<void> {
  const lines = groups.flatMap(linesOf);
  await workspace.write(name, `id,region,patient,label,prediction\n${lines.join("\n")}\n`);
}

const inputs = { predictions: "p.csv", target: "label", id: "id", resamples: "1000" };

function widthOf({ measure }: Judgement): number {
  return (measure.high ?? Number.NaN) - (measure.low ?? Number.NaN);
}

/** 40 patients of 10 rows each, 32 of them right in every row. */
const patients: Patients = { count: 40, rows: 10, isRight: (patient) => patient % 5 !== 0 };

describe("with a cluster column", () => {
  it("an interval is as wide as that of the entities, not of the rows", async () => {
    await write("p.csv", patients);
    const thresholds = "accuracy >= 0.5\nf1 >= 0.5";
    const plain = await workspace.gate({ ...inputs, thresholds });
    const clustered = await workspace.gate({ ...inputs, thresholds, cluster: "patient" });
    const [accuracy, f1] = clustered.document.judgements as [Judgement, Judgement];
    expect([accuracy.measure.method, f1.measure.method]).toEqual([
      "bootstrap-clusters",
      "bootstrap-clusters",
    ]);
    // All rows of a patient are alike: 400 rows tell as much as 40, so the interval is √10 as wide.
    const [ofRows] = plain.document.judgements as [Judgement];
    expect(widthOf(accuracy) / widthOf(ofRows)).toBeCloseTo(Math.sqrt(10), 0);
    // 2 · 1.96 · √(0.8 · 0.2 / 40) = 0.248
    expect(widthOf(accuracy)).toBeGreaterThan(0.21);
    expect(widthOf(accuracy)).toBeLessThan(0.28);
    expect(accuracy.measure).toMatchObject({ value: 0.8, n: 400 });
  });

  it("a difference that a few entities make is not taken for a loss", async () => {
    await write("p.csv", { ...patients, isRight: (patient) => patient > 3 });
    await write("b.csv", { ...patients, isRight: (patient) => patient > 1 });
    const options = {
      ...inputs,
      "baseline-predictions": "b.csv",
      thresholds: "accuracy >= baseline\nlog_loss <= 1 warn",
    };
    const plain = await workspace.gate(options);
    const clustered = await workspace.gate({ ...options, cluster: "patient" });
    expect(plain.document.judgements[0]?.verdict).toBe("fail");
    const judgement = clustered.document.judgements[0];
    expect(judgement?.verdict).toBe("inconclusive");
    expect(judgement?.bounds[0]?.difference).toMatchObject({
      value: expect.closeTo(-0.05, 12) as number,
      method: "bootstrap-clusters",
      test: "bootstrap",
      n: 400,
    });
  });

  it("a slice of few entities settles nothing, and the report says how many there are", async () => {
    const few: Patients = { count: 4, rows: 20, isRight: (patient) => patient > 1, region: "US" };
    await write("p.csv", patients, few);
    await write("b.csv", patients, { ...few, isRight: () => true });
    const outcome = await workspace.gate({
      ...inputs,
      "baseline-predictions": "b.csv",
      cluster: "patient",
      thresholds: "accuracy[region] >= baseline - 0.1",
    });
    const { judgements } = outcome.document;
    expect(judgements.map(({ verdict }) => verdict)).toEqual(["pass", "inconclusive"]);
    expect(judgements[1]?.reason).toBe(
      "the rows are of 4 values of patient; at least 10 are needed to tell how far chance reaches",
    );
    const report = await workspace.read("slipway-run/report.md");
    expect(report).toContain("whole entities are resampled, of which there are 44");
    expect(report).toContain("Rows belong together, so all are bootstrap percentiles");
    expect(report).toContain("the interval ends where Clopper and Pearson");
    expect(report).not.toContain("Rows are taken as independent");
  });

  it("a row without an entity is refused by its number", async () => {
    await write("p.csv", patients);
    const text = await workspace.read("p.csv");
    await workspace.write("p.csv", text.replace("EU-patient-1,", ","));
    await expect(
      workspace.gate({ ...inputs, cluster: "patient", thresholds: "accuracy >= 0.5" }),
    ).rejects.toMatchObject({
      code: "MISSING_ENTITY",
      message: expect.stringContaining("p.csv, row 11: patient is missing") as string,
    });
    await expect(
      workspace.gate({ ...inputs, cluster: "pateint", thresholds: "accuracy >= 0.5" }),
    ).rejects.toMatchObject({ code: "UNKNOWN_COLUMN" });
  });
});

describe("how it is judged", () => {
  it("takes McNemar's mid-p, Holm's correction and BCa when asked to", async () => {
    const region = (name: string, wrong: number): Patients => ({
      count: 100,
      rows: 1,
      isRight: (patient) => patient >= wrong,
      region: name,
    });
    await write("p.csv", region("EU", 30), region("US", 29), region("JP", 5));
    await write("b.csv", region("EU", 22), region("US", 22), region("JP", 5));
    const options = {
      ...inputs,
      "baseline-predictions": "b.csv",
      thresholds: "accuracy >= baseline\naccuracy[region] >= 0.8\nf1 >= 0.5",
    };
    const usual = (await workspace.gate(options)).document.judgements;
    const other = (await workspace.gate({ ...options, mcnemar: "mid-p", correction: "holm" }))
      .document.judgements;
    const tests = [usual, other].map(([first]) => first?.bounds[0]?.difference);
    expect(tests.map((found) => found?.test)).toEqual(["mcnemar-exact", "mcnemar-mid-p"]);
    // 15 rows only the baseline has right: 2 · 0.5¹⁵, and half of its chance less by mid-p.
    expect(tests.map((found) => found?.p)).toEqual([
      expect.closeTo(2 ** -14, 12),
      expect.closeTo(2 ** -14 - 2 ** -15, 12),
    ]);
    // One-sided score tests of 0.7 and 0.71 against 0.8: z = -2.5 and -2.25.
    const [p1, p2] = [0.006209665325776132, 0.012224472655044696];
    const adjusted = [usual, other].map((list) =>
      ["EU", "US"].map(
        (name) => list.find(({ metric }) => metric === `accuracy[region=${name}]`)?.adjusted_p,
      ),
    );
    expect(adjusted).toEqual([
      [expect.closeTo(1.5 * p2, 9), expect.closeTo(1.5 * p2, 9)],
      [expect.closeTo(3 * p1, 9), expect.closeTo(2 * p2, 9)],
    ]);
    const bca = await workspace.gate({ ...options, intervals: "bca" });
    const shares = [usual, bca.document.judgements].map((list) => list[0]?.measure);
    expect(shares.map((share) => share?.method)).toEqual(["wilson", "bootstrap-counts"]);
    expect(await workspace.read("slipway-run/report.md")).toContain("All are bootstrapped by BCa");
  });

  it("gives 0/0 the value asked for, and says that it is undefined else", async () => {
    const lines = Array.from({ length: 40 }, (_, row) => `${row},${row % 2},0`);
    await workspace.write("p.csv", `id,label,prediction\n${lines.join("\n")}\n`);
    const options = { ...inputs, "positive-class": "1", thresholds: "precision >= 0.5" };
    const [undefinedOne] = (await workspace.gate(options)).document.judgements;
    expect(undefinedOne).toMatchObject({ verdict: "fail", measure: { value: null } });
    const [one] = (await workspace.gate({ ...options, "zero-division": "1" })).document.judgements;
    expect(one).toMatchObject({ verdict: "pass", measure: { value: 1 } });
    const [zero] = (await workspace.gate({ ...options, "zero-division": "0" })).document.judgements;
    expect(zero).toMatchObject({ verdict: "fail", measure: { value: 0 } });
  });
});

describe("the entities of rows", () => {
  it("are numbered anew for some of them", () => {
    const clusters = readClusters(
      {
        kind: "number",
        name: "patient",
        values: Float64Array.of(7, 7, 3, 9, 3),
        missing: null,
        integer: true,
      },
      "p.csv",
    );
    expect(clustersOf(clusters, null)).toEqual({ codes: Int32Array.of(0, 0, 1, 2, 1), count: 3 });
    expect(clustersOf(clusters, Uint32Array.of(4, 3, 2))).toEqual({
      codes: Int32Array.of(0, 1, 0),
      count: 2,
    });
  });

  it("are too few below ten", () => {
    const of = (count: number) => tooFewEntities({ codes: new Int32Array(0), count }, "patient");
    expect([of(10), of(9) === null, of(1)?.includes("1 value of")]).toEqual([null, false, true]);
  });
});
