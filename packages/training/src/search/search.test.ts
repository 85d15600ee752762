import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countGrid } from "./grid.ts";
import { parseObjective } from "./objective.ts";
import { shouldPrune } from "./pruners.ts";
import { listTrialNumbers, mergeTrials, parseShard } from "./shards.ts";
import type { SearchSpace } from "./space.ts";
import { parseSearchSpace } from "./space.ts";
import { suggest } from "./suggest.ts";
import type { Trial } from "./trial.ts";
import { findBestTrial } from "./trial.ts";

function makeTrial(number: number, facts: Partial<Trial> = {}): Trial {
  return { number, params: {}, state: "complete", objective: 0, steps: [], ...facts };
}

describe("parseSearchSpace", () => {
  it("reads every form", () => {
    const space = parseSearchSpace({
      model: ["trees", "mlp"],
      impute: { choice: ["mean", "median"] },
      max_leaves: { int: [7, 127], log: true },
      trees: { int: [50, 320], step: 50 },
      subsample: { float: [0.5, 1] },
      learning_rate: { log: [0.01, 0.3] },
      max_bins: 255,
    });
    expect(space).toEqual([
      { kind: "choice", name: "model", choices: ["trees", "mlp"] },
      { kind: "choice", name: "impute", choices: ["mean", "median"] },
      { kind: "int", name: "max_leaves", low: 7, high: 127, log: true, step: 1 },
      { kind: "int", name: "trees", low: 50, high: 300, log: false, step: 50 },
      { kind: "float", name: "subsample", low: 0.5, high: 1, log: false, step: null },
      { kind: "float", name: "learning_rate", low: 0.01, high: 0.3, log: true, step: null },
      { kind: "choice", name: "max_bins", choices: [255] },
    ]);
  });

  it.each([
    [{ a: { int: [5, 1] } }, "search.a: int must hold two numbers, the lower first; found [5, 1]."],
    [{ a: { int: [1, 2.5] } }, "search.a: int must hold whole numbers; found [1, 2.5]."],
    [{ a: { log: [0, 1] } }, "search.a: a range by ratio must start above 0; found 0."],
    [{ a: { float: [0, 1], stepp: 1 } }, "search.a: stepp says nothing beside float."],
    [{ a: { flaot: [0, 1] } }, "search.a: has flaot, but no list of choice, int, float or log."],
    [{ a: { int: [1, 4], float: [1, 4] } }, "search.a: has both int and float; one was expected."],
    [{ a: ["x", "x"] }, "search.a: a choice stands there twice."],
    [{ a: [] }, "search.a: its choices must be one or more texts, numbers or booleans."],
    [{ a: { float: [1, 4], step: 1, log: true } }, "search.a: step and log do not go together."],
    [{ a: null }, "search.a: null is no value, list or range."],
    [{}, "search has no params to vary; a map of params to their ranges was expected."],
    [["a"], "search has no params to vary; a map of params to their ranges was expected."],
  ])("refuses %j", (written, message) => {
    expect(() => parseSearchSpace(written)).toThrow(message);
  });

  it("lists every fault at once", () => {
    expect(() => parseSearchSpace({ a: { int: [5, 1] }, b: [] })).toThrow(
      /search\.a.*\n.*search\.b/s,
    );
  });
});

const space: SearchSpace = parseSearchSpace({
  rate: { log: [1e-4, 1] },
  leaves: { int: [2, 64], log: true },
  depth: { int: [1, 9], step: 2 },
  share: { float: [0, 1], step: 0.1 },
  free: { float: [-3, 3] },
  kind: ["a", "b", "c"],
  flag: [true, false],
});

function isWithin(params: Readonly<Record<string, unknown>>): boolean {
  return space.every((dimension) => {
    const value = params[dimension.name];
    if (dimension.kind === "choice") return dimension.choices.some((choice) => choice === value);
    if (typeof value !== "number" || value < dimension.low || value > dimension.high) return false;
    const steps = dimension.step === null ? 0 : (value - dimension.low) / dimension.step;
    return Math.abs(steps - Math.round(steps)) < 1e-9;
  });
}

