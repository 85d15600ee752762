import { describe, expect, it } from "vitest";
import { CHECK_NAMES } from "./catalog.ts";
import { readChecks } from "./read-checks.ts";

/** Every part as `check.part: bound level`. */
function written(raw: string): readonly string[] {
  return [...readChecks(raw).parts].flatMap(([check, parts]) =>
    [...parts].map(([part, { bound, level }]) => `${check}.${part}: ${bound ?? "shown"} ${level}`),
  );
}

const DEFAULTS = [
  "duplicates.share: 0.05 warn",
  "duplicates.within: 0.05 warn",
  "overlap.ids: 0 warn",
  "overlap.dates: 0 warn",
  "leakage.score: 0.8 warn",
  "leakage.difference: 0.2 warn",
  "label-shift.distance: 0.1 warn",
  "overfit.gap: 0.1 warn",
  "baseline-gain.gain: 0.1 warn",
  "calibration.ece: 0.1 warn",
  "latency.p95_ms: shown warn",
  "latency.batch_p95_ms: shown warn",
  "size.mb: shown warn",
];

/** The parts that differ from the defaults. */
function changed(raw: string): readonly string[] {
  return written(raw).filter((line) => !DEFAULTS.includes(line));
}

describe("readChecks", () => {
  it("runs every check but fairness, and lets none of them decide", () => {
    expect(written("on")).toEqual(DEFAULTS);
    expect(written("true")).toEqual(DEFAULTS);
    expect(written("{}")).toEqual(DEFAULTS);
  });

  it("switches all of them off", () => {
    expect(written("off")).toEqual([]);
    expect(written("false")).toEqual([]);
  });

  it("lets all that have a bound decide", () => {
    expect(written("error")).toEqual(
      DEFAULTS.map((line) => (line.includes("shown") ? line : line.replace("warn", "error"))),
    );
  });

  it("lets a bound that is written decide, unless warn follows", () => {
    expect(changed("overfit: 0.15")).toEqual(["overfit.gap: 0.15 error"]);
    expect(changed("overfit: 15%")).toEqual(["overfit.gap: 0.15 error"]);
    expect(changed("overfit: 15 % warn")).toEqual(["overfit.gap: 0.15 warn"]);
    expect(changed("size: 50 warn")).toEqual(["size.mb: 50 warn"]);
    expect(changed("size: 50")).toEqual(["size.mb: 50 error"]);
    expect(changed("size: 50 error")).toEqual(["size.mb: 50 error"]);
  });

  it("reads words and parts", () => {
    expect(
      changed("{ leakage: off, overfit: error, latency: { p95_ms: 20, batch_p95_ms: off } }"),
    ).toEqual(["overfit.gap: 0.1 error", "latency.p95_ms: 20 error"]);
    expect(written("leakage: off").some((line) => line.startsWith("leakage"))).toBe(false);
    expect(changed("overlap: error")).toEqual(["overlap.ids: 0 error", "overlap.dates: 0 error"]);
    expect(changed("overlap: { ids: off, dates: 1% }")).toEqual(["overlap.dates: 0.01 error"]);
    expect(changed("leakage: { difference: error }")).toEqual(["leakage.difference: 0.2 error"]);
  });

  it("reads the columns of fairness, and shows gaps that no bound is written for", () => {
    const { fairnessColumns } = readChecks("fairness: { columns: [sex, age group] }");
    expect(fairnessColumns).toEqual(["sex", "age group"]);
    expect(readChecks("fairness: [sex]").fairnessColumns).toEqual(["sex"]);
    expect(readChecks("fairness: sex").fairnessColumns).toEqual(["sex"]);
    expect(changed("fairness: { columns: sex, demographic_parity_difference: 0.1 }")).toEqual([
      "fairness.demographic_parity_difference: 0.1 error",
      "fairness.equalized_odds_difference: shown warn",
      "fairness.equal_opportunity_difference: shown warn",
    ]);
    expect(changed("fairness: off")).toEqual([]);
  });

  it("reads the metric of overfit", () => {
    expect(readChecks("overfit: { metric: roc_auc, gap: 5% }").overfitMetric).toBe("roc_auc");
    expect(readChecks("overfit: 5%").overfitMetric).toBeNull();
  });

  it.each([
    ["leakge: off", 'There is no check "leakge". Did you mean leakage?'],
    ["a: 1", `There is no check "a". Known are ${CHECK_NAMES.join(", ")}.`],
    ["overlap: { id: 0 }", 'overlap has no "id". Did you mean ids?'],
    [
      "overfit: a lot",
      'overfit is "a lot": expected off, on, warn, error, or a bound such as 0.15, 15% or 15% warn.',
    ],
    ["overfit: 15", "overfit is 15: expected a bound from 0 to 1, or one in percent such as 15%."],
    [
      "overfit: -0.1",
      "overfit is -0.1: expected off, on, warn, error, or a bound such as 0.15, 15% or 15% warn.",
    ],
    ["leakage: 3", "leakage is 3: expected a bound from 0 to 1."],
    [
      "latency: { p95_ms: fast }",
      'latency.p95_ms is "fast": expected off, on, warn, error, or a bound such as 50 or 50 warn.',
    ],
    ["size: 5%", 'size is "5%": expected off, on, warn, error, or a bound such as 50 or 50 warn.'],
    [
      "size: error",
      "size: error has no bound to judge by; write one, such as `size: { mb: 50 error }`.",
    ],
    [
      "fairness: on",
      "fairness needs the columns whose values are the groups, such as `fairness: { columns: [sex], equalized_odds_difference: 0.1 }`.",
    ],
    [
      "overfit: { metric: acuracy }",
      'overfit.metric is "acuracy": expected the name of a metric. Did you mean accuracy?',
    ],
    [
      "maybe",
      "expected off, on, warn, error or a map of checks, such as `{ leakage: off, overfit: 0.15 }`.",
    ],
    [
      "[leakage]",
      "expected off, on, warn, error or a map of checks, such as `{ leakage: off, overfit: 0.15 }`.",
    ],
    [
      "{ leakge: off, size: 5% }",
      'There is no check "leakge". Did you mean leakage? size is "5%": expected off, on, warn, error, or a bound such as 50 or 50 warn.',
    ],
    [
      "{ leakage: null }",
      "leakage is null: expected off, on, warn, error, or a bound such as 0.15 or 0.15 warn.",
    ],
  ])("refuses %s", (raw, message) => {
    expect(() => readChecks(raw)).toThrow(new Error(message));
  });

  it("refuses text that is no YAML, and a map with a key twice", () => {
    expect(() => readChecks("{ leakage: off")).toThrow(/^expected YAML; /);
    expect(() => readChecks("leakage: off\nleakage: on")).toThrow(/^expected YAML; .*unique/);
  });
});
