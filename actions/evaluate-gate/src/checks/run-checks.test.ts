import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderOutcome } from "../report.ts";
import { findingOf, gateRows, plain, rowsOf, type GateRows } from "../testing/some-checks.ts";
import { openWorkspace, writeWeatherRun, type Workspace } from "../testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const gate = (...given: GateRows) => gateRows(workspace, ...given);

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
