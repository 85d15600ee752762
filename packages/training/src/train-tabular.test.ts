import { describe, expect, it } from "vitest";
import { countUp, makeTable } from "./sample-tables.ts";
import { trainTabular } from "./train-tabular.ts";

const rows = countUp(200);
const [train, validation] = [
  rows.filter((row) => row % 4 > 0),
  rows.filter((row) => row % 4 === 0),
];
const noise = (row: number): number => ((row * 7919) % 101) / 101 - 0.5;

/** A line that trees can only approximate by steps. */
const line = makeTable({
  x: rows.map((row) => noise(row) * 10),
  z: rows.map((row) => noise(row * 3 + 1)),
  y: rows.map((row) => 3 * noise(row) * 10 + 0.01 * noise(row * 5)),
});

/** A chessboard that a line cannot see. */
const board = makeTable({
  u: rows.map((row) => (row % 20) / 2),
  v: rows.map((row) => Math.floor(row / 20)),
  w: rows.map(noise),
  y: rows.map((row) =>
    (Math.floor((row % 20) / 10) + Math.floor(row / 100)) % 2 === 0 ? "even" : "odd",
  ),
});

describe("trainTabular", () => {
  it("picks the linear model where the world is a line, by validation", () => {
    const result = trainTabular({
      table: line,
      train,
      validation,
      target: "y",
      kinds: ["linear", "trees"],
    });
    expect(result.kind).toBe("linear");
    expect(result.task).toBe("regression");
    const [linear, trees] = result.candidates;
    expect(linear?.validationLoss).toBeLessThan(trees?.validationLoss ?? 0);
    expect(result.metrics.validation["r2"]).toBeGreaterThan(0.99);
    expect(result.importance.columns[0]?.column).toBe("x");
  });

  it("picks trees where the world is a chessboard", () => {
    const result = trainTabular({
      table: board,
      train,
      validation,
      target: "y",
      kinds: ["softmax", "trees"],
      params: { min_child_samples: 5 },
    });
    expect(result.kind).toBe("trees");
    expect(result.classes).toEqual(["even", "odd"]);
    expect(result.metrics.validation["accuracy"]).toBeGreaterThan(0.9);
    expect(result.importance.method).toBe("gain");
    expect(
      result.importance.columns
        .map(({ column }) => column)
        .slice(0, 2)
        .sort(),
    ).toEqual(["u", "v"]);
    const total = result.importance.columns.reduce((sum, { share }) => sum + share, 0);
    expect(total).toBeCloseTo(1, 12);
  });

  it("measures what a network reads by shuffling columns", () => {
    const { importance } = trainTabular({
      table: line,
      train,
      validation,
      target: "y",
      params: { model: "mlp", epochs: 50 },
    });
    expect(importance.method).toBe("permutation");
    expect(importance.columns[0]).toEqual({ column: "x", share: expect.closeTo(1, 1) });
  });

  it("trains on the named features alone", () => {
    const { signature } = trainTabular({
      table: line,
      train,
      validation: [],
      target: "y",
      features: ["z"],
      params: { model: "linear" },
    });
    expect(signature.columns.map(({ name }) => name)).toEqual(["z"]);
  });

  it("reports each step by kind and stops a fit when told", () => {
    const seen: string[] = [];
    const { curve } = trainTabular({
      table: board,
      train,
      validation,
      target: "y",
      params: { model: "trees" },
      report: ({ kind, step }) => {
        seen.push(`${kind} ${step}`);
        return step === 2 ? "stop" : "continue";
      },
    });
    expect(seen).toEqual(["trees 1", "trees 2"]);
    expect(curve).toHaveLength(2);
  });

  it("weighs classes alike with class_weight: balanced", () => {
    const table = makeTable({
      x: rows.map((row) => noise(row)),
      y: rows.map((row) => (row % 10 === 1 ? "rare" : "common")),
    });
    const fit = (class_weight: string) =>
      trainTabular({
        table,
        train: rows,
        validation: [],
        target: "y",
        params: { model: "softmax", class_weight },
      });
    expect(fit("none").metrics.train["accuracy"]).toBeCloseTo(0.9, 6);
    const { trained } = fit("balanced");
    const bias =
      trained.model.kind === "dense"
        ? (trained.model.layers[0]?.bias[0] ?? Number.NaN)
        : Number.NaN;
    expect(Math.abs(bias)).toBeLessThan(0.1);
  });

  it("leaves rows without a target out and says how many", () => {
    const table = makeTable({
      x: rows,
      y: rows.map((row) => (row < 3 ? null : row >= 190 ? "new" : row % 2 === 0 ? "a" : "b")),
    });
    const { notes } = trainTabular({
      table,
      train: countUp(150),
      validation: rows.slice(150),
      target: "y",
      kinds: ["softmax"],
    });
    expect(notes).toContain("3 training rows were left out: no target.");
    expect(notes).toContain(
      "10 validation rows were left out: no target, or a class that the training part lacks.",
    );
  });

  it("uses a column of weights and refuses a negative one", () => {
    const weighted = (weight: number) =>
      makeTable({
        x: rows.map(noise),
        y: rows.map((row) => (row < 100 ? 0 : 10) + noise(row)),
        weight: rows.map((row) => (row < 100 ? weight : 1)),
      });
    const mean = (weight: number) => {
      const { trained } = trainTabular({
        table: weighted(weight),
        train: rows,
        validation: [],
        target: "y",
        weight: "weight",
        params: { model: "linear" },
      });
      return trained.model.kind === "dense" ? (trained.model.layers[0]?.bias[0] ?? 0) : 0;
    };
    expect(mean(1)).toBeCloseTo(5, 0);
    expect(mean(9)).toBeCloseTo(1, 0);
    expect(() => mean(-1)).toThrow(/Row 1 of the weight column weight holds -1/);
  });
});

