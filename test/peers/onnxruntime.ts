import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cellAt, type Column, type Table } from "#core";
import { readTable } from "#data";
import {
  predictTabular,
  trainTabular,
  type TabularPredictions,
  type TabularResult,
} from "#training";
import type { PeerSuite } from "./check.ts";
import { requireProgram } from "./tools.ts";

const dataFolder = join(import.meta.dirname, "../fixtures/data");
const dayMs = 86_400_000;

interface Answer {
  readonly version: string;
  readonly outputs: Readonly<Record<string, readonly unknown[]>>;
}

/** A column as the model's inputs take it: dates are days since 1970 UTC. */
function cellsOf(column: Column, rows: number): readonly (number | string | null)[] {
  return Array.from({ length: rows }, (_, row) => {
    if (column.kind !== "date") return cellAt(column, row);
    const value = column.values[row] ?? Number.NaN;
    return Number.isNaN(value) ? null : value / dayMs;
  });
}

async function askOnnxruntime(
  python: string,
  { bytes }: TabularResult,
  table: Table,
): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-peers-"));
  try {
    const [model, rows] = [join(folder, "model.onnx"), join(folder, "rows.json")];
    writeFileSync(model, bytes);
    const columns = table.columns.map((column) => [column.name, cellsOf(column, table.rows)]);
    writeFileSync(rows, JSON.stringify(Object.fromEntries(columns)));
    const script = join(import.meta.dirname, "onnxruntime_predict.py");
    return JSON.parse(await requireProgram(python, [script, model, rows])) as Answer;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function expectSame(own: TabularPredictions, { outputs }: Answer): void {
  const numbers = (name: string) => (outputs[name] ?? []).flat() as number[];
  const names = Object.keys(outputs);
  const ours = own.kind === "classes" ? own.probabilities : own.values;
  const theirs = numbers(own.kind === "classes" ? "probabilities" : (names[0] ?? ""));
  assert.equal(theirs.length, ours.length);
  // Absolute for probabilities, relative for larger values.
  const worst = ours.reduce((most, value, k) => {
    const distance = Math.abs(value - (theirs[k] ?? Number.NaN)) / Math.max(1, Math.abs(value));
    return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(most, distance);
  }, 0);
  assert.ok(worst < 1e-5, `the largest difference is ${worst}`);
  if (own.kind === "classes") assert.deepEqual(outputs["label"], own.labels);
}

const fits = [
  { file: "weather.csv", target: "weather", kinds: ["softmax", "trees", "mlp"] },
  { file: "penguins.csv", target: "species", kinds: ["trees"] },
  { file: "diabetes.csv", target: "progression", kinds: ["linear", "trees"] },
];

/** Models that Slipway trained, run by Python's onnxruntime. */
export const onnxruntimeSuite: PeerSuite = {
  peer: "onnxruntime",
  run: async (check, { python }) => {
    for (const { file, target, kinds } of fits) {
      const table = await readTable(join(dataFolder, file));
      const all = Array.from({ length: table.rows }, (_, row) => row);
      const train = all.filter((row) => row % 5 > 0);
      const validation = all.filter((row) => row % 5 === 0);
      for (const model of kinds) {
        await check(`predicts ${file} with ${model} as the trainer does, to 1e-5`, async () => {
          const params = { model, epochs: 30 };
          const result = trainTabular({ table, train, validation, target, params });
          const answer = await askOnnxruntime(python, result, table);
          expectSame(predictTabular(result.trained, table), answer);
        });
      }
    }
  },
};
