import { describe, expect, it } from "vitest";
import { InputError } from "./errors.ts";
import { parseSettings, resolveSettings } from "./settings.ts";

const names = {
  "train-model": ["model", "data", "params", "seed", "token", "command"],
  "deploy-cloud-run": ["service", "project", "allow-unauthenticated"],
};
const parse = (text: string) => parseSettings(text, "slipway.yml", names);
const refusal = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("was not refused");
};

const file = `
models:
  weather:
    target: weather
    id: station_day
    code: [train.py, features/**]
    train-model: { data: data/*.csv, params: { depth: 6 }, seed: 007 }
    deploy-cloud-run: { service: weather-api, allow-unauthenticated: true }
    environments:
      staging: { deploy-cloud-run: { project: acme-staging } }
defaults:
  destination: gs://acme
  train-model: { seed: 7, command: python train.py }
`;

describe("slipway.yml", () => {
  it("gives an action its settings, the model's before the defaults", () => {
    const resolved = resolveSettings(parse(file), {
      model: null,
      environment: null,
      action: "train-model",
    });
    expect(resolved.model).toBe("weather");
    expect(resolved.inputs).toEqual({
      data: { text: "data/*.csv", line: 7 },
      params: { text: "depth: 6", line: 7 },
      seed: { text: "007", line: 7 },
      command: { text: "python train.py", line: 13 },
    });
    expect(resolved.facts["code"]).toEqual({
      text: "train.py\nfeatures/**",
      list: ["train.py", "features/**"],
      line: 6,
    });
    expect(resolved.facts["destination"]).toEqual({ text: "gs://acme", line: 12 });
  });

  it("lets the environment win", () => {
    const resolved = resolveSettings(parse(file), {
      model: "weather",
      environment: "staging",
      action: "deploy-cloud-run",
    });
    expect(resolved.inputs["project"]).toEqual({ text: "acme-staging", line: 10 });
    expect(resolved.inputs["service"]?.text).toBe("weather-api");
    expect(resolved.inputs["allow-unauthenticated"]?.text).toBe("true");
  });

  it("reports every fault with its line and the nearest name", () => {
    const faulty = `
modells: {}
models:
  weather:
    tarjet: weather
    train-model: { daata: x, token: abc }
    train_model: {}
    environments:
      staging: { deploy-cloud-runn: {} }
  "bad name": {}
  list: [1]
`;
    expect(refusal(faulty)).toBe(
      [
        'slipway.yml line 2: unknown key "modells". Did you mean models?',
        'slipway.yml line 5: unknown key "tarjet" in weather. Did you mean target?',
        'slipway.yml line 6: train-model has no input "daata". Did you mean data?',
        "slipway.yml line 6: train-model.token is a secret. Give it to the step from secrets.* instead: this file is read by everyone.",
        'slipway.yml line 7: unknown key "train_model" in weather. Did you mean train-model?',
        'slipway.yml line 9: unknown action "deploy-cloud-runn" in environment staging. Did you mean deploy-cloud-run?',
        'slipway.yml line 10: "bad name" is no model name.',
        "slipway.yml line 11: list must be a map of keys and values.",
      ].join("\n"),
    );
  });

  it("refuses a token in plain text and broken YAML", () => {
    expect(
      refusal(`models: { m: { train-model: { command: "x ghp_${"a".repeat(36)}" } } }`),
    ).toContain("a token or key stands here");
    expect(refusal("models: [")).toContain("slipway.yml line 1: is not YAML");
  });

  it("is empty when the file is", () => {
    expect(
      resolveSettings(parse(""), { model: null, environment: "production", action: "train-model" }),
    ).toEqual({
      model: null,
      facts: {},
      inputs: {},
    });
  });

  it("asks for the model among several, and for an environment that is there", () => {
    const two = parse("models: { a: { environments: { prod: {} } }, b: }");
    expect(() => resolveSettings(two, { model: null, environment: null, action: "x" })).toThrow(
      "has 2 models (a, b)",
    );
    expect(() => resolveSettings(two, { model: "a", environment: "pord", action: "x" })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_ENVIRONMENT", hint: "Did you mean prod?" }),
    );
    expect(resolveSettings(two, { model: "b", environment: "prod", action: "x" }).inputs).toEqual(
      {},
    );
  });

  it("refuses a model that a file with models does not name: a slip would make another one", () => {
    const one = parse("models: { churn: }");
    const query = { model: "chrun", environment: null, action: "x" };
    expect(() => resolveSettings(one, query)).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_MODEL",
        message: 'slipway.yml has no model "chrun".',
        hint: expect.stringMatching(
          /^Did you mean churn\? A further model needs at least its name/,
        ),
      }),
    );
    expect(resolveSettings(parse("models: { chrun: }"), query).model).toBe("chrun");
  });

  it("takes an environment of the defaults for every model", () => {
    const settings = parse(
      "models: { m: }\ndefaults: { environments: { prod: { deploy-cloud-run: { project: p } } } }",
    );
    const query = { model: "m", environment: "prod", action: "deploy-cloud-run" };
    expect(resolveSettings(settings, query).inputs["project"]?.text).toBe("p");
  });

  it("says when a part must be a map, and takes any model where the file names none", () => {
    expect(refusal("- a")).toBe("slipway.yml line 1: the file must be a map of keys and values.");
    expect(refusal("models: { m: { train-model: { 1: x } } }")).toContain('has no input "1"');
    const stranger = { model: "other", environment: null, action: "train-model" };
    expect(
      resolveSettings(parse("defaults: { train-model: { seed: 1 } }"), stranger).inputs,
    ).toEqual({
      seed: { text: "1", line: 1 },
    });
  });

  it("writes lists and maps as the input's text", () => {
    const settings = parse(
      "models: { m: { train-model: { data: [a, 1], params: [{ a: 1 }], command: , seed: 1e3 } } }",
    );
    const { inputs } = resolveSettings(settings, {
      model: "m",
      environment: null,
      action: "train-model",
    });
    expect(inputs["data"]?.text).toBe("a\n1");
    expect(inputs["params"]?.text).toBe("- a: 1");
    expect(inputs["command"]?.text).toBe("");
    expect(inputs["seed"]?.text).toBe("1e3");
  });
});
