import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type EvidentlyColumn,
  type EvidentlyColumnDrift,
  type EvidentlyMethod,
  type ValueType,
  evidentlyColumnDrift,
  evidentlyDatasetDrift,
  evidentlyKind,
} from "#stats";
import { expectMeasured, readGolden } from "./golden-file.ts";

interface EvidentlyCase {
  readonly name: string;
  readonly input: {
    readonly reference: string;
    readonly current: string;
    readonly preset?: { readonly method: "psi" | "jensenshannon" };
    readonly rows_reference: number;
    readonly rows_current: number;
    readonly dtypes: Record<string, string>;
  };
  readonly expected: {
    readonly columns: Record<
      string,
      { method: string; threshold: number; score: number; drifted: boolean }
    >;
    readonly skipped_columns: string[];
    readonly drifted_columns: number;
    readonly share: number;
    readonly drift_share_threshold: number;
    readonly dataset_drifted: boolean;
  };
}

const cases = readGolden<EvidentlyCase>("evidently.json");

test("the file holds 14 runs with 163 columns", () => {
  expect(cases).toHaveLength(14);
  const columns = cases.map((one) => Object.keys(one.expected.columns).length);
  expect(columns.reduce((sum, count) => sum + count, 0)).toBe(163);
});

/** The columns of a plain CSV file without quotes; an empty field is "". */
function readColumns(name: string): Record<string, string[]> {
  const url = new URL(`../fixtures/data/${name}`, import.meta.url);
  const [header, ...rows] = readFileSync(url, "utf8").trimEnd().split("\n");
  const cells = rows.map((row) => row.split(","));
  return Object.fromEntries(
    header!.split(",").map((column, k) => [column, cells.map((row) => row[k]!)]),
  );
}

const typeOfDtype: Record<string, ValueType> = {
  float64: "float",
  int64: "integer",
  object: "string",
  "datetime64[ns]": "date",
};

const methodNames: Record<EvidentlyMethod, string> = {
  ks: "K-S p_value",
  chisquare: "chi-square p_value",
  z: "Z-test p_value",
  wasserstein: "Wasserstein distance (normed)",
  jensenshannon: "Jensen-Shannon distance",
  psi: "PSI",
};

function columnOf(type: ValueType, reference: string[], current: string[]): EvidentlyColumn | null {
  const present = current.filter((text) => text !== "");
  const kind = evidentlyKind({ type, distinct: new Set(present).size, count: present.length });
  if (kind === "text" || kind === "date") return null;
  const names = [...new Set([...reference, ...current])].filter((text) => text !== "");
  const read = (text: string): number => {
    if (kind === "category") return names.indexOf(text);
    if (text === "") return Number.NaN;
    return text.endsWith("inf") ? Number(text.replace("inf", "Infinity")) : Number(text);
  };
  return { kind, reference: reference.map(read), current: current.map(read) };
}

describe.each(cases)("$name", ({ input, expected }) => {
  const reference = readColumns(input.reference);
  const current = readColumns(input.current);
  const asked = input.preset?.method;
  const found = new Map<string, EvidentlyColumnDrift>();
  const skipped: string[] = [];
  for (const [name, dtype] of Object.entries(input.dtypes)) {
    const column = columnOf(typeOfDtype[dtype]!, reference[name]!, current[name]!);
    if (column === null) {
      skipped.push(name);
      continue;
    }
    const drift = evidentlyColumnDrift(column, asked);
    if ("reason" in drift) throw new Error(drift.reason);
    found.set(name, drift);
  }

  test("the same columns are judged, of as many rows", () => {
    expect([...found.keys()].sort()).toEqual(Object.keys(expected.columns).sort());
    expect(skipped).toEqual(expected.skipped_columns);
    const [first] = Object.keys(input.dtypes);
    expect(reference[first!]).toHaveLength(input.rows_reference);
    expect(current[first!]).toHaveLength(input.rows_current);
  });

  test.each(Object.entries(expected.columns))("%s", (name, golden) => {
    const { method, score, threshold, drifted } = found.get(name)!;
    expect(asked ?? methodNames[method]).toBe(golden.method);
    expect({ threshold, drifted }).toEqual({
      threshold: golden.threshold,
      drifted: golden.drifted,
    });
    expectMeasured({ value: score }, golden.score);
  });

  test("the whole data has the same verdict", () => {
    const whole = evidentlyDatasetDrift([...found.values()], expected.drift_share_threshold);
    expect(whole.driftedColumns).toBe(expected.drifted_columns);
    expect(whole.drifted).toBe(expected.dataset_drifted);
    expectMeasured({ value: whole.share }, expected.share);
  });
});
