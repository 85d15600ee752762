import { takeRows } from "#core";
import { formatNumber } from "#report";
import { percentileInterval, percentileOf, type Latencies } from "../latency.ts";
import type { Check, CheckContext } from "./check-context.ts";
import type { Outcome } from "./finding.ts";

const MOST_BATCH_ROWS = 1000;
const FEWEST_BATCHES = 5;
const MOST_BATCHES = 20;
const LONGEST_MS = 100;
const NOT_HERE = "The model was not scored in this process, so its latency is not known.";

/** How long the model takes for one row, and for a batch. */
export const checkLatency: Check = async (context) => ({
  p95_ms: rowLatency(context),
  batch_p95_ms: await batchLatency(context),
});

function rowLatency({ latencies, scoring }: CheckContext): Outcome {
  if (latencies === null) return { kind: "unknown", why: NOT_HERE };
  return describe(latencies, "one row", scoring);
}

/** Scores the same rows again and again: at least five times, then for at most a tenth of a second. */
async function batchLatency({ candidate, scoring }: CheckContext): Promise<Outcome> {
  const { open, rows } = candidate;
  if (open === null) return { kind: "unknown", why: NOT_HERE };
  const count = Math.min(MOST_BATCH_ROWS, rows.table.rows);
  const table = takeRows(
    rows.table,
    Uint32Array.from({ length: count }, (_, row) => row),
  );
  const { stopwatch } = scoring.ports;
  await open.answer(table, rows.name);
  const calls: number[] = [];
  const began = stopwatch();
  while (
    calls.length < FEWEST_BATCHES ||
    (calls.length < MOST_BATCHES && stopwatch() - began < LONGEST_MS)
  ) {
    const from = stopwatch();
    await open.answer(table, rows.name);
    calls.push(stopwatch() - from);
    if (stopwatch() - began > LONGEST_MS * 20) break;
  }
  const latencies = { callsMs: Float64Array.from(calls).sort() };
  return describe(latencies, `a batch of ${formatNumber(count)} rows`, scoring);
}

function describe(
  latencies: Latencies,
  what: string,
  { inputs }: CheckContext["scoring"],
): Outcome {
  const value = percentileOf(latencies, 0.95);
  const { low, high } = percentileInterval([latencies], 0.95, {
    confidence: inputs.confidence,
    resamples: 500,
    seed: inputs.seed,
  });
  return {
    kind: "measured",
    value,
    low,
    high,
    found: `${capital(what)} takes ${formatNumber(value, 3)} ms or less in 95 of 100 calls (${formatNumber(latencies.callsMs.length)} calls on this runner, without network).`,
    advice: "A smaller model, fewer columns or the native engine answer faster.",
  };
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** How large the model's files are. */
export const checkSize: Check = ({ candidate }) => {
  const { sizeBytes } = candidate;
  if (sizeBytes === null) return { mb: { kind: "unknown", why: "There is no model file." } };
  const value = sizeBytes / 1e6;
  return {
    mb: {
      kind: "measured",
      value,
      low: null,
      high: null,
      found: `The model's files are ${formatNumber(value, 3)} MB.`,
      advice: "Prune, quantise or choose a smaller model.",
    },
  };
};
