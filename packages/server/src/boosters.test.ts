import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Manifest } from "#core";
import { someRun } from "#core/testing";
import { weatherClasses, writeVersion, type VersionMaterial } from "./testing/some-version.ts";
import { startTestServer } from "./testing/start-test-server.ts";

/** Rows with what XGBoost and LightGBM themselves predict of them. */
interface ReferenceCase {
  readonly name: string;
  readonly columns: Readonly<Record<string, readonly (number | string | null)[]>>;
  readonly prediction: readonly (number | readonly number[])[];
}

async function readCase(name: string): Promise<ReferenceCase> {
  const path = resolve(import.meta.dirname, "../../../test/fixtures/trees/cases.json");
  const { cases } = JSON.parse(await readFile(path, "utf8")) as { cases: ReferenceCase[] };
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

function instancesOf(
  { columns, prediction }: ReferenceCase,
  spell = (name: string): string => name,
): Record<string, unknown>[] {
  return prediction.map((_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [spell(name), values[row]])),
  );
}

/** LightGBM writes `age_in_years` for `age in years`; only a signature knows the data's name. */
const inFile = (name: string): string => name.replaceAll(" ", "_");

interface Answered {
  readonly prediction: string | number;
  readonly scores: Readonly<Record<string, number>> | null;
}

/** The version as a run leaves it whose signature nobody wrote. */
const withoutSignature = (material: VersionMaterial): Partial<Manifest> => ({
  signature: null,
  run: someRun({
    model: "weather",
    task: material.task,
    classes: [...(material.classes ?? [])],
    signature: null,
  }),
});

const names = ["low", "middle", "high"];
const formats = { ubj: "xgboost-ubj", json: "xgboost-json", txt: "lightgbm-text" } as const;

describe("a server of a booster's own file", () => {
  it.each([
    ["xgb-categories", "ubj", true],
    ["xgb-categories", "json", false],
    ["xgb-binary-missing", "ubj", false],
    ["lgb-binary-missing", "txt", true],
    ["lgb-categories", "txt", false],
    ["xgb-multiclass", "ubj", true],
    ["xgb-multiclass", "json", false],
    ["lgb-multiclass", "txt", false],
    ["xgb-count-poisson", "ubj", true],
    ["lgb-poisson", "txt", false],
  ] as const)("answers %s.%s as its library does (signature: %s)", async (name, ending, signed) => {
    const reference = await readCase(name);
    const [first] = reference.prediction;
    const isRegression = name.includes("poisson");
    const classes = isRegression ? [] : Array.isArray(first) ? names : ["no", "yes"];
    const material: VersionMaterial = {
      fixture: `${name}.${ending}`,
      format: formats[ending],
      task: isRegression ? "regression" : classes.length === 2 ? "binary" : "multiclass",
      classes,
      features: Object.keys(reference.columns),
    };
    const isRenamed = !signed && ending === "txt";
    const manifest = signed ? {} : withoutSignature(material);
    await using version = await writeVersion({ ...material, manifest });
    await using server = await startTestServer(version);
    const answer = await server.post("/predict", {
      instances: instancesOf(reference, isRenamed ? inFile : undefined),
    });
    expect(answer.status).toBe(200);
    const found = answer.json["predictions"] as Answered[];
    reference.prediction.forEach((expected, row) => {
      const { prediction, scores } = found[row] ?? { prediction: Number.NaN, scores: null };
      if (isRegression) return expect(prediction).toBeCloseTo(expected as number, 5);
      const own = typeof expected === "number" ? [1 - expected, expected] : expected;
      expect(prediction).toBe(classes[own.indexOf(Math.max(...own))]);
      return classes.forEach((one, at) => expect(scores?.[one]).toBeCloseTo(own[at] ?? 0, 5));
    });
    expect(server.operations.filter(({ severity }) => severity !== "INFO")).toEqual([]);
  });

  it.each([
    ["weather.ubj", "xgboost-ubj"],
    ["weather.txt", "lightgbm-text"],
  ])(
    "of %s names columns and classes, refuses what does not fit and takes null",
    async (fixture, format) => {
      const material: VersionMaterial = {
        fixture,
        format,
        task: "multiclass",
        classes: weatherClasses,
      };
      await using version = await writeVersion(material);
      await using server = await startTestServer(version);
      const { json } = await server.get("/metadata");
      const columns = version.manifest.run.signature?.columns.map(({ name }) => name) ?? [];
      expect(JSON.stringify(json)).toContain(columns[0]);
      const row = Object.fromEntries(columns.map((name) => [name, null]));
      const answer = await server.post("/predict", { instances: [row] });
      const [first] = answer.json["predictions"] as Answered[];
      expect(Object.keys(first?.scores ?? {})).toEqual(weatherClasses);
      const { status } = await server.post("/predict", { instances: [{ ...row, tomorrow: 1 }] });
      expect(status).toBe(422);
    },
  );

  it("has columns by place where the file names none", async () => {
    const reference = await readCase("xgb-nameless");
    const features = Object.keys(reference.columns);
    const material: VersionMaterial = {
      fixture: "xgb-nameless.ubj",
      format: "xgboost-ubj",
      task: "binary",
      classes: ["0", "1"],
      features,
    };
    await using version = await writeVersion(material);
    await using server = await startTestServer(version);
    const answer = await server.post("/predict", { instances: instancesOf(reference) });
    const found = answer.json["predictions"] as Answered[];
    reference.prediction.forEach((expected, row) =>
      expect(found[row]?.scores?.["1"]).toBeCloseTo(expected as number, 5),
    );
  });
});
