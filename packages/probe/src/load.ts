import type { Clock } from "#core";
import { quantileOfSorted } from "#stats";
import { ask, type ProbeRequest, type Target } from "./request.ts";

/** What load a target is asked to bear. It ends after `requests` answers, whatever happens. */
export interface LoadPlan {
  readonly requests: number;
  readonly concurrency: number;
  /** Requests a second, sent on time whether or not earlier ones have been answered; `null` sends the next after an answer. */
  readonly rate: number | null;
  /** Sent first and not counted. */
  readonly warmup: number;
  readonly bodies: readonly ProbeRequest[];
}

/** How a target bore it. Times are milliseconds. */
export interface LoadFigures {
  readonly requests: number;
  readonly errors: number;
  readonly errorRate: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  readonly rps: number | null;
  /** Each counted request's time in the order sent; an open loop counts from when it was due. */
  readonly latenciesMs: readonly number[];
  readonly firstError: string | null;
}

interface Sample {
  readonly latencyMs: number;
  readonly error: string | null;
}

/** Sends requests and measures them. */
export async function measureLoad(
  target: Target,
  plan: LoadPlan,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<LoadFigures> {
  const send = (index: number): Promise<Sample> =>
    sendOne(target, plan.bodies[index % plan.bodies.length], signal);
  for (let index = 0; index < plan.warmup; index++) await send(index);
  const started = performance.now();
  const samples =
    plan.rate === null
      ? await sendInTurns(plan, send)
      : await sendOnTime({ ...plan, rate: plan.rate }, send, { clock, signal });
  const seconds = (performance.now() - started) / 1000;
  return summarise(samples, seconds);
}

async function sendOne(
  target: Target,
  request: ProbeRequest | undefined,
  signal: AbortSignal,
): Promise<Sample> {
  if (request === undefined) throw new RangeError("A load needs at least one request.");
  const answer = await ask(target, request, signal);
  if (answer.kind === "failed") return { latencyMs: answer.latencyMs, error: answer.why };
  return {
    latencyMs: answer.latencyMs,
    error: answer.status < 400 ? null : `answered ${answer.status}`,
  };
}

/** Closed loop: so many callers, each waiting for its answer. */
async function sendInTurns(
  plan: LoadPlan,
  send: (index: number) => Promise<Sample>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < plan.requests) {
      const index = next++;
      samples[index] = await send(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, plan.requests) }, caller));
  return samples;
}

/** Open loop: a stall delays nobody else's sending and is counted in full. */
async function sendOnTime(
  plan: LoadPlan & { readonly rate: number },
  send: (index: number) => Promise<Sample>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly Sample[]> {
  const started = performance.now();
  const under: Promise<Sample>[] = [];
  for (let index = 0; index < plan.requests; index++) {
    const dueMs = (index * 1000) / plan.rate;
    const earlyMs = dueMs - (performance.now() - started);
    if (earlyMs > 0) await clock.wait(earlyMs, signal);
    const lateMs = Math.max(0, performance.now() - started - dueMs);
    under.push(send(index).then((sample) => ({ ...sample, latencyMs: sample.latencyMs + lateMs })));
  }
  return Promise.all(under);
}

function summarise(samples: readonly Sample[], seconds: number): LoadFigures {
  const latenciesMs = samples.map((sample) => sample.latencyMs);
  const sorted = [...latenciesMs].sort((left, right) => left - right);
  const errors = samples.filter((sample) => sample.error !== null).length;
  const quantile = (level: number): number | null =>
    sorted.length === 0 ? null : quantileOfSorted(sorted, level);
  return {
    requests: samples.length,
    errors,
    errorRate: samples.length === 0 ? 0 : errors / samples.length,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    maxMs: sorted.at(-1) ?? null,
    rps: seconds > 0 && samples.length > 0 ? samples.length / seconds : null,
    latenciesMs,
    firstError: samples.find((sample) => sample.error !== null)?.error ?? null,
  };
}
