import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { GoldenCase } from "#core";
import { diabetesColumns, weatherClasses } from "./some-version.ts";

const models = resolve(import.meta.dirname, "../../../../test/fixtures/golden/models");

interface ReferenceTensor {
  readonly data: readonly (number | string)[];
}

interface ReferenceFile {
  readonly cases: readonly {
    readonly rows: number;
    readonly input: Readonly<Record<string, ReferenceTensor>>;
    readonly expected: { readonly onnxruntime: Readonly<Record<string, ReferenceTensor>> };
  }[];
}

/** A row with the answer that Python's onnxruntime gave. */
export interface ReferenceRow {
  readonly instance: Readonly<Record<string, number | string>>;
  readonly answer: {
    readonly prediction: number | string;
    readonly scores: Readonly<Record<string, number>> | null;
  };
}

/** The weather model's 31 rows. */
export async function weatherRows(): Promise<readonly ReferenceRow[]> {
  const { rows, input, expected } = await readCase("weather_logistic_zipmap_columns");
  const outputs = expected.onnxruntime;
  return Array.from({ length: rows }, (_, row) => ({
    instance: Object.fromEntries(
      Object.entries(input).map(([name, { data }]) => [name, data[row] ?? Number.NaN]),
    ),
    answer: {
      prediction: outputs["output_label"]?.data[row] ?? "",
      scores: Object.fromEntries(
        weatherClasses.map((name) => [name, Number(outputs[`s${name}`]?.data[row])]),
      ),
    },
  }));
}

/** The diabetes model's 30 rows. */
export async function diabetesRows(): Promise<readonly ReferenceRow[]> {
  const { rows, input, expected } = await readCase("diabetes_gradient_boosting");
  const width = diabetesColumns.length;
  return Array.from({ length: rows }, (_, row) => ({
    instance: Object.fromEntries(
      diabetesColumns.map((name, at) => [name, Number(input["X"]?.data[row * width + at])]),
    ),
    answer: {
      prediction: Number(expected.onnxruntime["variable"]?.data[row]),
      scores: null,
    },
  }));
}

async function readCase(name: string): Promise<ReferenceFile["cases"][number]> {
  const text = await readFile(resolve(models, `${name}.json`), "utf8");
  const [first] = (JSON.parse(text) as ReferenceFile).cases;
  if (first === undefined) throw new Error(`${name}.json has no case`);
  return first;
}

/** Rows as golden cases, one row each but the last, which has all. */
export function toGoldenCases(rows: readonly ReferenceRow[]): readonly GoldenCase[] {
  const toCase = (some: readonly ReferenceRow[]): GoldenCase => ({
    request: { instances: some.map(({ instance }) => instance) },
    response: { predictions: some.map(({ answer }) => answer) },
    rows: some.length,
  });
  return [...rows.map((row) => toCase([row])), toCase(rows)];
}
