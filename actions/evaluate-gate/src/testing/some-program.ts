/** Columns of the rows below: a person, two numbers and whether they left. */
export const HEADER = "person,months,calls,left";

/** Rows whose truth is `months < 10`, but for every seventh. */
export function someRows(count: number): string {
  const lines = Array.from({ length: count }, (_, row) => {
    const months = (row * 7919) % 24;
    const truth = months < 10 !== (row % 7 === 0);
    return `p${row},${months},${row % 5},${truth ? "yes" : "no"}`;
  });
  return `${[HEADER, ...lines].join("\n")}\n`;
}

/** The share of {@link someRows} that a model with this cut gets right, by hand. */
export function shareRight(count: number, cut: number): number {
  const right = Array.from({ length: count }, (_, row) => {
    const months = (row * 7919) % 24;
    const truth = months < 10 !== (row % 7 === 0);
    return months < cut === truth;
  });
  return right.filter(Boolean).length / count;
}

/** A model is a file that holds a number; the program says `yes` below it. */
export const PROGRAM = `
import { readFileSync, writeFileSync } from "node:fs";
const [header, ...lines] = readFileSync(process.env.SLIPWAY_ROWS, "utf8").trim().split("\\n");
const columns = header.split(",");
if (columns.includes("left")) throw new Error("the target was handed over");
const cut = Number(readFileSync(process.env.SLIPWAY_MODEL_FILE, "utf8").replace("cut ", ""));
if (Number.isNaN(cut)) throw new Error("not a model: " + process.env.SLIPWAY_MODEL_FILE);
const at = (line, name) => line.split(",")[columns.indexOf(name)];
const answers = lines.map((line) => [at(line, "row_key"), Number(at(line, "months")) < cut ? "yes" : "no"].join(","));
writeFileSync(process.env.SLIPWAY_PREDICTIONS, ["row_key,prediction", ...answers].join("\\n") + "\\n");
`;

/** The program's command line. */
export const COMMAND = `"${process.execPath}" predict.mjs`;

/** Inputs of a gate that is used alone. */
export const ALONE = {
  model: "churn",
  "model-file": "models/churn.bin",
  "predict-command": COMMAND,
  data: "holdout.csv",
  target: "left",
  id: "person",
  "positive-class": "yes",
  resamples: "100",
  thresholds: "accuracy >= baseline - 0.02",
};