describe("trainTabular, on what nobody can learn from", () => {
  const request = { table: board, train, validation, target: "y" };

  it("offers the nearest column for an unknown target or feature", () => {
    expect(() => trainTabular({ ...request, table: line, target: "yy" })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_COLUMN", hint: "Did you mean y?" }),
    );
    expect(() => trainTabular({ ...request, features: ["u", "vv", "y"] })).toThrow(
      /features names the column vv, .*\n- features names the target y\./s,
    );
  });

  it("names the class that has one training row", () => {
    const table = makeTable({
      x: rows,
      y: rows.map((row) => (row === 1 ? "odd one" : row % 2 ? "a" : "b")),
    });
    expect(() => trainTabular({ ...request, table })).toThrow(
      "1 of the 3 classes of y (odd one) has one training row; two or more were expected.",
    );
  });

  it.each([
    ["one class", { y: rows.map(() => "a") }, {}, "ONE_CLASS"],
    [
      "text for a regression",
      { y: rows.map((row) => (row % 2 ? "a" : "b")) },
      { task: "regression" },
      "TARGET_NOT_NUMERIC",
    ],
    [
      "three classes for a binary task",
      { y: rows.map((row) => row % 3) },
      { task: "binary" },
      "TOO_MANY_CLASSES",
    ],
    ["dates", { y: rows.map((row) => new Date(row * 86_400_000)) }, {}, "TARGET_IS_DATE"],
    ["an empty training part", { y: rows }, { train: [] }, "EMPTY_SPLIT"],
    ["no validation rows to choose by", { y: rows }, { validation: [] }, "EMPTY_SPLIT"],
    ["a row that is not there", { y: rows }, { train: [0, 200] }, "ROW_OUT_OF_RANGE"],
    [
      "a softmax for numbers",
      { y: rows.map((row) => row / 7) },
      { params: { model: "softmax" } },
      "MODEL_UNFIT_FOR_TASK",
    ],
    ["constant features", { x: rows.map(() => 1), y: rows }, {}, "NO_FEATURES"],
  ] as const)("refuses %s", (_, cells, changes, code) => {
    const table = makeTable({ x: rows, ...cells });
    expect(() => trainTabular({ ...request, table, ...changes })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it("takes few whole numbers for classes and many, or fractions, for a quantity", () => {
    const taskOf = (y: readonly number[]) =>
      trainTabular({ ...request, table: makeTable({ x: rows, y }), kinds: ["trees"] }).task;
    expect(taskOf(rows.map((row) => row % 2))).toBe("binary");
    expect(taskOf(rows.map((row) => row % 3))).toBe("multiclass");
    expect(taskOf(rows)).toBe("regression");
    expect(taskOf(rows.map((row) => (row % 2) / 2))).toBe("regression");
  });
});
