import { cellAt, findColumn, type Table } from "#core";
import { createRandom } from "#stats";
import { columnsOf, type OpenModel } from "./score-model.ts";

/** How long a model takes for one row, call by call, in milliseconds. */
export interface Latencies {
  /** Ascending. */
  readonly callsMs: Float64Array;
}

const WARM_UP_CALLS = 20;
const MOST_CALLS = 500;
const LONGEST_MS = 1000;
/** Different rows that are asked, in turn. */
const ROWS = 100;

/** Asks the model for single rows, one after another, for at most 500 calls or one second. */
export async function measureLatencies(
  open: OpenModel,
  table: Table,
  stopwatch: () => number,
): Promise<Latencies> {
  const { createRowScorer } = await import("#models");
  const score = createRowScorer(open.model, {
    ...open.options,
    features: open.options.signature === undefined ? await columnsOf(open, table) : undefined,
  });
  const rows = await namedRows(open, table, Math.min(ROWS, table.rows));
  for (let call = 0; call < WARM_UP_CALLS; call++) await score([rows[call % rows.length] ?? {}]);
  const calls: number[] = [];
  const began = stopwatch();
  while (calls.length < MOST_CALLS && stopwatch() - began < LONGEST_MS) {
    const from = stopwatch();
    await score([rows[calls.length % rows.length] ?? {}]);
    calls.push(stopwatch() - from);
  }
  return { callsMs: Float64Array.from(calls).sort() };
}

/** Rows of a table as a request gives them, with the model's columns only. */
export async function namedRows(
  open: OpenModel,
  table: Table,
  count: number,
): Promise<readonly Readonly<Record<string, number | string | null>>[]> {
  const names = await columnsOf(open, table);
  const columns = names.map((name) => findColumn(table, name));
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      names.map((name, at) => {
        const column = columns[at];
        const value = column === undefined ? null : cellAt(column, row);
        return [name, typeof value === "number" && !Number.isFinite(value) ? null : value];
      }),
    ),
  );
}

/** The value below which a share of the calls lies (nearest rank). */
export function percentileOf({ callsMs }: Latencies, share: number): number {
  return callsMs[Math.min(callsMs.length - 1, Math.ceil(share * callsMs.length) - 1)] ?? Number.NaN;
}

/** Ends of an interval. */
interface Ends {
  readonly low: number;
  readonly high: number;
}

/** The bootstrap interval of a percentile, or of the difference of two models' percentiles. */
export function percentileInterval(
  [first, second]: readonly [Latencies, Latencies?],
  share: number,
  options: { readonly confidence: number; readonly resamples: number; readonly seed: number },
): Ends {
  const random = createRandom(options.seed);
  const draw = (latencies: Latencies): number => drawPercentile(latencies, share, random.integer);
  const draws = Float64Array.from({ length: options.resamples }, () =>
    second === undefined ? draw(first) : draw(first) - draw(second),
  ).sort();
  const tail = (1 - options.confidence) / 2;
  const at = (level: number): number =>
    draws[Math.min(draws.length - 1, Math.max(0, Math.round(level * (draws.length - 1))))] ?? 0;
  return { low: at(tail), high: at(1 - tail) };
}

/** A percentile of one resample: counts by place in the sorted calls, no sorting again. */
function drawPercentile(
  { callsMs }: Latencies,
  share: number,
  integer: (bound: number) => number,
): number {
  const counts = new Uint16Array(callsMs.length);
  for (let k = 0; k < callsMs.length; k++) {
    const place = integer(callsMs.length);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const rank = Math.ceil(share * callsMs.length);
  let seen = 0;
  for (let place = 0; place < callsMs.length; place++) {
    seen += counts[place] ?? 0;
    if (seen >= rank) return callsMs[place] ?? 0;
  }
  return callsMs.at(-1) ?? 0;
}
