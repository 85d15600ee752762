import { findColumn, type Column, type Table } from "#core";
import { toText } from "#data";
import {
  naiveAnswer,
  normalQuantile,
  predictivePower,
  type ArrayFeature,
  type ArrayTarget,
  type Estimate,
} from "#stats";
import { formatNumber } from "#report";
import {
  FEWEST_ROWS,
  sampleNote,
  sampleTable,
  type Check,
  type CheckContext,
} from "./check-context.ts";
import { quoteName, type Outcome } from "./finding.ts";

/** Rows of each part that columns are looked at in, as many as the predictive power score samples. */
const MOST_ROWS = 5000;
const FOLDS = 4;

/** Which column alone predicts the target: among evaluation rows, and how much better among training rows. */
export const checkLeakage: Check = (context) => {
  const { features, candidate, training, scoring } = context;
  if (features === null) {
    const unknown = {
      kind: "unknown",
      why: "Which columns the model reads is not known; give features.",
      needs: "features",
    } as const;
    return { score: unknown, difference: unknown };
  }
  const here = measurePowers(candidate.rows.table, features, context);
  if (typeof here === "string") {
    return { score: { kind: "unknown", why: here }, difference: { kind: "unknown", why: here } };
  }
  const { confidence } = scoring.inputs;
  const score = strongest(here, confidence);
  if (training.kind === "unknown") return { score, difference: training };
  const there = measurePowers(training.table, features, context);
  if (typeof there === "string") return { score, difference: { kind: "unknown", why: there } };
  return { score, difference: widest(there, here, confidence) };
};

interface Powers {
  readonly byColumn: ReadonlyMap<string, Estimate>;
  readonly rows: number;
  readonly note: string;
  readonly task: CheckContext["evaluation"]["task"];
}

/** Each column's score among a part's rows, or why there is none. */
function measurePowers(
  whole: Table,
  features: readonly string[],
  { candidate, scoring, evaluation }: CheckContext,
): Powers | string {
  const { seed } = scoring.inputs;
  const { table, isSample } = sampleTable(whole, MOST_ROWS, seed);
  const column = findColumn(table, candidate.rows.target.name);
  if (column === undefined)
    return `The training rows have no column ${quoteName(candidate.rows.target.name)}.`;
  const target = targetOf(column, evaluation.task === "regression");
  if (target === null) return `The target ${quoteName(column.name)} holds missing cells or text.`;
  if (naiveAnswer(target) === null) return "There are no rows.";
  const folds = Uint8Array.from({ length: table.rows }, (_, row) => row % FOLDS);
  const byColumn = new Map<string, Estimate>();
  for (const name of features) {
    const feature = findColumn(table, name);
    if (feature === undefined) continue;
    const found = predictivePower(featureOf(feature), target, { folds, foldCount: FOLDS });
    if (found.value === null) return `The target ${quoteName(column.name)} never varies.`;
    byColumn.set(name, found);
  }
  if (byColumn.size === 0) return "None of the model's columns is in these rows.";
  return {
    byColumn,
    rows: table.rows,
    note: isSample ? sampleNote(table.rows, seed) : "",
    task: evaluation.task,
  };
}

function targetOf(column: Column, isRegression: boolean): ArrayTarget | null {
  if (isRegression) {
    if (column.kind !== "number" || column.values.some((value) => !Number.isFinite(value)))
      return null;
    return { kind: "values", values: column.values };
  }
  const { codes, levels } = toText(column);
  return codes.includes(-1) ? null : { kind: "classes", codes, count: levels.length };
}

function featureOf(column: Column): ArrayFeature {
  if (column.kind !== "text") return { kind: "numbers", values: column.values };
  return { kind: "categories", codes: column.codes, count: column.levels.length };
}

/** Tied columns: the first in the model's order. */
function strongest(powers: Powers, confidence: number): Outcome {
  const ranked = [...powers.byColumn].toSorted(([, a], [, b]) => b.value - a.value);
  const [name = "", power] = ranked[0] ?? [];
  if (power === undefined) return { kind: "unknown", why: "There are no columns." };
  const more = ranked.slice(1, 3).map(([other, { value }]) => `${quoteName(other)} ${show(value)}`);
  const others = more.length === 0 ? "" : ` Next: ${more.join(", ")}.`;
  return {
    kind: "measured",
    value: power.value,
    ...endsOf(power, { confidence, searched: powers.byColumn.size, rows: powers.rows }),
    found: `${quoteName(name)} alone removes ${show(power.value * 100)} % of the error of ${naiveWords(powers)}${powers.note}.${others}`,
    advice: `Is ${quoteName(name)} known before the answer is? If it is made from the answer, or after it, leave it out.`,
  };
}

function naiveWords({ task }: Powers): string {
  return task === "regression"
    ? "always answering the median"
    : "always answering the most frequent class";
}

/** The column that does best in training compared with here. */
function widest(there: Powers, here: Powers, confidence: number): Outcome {
  const differences = [...there.byColumn].flatMap(([name, training]) => {
    const own = here.byColumn.get(name);
    if (own === undefined) return [];
    return [{ name, training, own, difference: training.value - own.value }];
  });
  const [first] = differences.toSorted((a, b) => b.difference - a.difference);
  if (first === undefined)
    return { kind: "unknown", why: "No column of the model is in both parts." };
  const { name, training, own, difference } = first;
  const estimate: Estimate = {
    value: difference,
    standardError: Math.hypot(training.standardError, own.standardError),
    n: Math.min(training.n, own.n),
  };
  const rows = Math.min(there.rows, here.rows);
  return {
    kind: "measured",
    value: difference,
    ...endsOf(estimate, { confidence, searched: differences.length, rows }),
    found: `${quoteName(name)} alone scores ${show(training.value)} on training rows${there.note} and ${show(own.value)} here; no column differs more.`,
    advice: `Was ${quoteName(name)} filled in otherwise for training rows, or does it tell rows apart that the model was trained on?`,
  };
}

/** Ends of the interval, corrected for having picked the most extreme of the columns (Bonferroni). */
function endsOf(
  { value, standardError }: Estimate,
  { confidence, searched, rows }: { confidence: number; searched: number; rows: number },
): { low: number; high: number } {
  if (rows < FEWEST_ROWS) return { low: -1, high: 1 };
  const reach = normalQuantile(1 - (1 - confidence) / 2 / searched) * standardError;
  return { low: value - reach, high: Math.min(1, value + reach) };
}

function show(value: number): string {
  return formatNumber(Number(value.toPrecision(3)), 3);
}
