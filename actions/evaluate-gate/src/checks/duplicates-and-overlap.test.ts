import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderOutcome } from "../report.ts";
import type { Outcome } from "../run.ts";
import {
  findingOf,
  gateRows,
  plain,
  rowsOf,
  type GateRows,
  type Row,
} from "../testing/some-checks.ts";
import { openWorkspace, writeWeatherRun, type Workspace } from "../testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const gate = (...given: GateRows) => gateRows(workspace, ...given);

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
