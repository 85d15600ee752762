/**
 * Scores rows as an action does; writes beside the answers, as JSON, what opening and scoring took:
 * `node with-slipway.ts MODEL ROWS ANSWERS ENGINE THREADS` (float32 files).
 */
import { readFile, writeFile } from "node:fs/promises";
import type { Column } from "#core";
import { loadModel, scoreTable } from "#models";

const features = 30;
const [modelPath = "", rowsPath = "", answersPath = "", engine = "", threads = "0"] =
  process.argv.slice(2);
if (engine !== "wasm" && engine !== "native") throw new Error(`no engine is called ${engine}`);

const bytes = await readFile(rowsPath);
const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const rows = values.length / features;
const columns = Array.from({ length: features }, (_, column): Column => {
  const own = new Float64Array(rows);
  for (let row = 0; row < rows; row++) own[row] = values[row * features + column] ?? Number.NaN;
  return { kind: "number", name: `f${column}`, values: own, missing: null, integer: false };
});

const started = performance.now();
const model = await loadModel({ path: modelPath, engine, threads: Number(threads) });
const opened = performance.now();
const cpuBefore = process.cpuUsage();
const predictions = await scoreTable(model, { rows, columns });
const ended = performance.now();
const { user, system } = process.cpuUsage(cpuBefore);
if (predictions.kind !== "regression") throw new Error("the model is a regressor");
await writeFile(answersPath, new Uint8Array(predictions.values.buffer));
const times = {
  openSeconds: (opened - started) / 1000,
  scoreSeconds: (ended - opened) / 1000,
  scoreCpuSeconds: (user + system) / 1e6,
};
await writeFile(`${answersPath}.json`, JSON.stringify(times));
await model.close();
