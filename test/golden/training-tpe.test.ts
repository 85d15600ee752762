import { describe, expect, it } from "vitest";
import { normalSf } from "#stats";
import { suggest, type ParamValue, type SearchSpace, type Trial } from "#training";
import { readGolden } from "./golden-file.ts";

interface TpeCase {
  readonly name: string;
  readonly input: {
    readonly space: readonly {
      readonly name: string;
      readonly type: "float" | "int" | "categorical";
      readonly low?: number;
      readonly high?: number;
      readonly log?: boolean;
      readonly choices?: readonly string[];
    }[];
    readonly trials: number;
    readonly seeds: number;
    readonly first_seed: number;
  };
  readonly expected: Readonly<
    Record<"tpe" | "random", { readonly q3: number; readonly best_by_seed: readonly number[] }>
  >;
}

type Params = Readonly<Record<string, ParamValue>>;

const at = (params: Params, name: string): number => Number(params[name]);

const hartmann = {
  alpha: [1, 1.2, 3, 3.2],
  scales: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  places: [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ],
} as const;

/** The functions that the golden file names, as its `formula` gives them. */
const functions: Readonly<Record<string, (params: Params) => number>> = {
  "sphere-2d": (params) => (at(params, "x1") - 1) ** 2 + (at(params, "x2") + 2) ** 2,
  branin: (params) => {
    const [x1, x2] = [at(params, "x1"), at(params, "x2")];
    const bowl = x2 - (5.1 / (4 * Math.PI ** 2)) * x1 ** 2 + (5 / Math.PI) * x1 - 6;
    return bowl ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x1) + 10;
  },
  hartmann6: (params) =>
    -hartmann.alpha.reduce((sum, alpha, row) => {
      const distance = (hartmann.scales[row] ?? []).reduce(
        (total, scale, column) =>
          total +
          scale * (at(params, `x${column + 1}`) - (hartmann.places[row]?.[column] ?? 0)) ** 2,
        0,
      );
      return sum + alpha * Math.exp(-distance);
    }, 0),
  mixed: (params) => {
    const penalty = new Map<ParamValue | undefined, number>([
      ["gbtree", 0],
      ["dart", 0.2],
      ["gblinear", 1],
    ]);
    return (
      (penalty.get(params["booster"]) ?? Number.NaN) +
      (Math.log(at(params, "lr")) - Math.log(0.05)) ** 2 / 4 +
      ((at(params, "depth") - 6) / 4) ** 2 +
      (at(params, "subsample") - 0.8) ** 2 * 5
    );
  },
};

function toSpace(case_: TpeCase): SearchSpace {
  return case_.input.space.map(({ name, type, low = 0, high = 0, log = false, choices = [] }) => {
    if (type === "categorical") return { kind: "choice", name, choices };
    return type === "int"
      ? { kind: "int", name, low, high, log, step: 1 }
      : { kind: "float", name, low, high, log, step: null };
  });
}

function findBest(case_: TpeCase, algorithm: "tpe" | "random", seed: number): number {
  const objective = functions[case_.name];
  if (objective === undefined) throw new Error(`no function ${case_.name}`);
  const space = toSpace(case_);
  const trials: Trial[] = [];
  for (let number = 0; number < case_.input.trials; number += 1) {
    const params = suggest({ direction: "minimize", trials }, space, { algorithm, seed, number });
    trials.push({ number, params, state: "complete", objective: objective(params), steps: [] });
  }
  return Math.min(...trials.map(({ objective }) => objective ?? Infinity));
}

/** One-sided p of Mann and Whitney's U that `ours` are larger (worse), by the normal law with continuity correction. */
function testWorse(ours: readonly number[], theirs: readonly number[]): number {
  const wins = ours.reduce(
    (sum, value) =>
      sum +
      theirs.reduce((count, other) => count + (value > other ? 1 : value === other ? 0.5 : 0), 0),
    0,
  );
  const pairs = ours.length * theirs.length;
  const deviation = Math.sqrt((pairs * (ours.length + theirs.length + 1)) / 12);
  return normalSf((wins - pairs / 2 - 0.5) / deviation);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

describe.each(readGolden<TpeCase>("tpe.json").map((case_) => [case_.name, case_] as const))(
  "search on %s",
  (_, case_) => {
    const seeds = Array.from(
      { length: case_.input.seeds },
      (_, index) => case_.input.first_seed + index,
    );
    const tpe = seeds.map((seed) => findBest(case_, "tpe", seed));

    it("ends by TPE within noise of Optuna 5's at the same number of trials", () => {
      expect(testWorse(tpe, case_.expected.tpe.best_by_seed)).toBeGreaterThan(0.001);
      expect(median(tpe)).toBeLessThanOrEqual(case_.expected.tpe.q3);
    });

    it("ends at random within noise of Optuna's random search, and by TPE far below", () => {
      const random = seeds.map((seed) => findBest(case_, "random", seed));
      expect(testWorse(random, case_.expected.random.best_by_seed)).toBeGreaterThan(0.001);
      expect(testWorse(random, tpe)).toBeLessThan(0.001);
    });
  },
);