/** Runs a search whose objective is how far `rate` is from 0.01, by ratio, plus a toll on the kind. */
function runSearch(algorithm: "random" | "tpe", seed: number, trials: number): Trial[] {
  const done: Trial[] = [];
  for (let number = 0; number < trials; number += 1) {
    const params = suggest({ direction: "minimize", trials: done }, space, {
      algorithm,
      seed,
      number,
    });
    const objective =
      Math.abs(Math.log(Number(params["rate"]) / 0.01)) + (params["kind"] === "b" ? 0 : 1);
    done.push(makeTrial(number, { params, objective }));
  }
  return done;
}

describe("suggest", () => {
  it.each(["random", "tpe"] as const)("%s stays within the space, on its steps", (algorithm) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(runSearch(algorithm, seed, 16).every(({ params }) => isWithin(params))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("gives the same params for the same seed, number and history", () => {
    expect(runSearch("tpe", 5, 20)).toEqual(runSearch("tpe", 5, 20));
    expect(runSearch("tpe", 5, 3)).not.toEqual(runSearch("tpe", 6, 3));
  });

  it("draws at random for ten trials and then learns", () => {
    const tpe = runSearch("tpe", 3, 60);
    expect(tpe.slice(0, 10)).toEqual(runSearch("random", 3, 10));
    const mean = (trials: readonly Trial[]): number =>
      trials.reduce((sum, { objective }) => sum + (objective ?? 0), 0) / trials.length;
    expect(mean(tpe.slice(40))).toBeLessThan(0.5 * mean(tpe.slice(0, 10)));
  });

  it("learns as well from a maximised objective", () => {
    const turned = (direction: "minimize" | "maximize", sign: number) => ({
      direction,
      trials: runSearch("random", 4, 30).map((trial) => ({
        ...trial,
        objective: sign * (trial.objective ?? 0),
      })),
    });
    const options = { algorithm: "tpe", seed: 1, number: 30 } as const;
    expect(suggest(turned("minimize", 1), space, options)).toEqual(
      suggest(turned("maximize", -1), space, options),
    );
  });

  it("leaves failed and running trials, and those of another space, out of what it learns", () => {
    const done = runSearch("random", 4, 30);
    const odd = [
      makeTrial(30, { params: done[0]?.params ?? {}, state: "failed", objective: null }),
      makeTrial(31, { params: done[1]?.params ?? {}, state: "running", objective: null }),
      makeTrial(32, { params: { other: 1 }, objective: -100 }),
    ];
    const options = { algorithm: "tpe", seed: 1, number: 40 } as const;
    const ask = (trials: readonly Trial[]) =>
      suggest({ direction: "minimize", trials }, space, options);
    expect(ask([...done, ...odd])).toEqual(ask(done));
  });

  it("ranks pruned trials behind complete ones", () => {
    const done = runSearch("random", 4, 30);
    const pruned = makeTrial(30, {
      params: done[0]?.params ?? {},
      state: "pruned",
      objective: null,
      steps: [{ step: 1, value: -1000 }],
    });
    expect(findBestTrial({ direction: "minimize", trials: [...done, pruned] })).toBe(
      findBestTrial({ direction: "minimize", trials: done }),
    );
  });

  it("goes through a grid once, the last param fastest", () => {
    const grid = parseSearchSpace({
      a: [1, 2],
      b: { int: [4, 8], step: 2 },
      c: { float: [0, 0.3], step: 0.1 },
    });
    expect(countGrid(grid)).toBe(24);
    const points = Array.from({ length: 24 }, (_, number) =>
      suggest({ direction: "minimize", trials: [] }, grid, { algorithm: "grid", seed: 1, number }),
    );
    expect(points[0]).toEqual({ a: 1, b: 4, c: 0 });
    expect(points[3]).toEqual({ a: 1, b: 4, c: 0.3 });
    expect(points[4]).toEqual({ a: 1, b: 6, c: 0 });
    expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(24);
  });

  it("makes no grid of a range without steps, nor one that never ends", () => {
    expect(() => countGrid(parseSearchSpace({ a: { float: [0, 1] } }))).toThrow(
      /range without a step/,
    );
    expect(() => countGrid(parseSearchSpace({ a: { int: [1, 1e6] } }))).toThrow(/1000000 points/);
  });
});

describe("shouldPrune", () => {
  const complete = [1, 2, 3, 4, 5].map((value, number) =>
    makeTrial(number, {
      objective: value,
      steps: [
        { step: 1, value: value + 1 },
        { step: 2, value },
      ],
    }),
  );
  const running = (...values: number[]): Trial =>
    makeTrial(9, {
      state: "running",
      objective: null,
      steps: values.map((value, index) => ({ step: index + 1, value })),
    });
  const history = { direction: "minimize", trials: complete } as const;

  it("gives up what is worse than the median at the same step", () => {
    expect(shouldPrune(running(4.5), history, { kind: "median" })).toBe(true);
    expect(shouldPrune(running(4), history, { kind: "median" })).toBe(false);
  });

  it("judges by the best report so far", () => {
    expect(shouldPrune(running(2.9, 50), history, { kind: "median" })).toBe(false);
    expect(shouldPrune(running(9, 3.5), history, { kind: "median" })).toBe(true);
  });

  it("turns round for a maximised objective", () => {
    const turned = { ...history, direction: "maximize" } as const;
    expect(shouldPrune(running(3.5), turned, { kind: "median" })).toBe(true);
    expect(shouldPrune(running(4.5), turned, { kind: "median" })).toBe(false);
  });

  it("waits for five complete trials and for the warm-up", () => {
    const early = { ...history, trials: complete.slice(1) };
    expect(shouldPrune(running(99), early, { kind: "median" })).toBe(false);
    expect(shouldPrune(running(99), history, { kind: "median", warmupSteps: 2 })).toBe(false);
    expect(shouldPrune(running(99, 99), history, { kind: "median", warmupSteps: 2 })).toBe(true);
  });

  it("gives up a trial that reports nothing but NaN", () => {
    expect(shouldPrune(running(Number.NaN), history, { kind: "median" })).toBe(true);
  });

  it("lets the best quarter of a rung go on", () => {
    const halving = { kind: "successive-halving" } as const;
    const first = { ...history, trials: complete.slice(0, 3) };
    expect(shouldPrune(running(1.9), first, halving)).toBe(false);
    expect(shouldPrune(running(2.1), first, halving)).toBe(true);
    const eight = [
      ...complete,
      makeTrial(5, { steps: [{ step: 1, value: 2.5 }] }),
      makeTrial(6, { steps: [{ step: 1, value: 9 }] }),
    ];
    expect(shouldPrune(running(2.4), { ...history, trials: eight }, halving)).toBe(false);
    expect(shouldPrune(running(2.6), { ...history, trials: eight }, halving)).toBe(true);
  });

  it("asks only at rungs", () => {
    const halving = { kind: "successive-halving", minSteps: 4 } as const;
    expect(shouldPrune(running(9, 9), history, halving)).toBe(false);
    expect(shouldPrune(running(1, 99), history, { kind: "successive-halving" })).toBe(false);
  });

  it("prunes nothing when told to", () => {
    expect(shouldPrune(running(99), history, { kind: "none" })).toBe(false);
  });
});

describe("shards", () => {
  it("deal every trial to exactly one job", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 100 }),
        (count, trials) => {
          const dealt = Array.from({ length: count }, (_, job) =>
            listTrialNumbers({ index: job + 1, count }, trials),
          ).flat();
          expect(dealt.sort((a, b) => a - b)).toEqual(
            Array.from({ length: trials }, (_, number) => number),
          );
        },
      ),
    );
  });

  it("join in the order of their numbers, each trial once", () => {
    const merged = mergeTrials([[makeTrial(0), makeTrial(2)], [makeTrial(1)], [makeTrial(2)]]);
    expect(merged.map(({ number }) => number)).toEqual([0, 1, 2]);
  });

  it("of different searches are told apart", () => {
    expect(() => mergeTrials([[makeTrial(0)], [makeTrial(0, { objective: 1 })]])).toThrow(
      /Trial 0 stands in two shards/,
    );
  });

  it("are read from i/n", () => {
    expect(parseShard(" 2/4 ")).toEqual({ index: 2, count: 4 });
    for (const wrong of ["0/4", "5/4", "2", "a/b", ""]) {
      expect(() => parseShard(wrong)).toThrow(/i\/n/);
    }
  });
});

describe("parseObjective", () => {
  it("reads direction and metric", () => {
    expect(parseObjective("maximize f1_macro")).toEqual({
      direction: "maximize",
      metric: "f1_macro",
    });
    expect(parseObjective("Minimise recall(rain)")).toEqual({
      direction: "minimize",
      metric: "recall(rain)",
    });
  });

  it("refuses anything else", () => {
    expect(() => parseObjective("f1")).toThrow(/`maximize <metric>`/);
  });
});
