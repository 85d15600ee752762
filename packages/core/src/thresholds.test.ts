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

describe("a bound that is no condition", () => {
  const ranges = new Map([
    ["accuracy", { low: 0, high: 1 }],
    ["auc", { low: 0, high: 1 }],
    ["mcc", { low: -1, high: 1 }],
    ["rmse", { low: 0, high: Number.POSITIVE_INFINITY }],
    ["r2", { low: Number.NEGATIVE_INFINITY, high: 1 }],
  ]);
  const strict = {
    metrics: [...ranges.keys(), "mean"],
    rangeOf: (metric: string) => ranges.get(metric),
  };
  const told = (text: string): string | null => {
    try {
      parseThresholds(text, strict);
      return null;
    } catch (error) {
      return error instanceof InputError ? error.message : String(error);
    }
  };

  it.each([
    [
      "accuracy >= 90",
      "Threshold line 1, column 13: accuracy lies between 0 and 1, so >= 90 can never hold. Did you mean 0.9 or 90 %?",
    ],
    [
      "auc >= 1.2",
      "Threshold line 1, column 8: auc lies between 0 and 1, so >= 1.2 can never hold.",
    ],
    ["rmse <= -1", "Threshold line 1, column 9: rmse is at least 0, so <= -1 can never hold."],
    ["rmse < 0", "Threshold line 1, column 8: rmse is at least 0, so < 0 can never hold."],
    [
      "accuracy[region=EU] <= 90",
      "Threshold line 1, column 24: accuracy lies between 0 and 1, so <= 90 always holds. Did you mean 0.9 or 90 %?",
    ],
    ["r2 == 3", "r2 is at most 1, so == 3 can never hold. Did you mean 0.03 or 3 %?"],
    [
      "0.5 <= mcc <= 80",
      "Threshold line 1, column 15: mcc lies between -1 and 1, so <= 80 always holds. Did you mean 0.8 or 80 %?",
    ],
    ["70 <= accuracy <= 0.9", "column 1: accuracy lies between 0 and 1, so >= 70 can never hold."],
    [
      "accuracy >= production - 1",
      "accuracy lies between 0 and 1, so >= production - 1 always holds. Did you mean production - 0.01, or production - 1%?",
    ],
    [
      "accuracy <= production + 2 warn",
      "so <= production + 2 always holds. Did you mean production + 0.02, or production + 2%?",
    ],
    ["accuracy >= production + 1", "so >= production + 1 can never hold."],
    ["rmse <= production - 100%", "rmse is at least 0, so <= production - 100% can never hold."],
  ])("is refused: %s", (text, message) => {
    expect(told(text)).toContain(message);
  });

  it.each([
    "accuracy >= 0",
    "accuracy <= 1",
    "accuracy >= 100%",
    "rmse == 0",
    "rmse <= 1000",
    "rmse <= production + 30",
    "r2 >= -4",
    "mcc >= production - 1.5",
    "mcc >= production - 100%",
    "mean(score) >= 90",
    "run.accuracy >= 90",
    "accuracy == production",
  ])("is not mistaken for one that can go either way: %s", (text) => {
    expect(told(text)).toBeNull();
  });

  it("is told with every other fault of the lines", () => {
    expect(told("accuracy >= 90\nacuracy >= 0.9")?.split("\n")).toHaveLength(2);
  });
});

describe("a line outside of the grammar", () => {
  it.each([
    ["accuracy >= production * 0.99", "accuracy >= production - 1%"],
    ["accuracy >= 0.99 * production warn", "accuracy >= production - 1% warn"],
    ["accuracy >= 99% of v1.2.0", "accuracy >= v1.2.0 - 1%"],
    ["p95_ms <= stable * 1.1", "p95_ms <= stable + 10%"],
    ["rmse <= production / 0.8", "rmse <= production + 25%"],
    ["auc >= baseline*1", "auc >= baseline"],
    ["production - 0.01 <= accuracy", "accuracy >= production - 0.01"],
    ["latest < f1_macro warn", "f1_macro > latest warn"],
    ["recall(rain)[region=EU] ≥ 0.8", "recall(rain)[region=EU] >= 0.8"],
    ["accuracy => 0.9", "accuracy >= 0.9"],
    ["mean(errors) = 0", "mean(errors) == 0"],
    ["rmse <= 40_000", "rmse <= 40000"],
    ["rmse <= 1,040,000 warn", "rmse <= 1040000 warn"],
    ["accuracy >= 0,8", "accuracy >= 0.8"],
    ["accuracy >= 0,875", "accuracy >= 0.875"],
    ["f1-macro >= 0.8", "f1_macro >= 0.8"],
    ["accuracy >= 0.8 warning", "accuracy >= 0.8 warn"],
  ])("is refused with the line that says the same: %s", (line, meant) => {
    expect(refusal(line)).toContain(`Did you mean \`${meant}\`?`);
    expect(parse(meant)).toHaveLength(1);
  });

  it("is refused with one line for each of several thresholds", () => {
    expect(refusal("accuracy >= 0.9 and rmse <= 3, auc >= production")).toContain(
      "Write one threshold a line: `accuracy >= 0.9`, then `rmse <= 3`, then `auc >= production`.",
    );
  });

  it.each(["production <= production", "accuracy >= production * many", "accuracy = = 3"])(
    "gets no suggestion that would be refused again: %s",
    (line) => {
      expect(refusal(line)).not.toContain("`");
    },
  );
});
