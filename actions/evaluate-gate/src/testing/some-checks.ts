import type { CheckEntry } from "#core";
import { createRandom } from "#stats";
import type { Outcome } from "../run.ts";
import type { Workspace } from "./some-gate.ts";

export type Row = Readonly<Record<string, string | number>>;

function csv(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  return `${[names.join(","), ...rows.map((row) => names.map((name) => row[name]).join(","))].join("\n")}\n`;
}

/** Rows by their place, from 0. */
export function rowsOf(count: number, row: (at: number) => Row): readonly Row[] {
  return Array.from({ length: count }, (_, at) => row(at));
}

const random = createRandom(99);
/** A draw of the standard normal distribution: the same draws in the same order in every test file. */
export const noise = (): number => Number(random.normal().toFixed(4));

/** What a gate on rows is asked: the rows, those of training, inputs. */
export type GateRows = readonly [
  rows: readonly Row[],
  asked?: { training?: readonly Row[] } & Readonly<Record<string, unknown>>,
];

/** The gate on a predictions file and, where given, the rows that it was trained on. */
export async function gateRows(
  workspace: Workspace,
  ...[rows, { training, ...inputs } = {}]: GateRows
): Promise<Outcome> {
  await workspace.write("p.csv", csv(rows));
  if (training !== undefined) await workspace.write("train.csv", csv(training));
  return workspace.gate({
    predictions: "p.csv",
    target: "label",
    baseline: "none",
    features: "x,z",
    "positive-class": "1",
    resamples: "100",
    thresholds: "accuracy >= 0.5",
    ...(training !== undefined && { "training-data": "train.csv" }),
    ...(inputs as Readonly<Record<string, string>>),
  });
}

/** The check of a name, and of a part where it has several. */
export function findingOf({ document }: Outcome, name: string, part?: string): CheckEntry {
  const found = document.checks?.find(
    (one) => one.name === name && (part ?? one.part) === one.part,
  );
  if (found === undefined) throw new Error(`no check ${name}`);
  return found;
}

/** Labels in turn, 80 % of them predicted right, two columns of noise. */
export const plain = (at: number): Row => ({
  id: at,
  x: noise(),
  z: noise(),
  label: at % 2,
  prediction: at % 5 === 0 ? 1 - (at % 2) : at % 2,
});
