import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "./errors.ts";
import { measureName, parseThresholds, referencesOf } from "./thresholds.ts";

const vocabulary = {
  metrics: ["accuracy", "f1_macro", "rmse", "recall", "psi", "mean", "auc", "p95_ms", "f_beta"],
};
const parse = (text: string) => parseThresholds(text, vocabulary);
const one = (text: string) => {
  const [threshold] = parse(text);
  if (threshold === undefined) throw new Error("nothing was parsed");
  return threshold;
};
const refusal = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("was not refused");
};

describe("parseThresholds", () => {
  it("reads a plain bound", () => {
    expect(one("accuracy >= 0.90")).toEqual({
      text: "accuracy >= 0.90",
      line: 1,
      metric: "accuracy",
      argument: null,
      slice: null,
      bounds: [{ operator: ">=", limit: { kind: "number", value: 0.9 } }],
      level: "error",
    });
  });

  it("reads a percentage as a share", () => {
    expect(one("accuracy >= 90%").bounds[0]?.limit).toEqual({ kind: "number", value: 0.9 });
  });

  it("reads references with an absolute and with a relative offset", () => {
    expect(one("f1_macro >= production - 0.01").bounds[0]?.limit).toEqual({
      kind: "reference",
      reference: "production",
      offset: -0.01,
      relative: false,
    });
    expect(one("rmse <= production + 2%").bounds[0]?.limit).toEqual({
      kind: "reference",
      reference: "production",
      offset: 0.02,
      relative: true,
    });
    expect(one("p95_ms <= stable").bounds[0]?.limit).toEqual({
      kind: "reference",
      reference: "stable",
      offset: 0,
      relative: false,
    });
  });

  it("takes a version as a reference", () => {
    expect(one("accuracy > v1.2.3-rc.1").bounds[0]?.limit).toMatchObject({
      reference: "v1.2.3-rc.1",
    });
    expect(one("accuracy > v1.2.3 - 1e-3").bounds[0]?.limit).toMatchObject({
      reference: "v1.2.3",
      offset: -0.001,
    });
  });

  it("reads two-sided bounds from the metric's side", () => {
    expect(one("0.5 <= auc <= production + 0.05").bounds).toEqual([
      { operator: ">=", limit: { kind: "number", value: 0.5 } },
      {
        operator: "<=",
        limit: { kind: "reference", reference: "production", offset: 0.05, relative: false },
      },
    ]);
    expect(one("0.9 > auc").bounds).toEqual([
      { operator: "<", limit: { kind: "number", value: 0.9 } },
    ]);
  });

  it("reads arguments, slices and quoted names", () => {
    expect(one("recall[region=EU] >= 0.8").slice).toEqual({ column: "region", value: "EU" });
    expect(one("accuracy[region] >= 0.75").slice).toEqual({ column: "region", value: null });
    expect(one('recall("heavy # rain")["my column"="a ] b"] >= 1')).toMatchObject({
      argument: "heavy # rain",
      slice: { column: "my column", value: "a ] b" },
    });
    expect(one("psi(*) <= 0.2 warn")).toMatchObject({ argument: "*", level: "warn" });
    expect(one("f_beta( 2 ) >= 0.5").argument).toBe("2");
  });

  it("takes any number of the run's own metrics", () => {
    expect(one("run.val_loss <= 0.4").metric).toBe("run.val_loss");
  });

  it("leaves out comments and empty lines and keeps line numbers", () => {
    const thresholds = parse("# all of them\n\naccuracy >= 0.9 # good\r\nrmse < 3");
    expect(thresholds.map(({ line, text }) => [line, text])).toEqual([
      [3, "accuracy >= 0.9"],
      [4, "rmse < 3"],
    ]);
  });

  it("reports all bad lines at once with line, column and the nearest name", () => {
    expect(refusal("acuracy >= 0.9\naccuracy >=\nrmse <= prodution\nauc >= 0.5 please")).toBe(
      [
        'Threshold line 1, column 1: there is no metric "acuracy". Did you mean accuracy?',
        "Threshold line 2, column 12: expected a number or a reference such as production, found the end of the line.",
        'Threshold line 3, column 9: "prodution" is no reference. Did you mean production?',
        'Threshold line 4, column 12: expected the end of the line, found "please".',
      ].join("\n"),
    );
  });

  it.each([
    ["accuracy", "expected a comparison"],
    [">= 0.9", "expected a metric's name"],
    ["recall(rain >= 0.9", "expected something and then )"],
    ["recall() >= 0.9", "expected something and then )"],
    ["recall[ >= 0.9", "expected ]"],
    ["recall[] >= 0.9", "expected a column's name"],
    ["recall[a=] >= 0.9", "expected a value"],
    ["accuracy >= production - lots", "expected a number or a percentage"],
    ["0.5 accuracy", "expected a comparison"],
  ])("refuses %s", (text, why) => {
    expect(refusal(text)).toContain(why);
  });

  it("never ends in anything but thresholds or an InputError", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });
});

describe("measureName", () => {
  it("is the metric with its argument and slice", () => {
    expect(measureName(one("recall(rain)[region=EU] >= 1"))).toBe("recall(rain)[region=EU]");
    expect(measureName(one("accuracy[region] >= 1"))).toBe("accuracy[region]");
  });
});

describe("referencesOf", () => {
  it("names each reference once", () => {
    expect(
      referencesOf(
        parse("accuracy >= production\nrmse <= production\nauc >= latest - 1\nauc >= 0.5"),
      ),
    ).toEqual(["production", "latest"]);
  });
});
