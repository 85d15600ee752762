import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Which revision a request went to. */
export interface RevisionKey {
  readonly project: string;
  readonly location: string;
  readonly service: string;
  readonly revision: string;
}

/** What was measured in one sampling period of one series. */
export interface Sample {
  /** Start and end of the period, milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly count: number;
  readonly meanMs: number;
  /** Sum over requests of (latency - mean) squared. */
  readonly squaredDeviation: number;
  /** Requests in each latency bucket, see {@link latencyBuckets}. */
  readonly bucketCounts: readonly number[];
}

/** The samples of one revision and response code. */
export interface Series extends RevisionKey {
  readonly responseCode: number;
  readonly samples: readonly Sample[];
}

/** Counts requests and their latencies by revision and response code. */
export interface RequestMetrics {
  record(key: RevisionKey, responseCode: number, latencyMs: number): void;
  /**
   * All series, with a sample for each finished period whose end lies in (startMs, endMs]; a period
   * without requests, after a series' first, is a sample with count 0.
   */
  read(startMs: number, endMs: number): readonly Series[];
  /** Requests since the beginning by revision and code, unfinished period included. */
  totals(): readonly (RevisionKey & { readonly responseCode: number; readonly count: number })[];
  close(): void;
}

/**
 * Exponential buckets as Cloud Monitoring writes them: bucket 0 below `scale`, bucket i in
 * [scale * growth^(i-1), scale * growth^i), the last without upper bound.
 */
export const latencyBuckets = { numFiniteBuckets: 100, growthFactor: 1.15, scale: 0.5 };

const retentionMs = 24 * 3600 * 1000;

interface Open {
  count: number;
  meanMs: number;
  squaredDeviation: number;
  bucketCounts: number[];
}

interface Kept {
  readonly key: RevisionKey;
  readonly responseCode: number;
  readonly firstMs: number;
  total: number;
  samples: Sample[];
  /** The period that is being counted, by its start. */
  openMs: number;
  open: Open;
}

/** Opens the metrics kept in `file`, sampled every `periodMs` of the clock. */
export function openRequestMetrics(file: string, periodMs: number): RequestMetrics {
  const series = new Map<string, Kept>();
  mkdirSync(dirname(file), { recursive: true });
  loadSamples(file, series);
  const timer = setInterval(() => closePeriods(Date.now()), periodMs);
  timer.unref();

  function closePeriods(nowMs: number): void {
    const lines = [...series.values()].flatMap((kept) => {
      if (kept.open.count === 0 || kept.openMs + periodMs > nowMs) return [];
      const sample = { startMs: kept.openMs, endMs: kept.openMs + periodMs, ...kept.open };
      kept.samples.push(sample);
      kept.open = emptyPeriod();
      return [JSON.stringify({ ...kept.key, responseCode: kept.responseCode, sample })];
    });
    if (lines.length > 0) appendFileSync(file, `${lines.join("\n")}\n`);
  }

  return {
    record: (key, responseCode, latencyMs) => {
      const nowMs = Date.now();
      const periodStart = nowMs - (nowMs % periodMs);
      const kept = findSeries(series, { key, responseCode, firstMs: periodStart });
      if (kept.openMs !== periodStart) {
        closePeriods(nowMs);
        kept.openMs = periodStart;
      }
      kept.total += 1;
      addLatency(kept.open, latencyMs);
    },
    read: (startMs, endMs) => {
      const nowMs = Date.now();
      closePeriods(nowMs);
      return [...series.values()].map((kept) => ({
        ...kept.key,
        responseCode: kept.responseCode,
        samples: fillPeriods(kept, { startMs, endMs: Math.min(endMs, nowMs), periodMs }),
      }));
    },
    totals: () =>
      [...series.values()].map(({ key, responseCode, total }) => ({
        ...key,
        responseCode,
        count: total,
      })),
    close: () => {
      clearInterval(timer);
      closePeriods(Number.POSITIVE_INFINITY);
    },
  };
}

function findSeries(
  series: Map<string, Kept>,
  wanted: { readonly key: RevisionKey; readonly responseCode: number; readonly firstMs: number },
): Kept {
  const { key, responseCode, firstMs } = wanted;
  const name = [key.project, key.location, key.service, key.revision, responseCode].join("/");
  const known = series.get(name);
  if (known !== undefined) return known;
  const { project, location, service, revision } = key;
  const kept: Kept = {
    key: { project, location, service, revision },
    responseCode,
    firstMs,
    total: 0,
    samples: [],
    openMs: firstMs,
    open: emptyPeriod(),
  };
  series.set(name, kept);
  return kept;
}

function emptyPeriod(): Open {
  const buckets = latencyBuckets.numFiniteBuckets + 2;
  return { count: 0, meanMs: 0, squaredDeviation: 0, bucketCounts: Array<number>(buckets).fill(0) };
}

// Welford's recurrence: the deviation stays exact however many requests there are.
function addLatency(open: Open, latencyMs: number): void {
  open.count += 1;
  const delta = latencyMs - open.meanMs;
  open.meanMs += delta / open.count;
  open.squaredDeviation += delta * (latencyMs - open.meanMs);
  const index = bucketOf(latencyMs);
  open.bucketCounts[index] = (open.bucketCounts[index] ?? 0) + 1;
}

/** Index of the bucket that a latency in milliseconds falls into. */
export function bucketOf(latencyMs: number): number {
  const { numFiniteBuckets, growthFactor, scale } = latencyBuckets;
  if (latencyMs < scale) return 0;
  let index = Math.floor(Math.log(latencyMs / scale) / Math.log(growthFactor)) + 1;
  // The logarithm may fall on the wrong side of a bound by one rounding.
  if (latencyMs >= scale * growthFactor ** index) index += 1;
  else if (latencyMs < scale * growthFactor ** (index - 1)) index -= 1;
  return Math.min(index, numFiniteBuckets + 1);
}

function fillPeriods(
  kept: Kept,
  span: { readonly startMs: number; readonly endMs: number; readonly periodMs: number },
): readonly Sample[] {
  const { startMs, endMs, periodMs } = span;
  const counted = new Map(kept.samples.map((sample) => [sample.endMs, sample]));
  const from = Math.max(startMs - (startMs % periodMs), kept.firstMs);
  const filled: Sample[] = [];
  for (let start = from; start + periodMs <= endMs; start += periodMs) {
    const end = start + periodMs;
    if (end > startMs)
      filled.push(counted.get(end) ?? { ...emptyPeriod(), startMs: start, endMs: end });
  }
  return filled;
}

function loadSamples(file: string, series: Map<string, Kept>): void {
  if (!existsSync(file)) return;
  const oldest = Date.now() - retentionMs;
  const kept: string[] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line === "") continue;
    const { sample, responseCode, ...key } = JSON.parse(line) as RevisionKey & {
      responseCode: number;
      sample: Sample;
    };
    if (sample.endMs < oldest) continue;
    kept.push(line);
    const found = findSeries(series, { key, responseCode, firstMs: sample.startMs });
    found.samples.push(sample);
    found.total += sample.count;
  }
  writeFileSync(file, kept.length === 0 ? "" : `${kept.join("\n")}\n`);
}
