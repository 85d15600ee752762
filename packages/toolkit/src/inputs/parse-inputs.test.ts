import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flag, oneOf } from "./choice-fields.ts";
import { modelName, url, versionSelector } from "./name-fields.ts";
import { duration, number, parseDurationMs, tolerance } from "./number-fields.ts";
import { inputs, parserOf, rawInputs } from "./parse-inputs.ts";
import { thresholds, yamlMap } from "./structured-fields.ts";
import { lines, names, text } from "./text-fields.ts";

const parse = parserOf(
  inputs({
    model: modelName("Name of the model.", { required: true }),
    version: versionSelector("Which version.", { default: "latest" }),
    "bake-time": duration("How long.", { default: "10m" }),
    steps: names("Steps."),
    data: lines("Files."),
    count: number("How many.", { default: "3", min: 1, max: 5, whole: true }),
    share: number("Which share.", { max: 1 }),
    kind: oneOf(["canary", "blue-green"], "How.", { default: "canary" }),
    "dry-run": flag("Whether.", { default: "false" }),
    url: url("Where.", { protocols: ["https:"] }),
    params: yamlMap("Parameters."),
    thresholds: thresholds("Thresholds.", { vocabulary: { metrics: ["accuracy"] } }),
    secret: text("A secret.", { secret: true }),
  }),
);
const read = (values: Record<string, string>) => parse(rawInputs({ model: "m", ...values }));

describe("inputs", () => {
  it("have their defaults, null where there is none, and camelCase names", () => {
    expect(read({})).toMatchObject({
      model: "m",
      version: "latest",
      bakeTime: 600_000,
      count: 3,
      kind: "canary",
      dryRun: false,
      steps: null,
      url: null,
    });
  });

  it("take an empty text for one not given", () => {
    expect(read({ count: "  ", share: "" })).toMatchObject({ count: 3, share: null });
  });

  it("read lists, maps, flags and thresholds", () => {
    const values = read({
      steps: "5, 25,50",
      data: "a b.csv\n# not this\n\n c.csv",
      params: "depth: 6\nrate: [0.1]",
      "dry-run": "TRUE",
      thresholds: "accuracy >= 0.9",
      version: "1.2.3",
      "bake-time": "1h 30m",
    });
    expect(values).toMatchObject({
      steps: ["5", "25", "50"],
      data: ["a b.csv", "c.csv"],
      params: { depth: 6, rate: [0.1] },
      dryRun: true,
      version: "v1.2.3",
      bakeTime: 5_400_000,
    });
    expect(values.thresholds?.[0]?.metric).toBe("accuracy");
  });

  it("report every fault of every input at once, with what was expected and where it came from", () => {
    const faulty = {
      version: { text: "v1.2", origin: null },
      count: { text: "7", origin: "slipway.yml line 4" },
      share: { text: "1.5", origin: null },
      kind: { text: "canarry", origin: null },
      "dry-run": { text: "yes", origin: null },
      "bake-time": { text: "soon", origin: null },
      url: { text: "http://a", origin: null },
      params: { text: "- 1\n- 2", origin: null },
      thresholds: { text: "acuracy > 1", origin: null },
      stpes: { text: "1", origin: null },
    };
    expect(() => parse(faulty)).toThrow(
      [
        "- Input model is required: Name of the model. Give it in with:, or in slipway.yml.",
        '- Input version is "v1.2": expected latest, previous, a stage or a version such as v1.2.3.',
        '- Input bake-time is "soon": expected a duration such as 90s, 10m or 1h30m.',
        '- Input count (slipway.yml line 4) is "7": expected a whole number from 1 to 5.',
        '- Input share is "1.5": expected a number of at most 1.',
        '- Input kind is "canarry": expected one of canary, blue-green. Did you mean canary?',
        '- Input dry-run is "yes": expected true or false.',
        '- Input url is "http://a": expected a URL that begins with https://.',
        '- Input params is "- 1…": expected a YAML map of names and values, such as `depth: 6`.',
        '- Input thresholds is "acuracy > 1": Threshold line 1, column 1: there is no metric "acuracy". Did you mean accuracy? A threshold is `metric >= bound`, for example `accuracy >= 0.9` or `f1_macro >= production - 0.01`.',
        '- There is no input "stpes". Did you mean steps?',
      ].join("\n"),
    );
  });

  it("never show a secret in a fault", () => {
    const secret = parserOf(inputs({ key: number("A key.", { secret: true }) }));
    expect(() => secret(rawInputs({ key: "hunter2" }))).toThrow("Input key: expected a number.");
  });

  it("name broken YAML", () => {
    expect(() => read({ params: "a: [" })).toThrow("expected YAML;");
  });
});

describe("parseDurationMs", () => {
  it.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["1.5m", 90_000],
    ["2d", 172_800_000],
    ["0", 0],
  ])("reads %s", (text_, milliseconds) => {
    expect(parseDurationMs(text_)).toBe(milliseconds);
  });

  it("adds its parts", () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), (hours, minutes) => {
        expect(parseDurationMs(`${hours}h${minutes}m`)).toBe(hours * 3_600_000 + minutes * 60_000);
      }),
    );
  });
});

describe("a tolerance", () => {
  const read = (text: string) =>
    parserOf(inputs({ tolerance: tolerance("How far apart.") }))(rawInputs({ tolerance: text }));

  it("has an absolute and a relative part, on one line or two", () => {
    expect(read("1e-5, 1e-4")).toEqual({ tolerance: { absolute: 1e-5, relative: 1e-4 } });
    expect(read("1e-5\n1e-4")).toEqual({ tolerance: { absolute: 1e-5, relative: 1e-4 } });
    expect(read("0.01")).toEqual({ tolerance: { absolute: 0.01, relative: 0 } });
  });

  it.each(["much", "1e-5, ", "-1, 0", "1, 2, 3"])("is not %j", (text) => {
    expect(() => read(text)).toThrow("such as `1e-5, 1e-4`");
  });
});
