import { describe, expect, it } from "vitest";
import { decideBump, decideVersion, paramChanges, type BumpRequest } from "./bump.ts";
import type { RunRecord } from "./run-record.ts";
import { someRun } from "./testing/some-run.ts";

const columns = [
  { name: "temp", kind: "number" as const, input: "temp", index: 0 },
  { name: "wind", kind: "number" as const, input: "wind", index: 0 },
];
const outputs = [{ name: "label", type: "string", shape: [null] }];
const run = (extra: Partial<RunRecord> = {}) =>
  someRun({ signature: { columns, outputs }, ...extra });
const request = (extra: Partial<BumpRequest> = {}): BumpRequest => ({
  bump: null,
  version: null,
  allowSmallerBump: false,
  ...extra,
});

describe("decideBump", () => {
  it("is the first where nothing was before", () => {
    expect(decideBump(run(), null)).toEqual({ level: "first", reasons: ["first version"] });
  });

  it.each([
    [
      "an input added",
      {
        columns: [...columns, { name: "fog", kind: "text" as const, input: "fog", index: 0 }],
        outputs,
      },
      "input fog was added",
    ],
    ["an input removed", { columns: columns.slice(0, 1), outputs }, "input wind was removed"],
    [
      "an input retyped",
      { columns: [{ ...columns[0]!, kind: "text" as const }, columns[1]!], outputs },
      "input temp changed from number to text",
    ],
    [
      "an output reshaped",
      { columns, outputs: [{ name: "label", type: "string", shape: [null, 2] }] },
      "output label changed from string[?] to string[?, 2]",
    ],
  ])("is major for %s", (_, signature, reason) => {
    expect(decideBump(run({ signature }), run())).toEqual({ level: "major", reasons: [reason] });
  });

  it("is minor for code, params, trainer or search", () => {
    const digest = (letter: string) => ({ digest: `sha256:${letter.repeat(64)}`, files: 1 });
    expect(decideBump(run({ code: digest("a") }), run({ code: digest("b") }))).toEqual({
      level: "minor",
      reasons: ["the code changed"],
    });
    expect(
      decideBump(run({ params: { depth: 3 } }), run({ params: { depth: 2 } })).reasons,
    ).toEqual(["parameter depth changed from 2 to 3"]);
    expect(decideBump(run({ trainer: { kind: "tabular", name: "trees" } }), run()).reasons).toEqual(
      ["the trainer changed from command python train.py to tabular trees"],
    );
    const search = { algorithm: "grid", objective: "maximize accuracy", trials: [] };
    expect(decideBump(run({ search }), run())).toEqual({
      level: "minor",
      reasons: ["the search changed"],
    });
  });

  it("is patch for data, seed or nothing", () => {
    const other = [{ ...someRun().data[0]!, digest: `sha256:${"f".repeat(64)}` }];
    expect(decideBump(run({ data: other }), run())).toEqual({
      level: "patch",
      reasons: ["only the data changed"],
    });
    expect(decideBump(run({ seed: 7 }), run())).toEqual({
      level: "patch",
      reasons: ["the seed changed from 42 to 7"],
    });
    expect(decideBump(run(), run())).toEqual({
      level: "patch",
      reasons: ["nothing but the run itself changed"],
    });
  });
});

describe("a run without a signature or code digest", () => {
  it("is compared by what it has", () => {
    expect(decideBump(run({ signature: null }), run())).toMatchObject({ level: "patch" });
    expect(decideBump(run({ code: null }), run()).level).toBe("patch");
    const spaced = { algorithm: "grid", objective: "o", trials: [], space: { depth: [1, 2] } };
    expect(decideBump(run({ search: spaced }), run({ search: spaced })).level).toBe("patch");
  });
});

describe("paramChanges", () => {
  it("names what was set, changed and removed", () => {
    expect(paramChanges({ a: 1, c: [1] }, { a: 2, b: "x" })).toEqual([
      "parameter a changed from 2 to 1",
      'parameter b was removed (it was "x")',
      "parameter c was set to [1]",
    ]);
  });
});

describe("decideVersion", () => {
  const minor = { level: "minor", reasons: ["the code changed"] } as const;

  it("follows the rule", () => {
    expect(decideVersion({ level: "first", reasons: [] }, request(), null)).toBe("v1.0.0");
    expect(decideVersion(minor, request(), "v1.2.3")).toBe("v1.3.0");
    expect(decideVersion({ level: "first", reasons: [] }, request(), "v1.2.3")).toBe("v2.0.0");
  });

  it("takes a greater bump or version, refuses a smaller one unless allowed", () => {
    expect(decideVersion(minor, request({ bump: "major" }), "v1.2.3")).toBe("v2.0.0");
    expect(decideVersion(minor, request({ version: "v3.0.0" }), "v1.2.3")).toBe("v3.0.0");
    expect(() => decideVersion(minor, request({ bump: "patch" }), "v1.2.3")).toThrow(
      "A patch bump was asked for, but the change is minor: the code changed.",
    );
    expect(() => decideVersion(minor, request({ version: "v1.2.4" }), "v1.2.3")).toThrow(
      "A patch bump was asked for",
    );
    expect(decideVersion(minor, request({ bump: "patch", allowSmallerBump: true }), "v1.2.3")).toBe(
      "v1.2.4",
    );
  });

  it("refuses a version that is not greater than the greatest", () => {
    expect(() => decideVersion(minor, request({ version: "v1.2.3" }), "v1.2.3")).toThrow(
      "version: v1.2.3 is not greater than the greatest version, v1.2.3.",
    );
    expect(
      decideVersion({ level: "first", reasons: [] }, request({ version: "v0.1.0" }), null),
    ).toBe("v0.1.0");
  });
});
