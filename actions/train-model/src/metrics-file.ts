import { DataError } from "#core";
import type { MetricPoint } from "./metric-lines.ts";

/** A trainer's own `metrics.json`. */
export interface MetricsFile {
  /** Final values by name. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Where the file is a list of steps. */
  readonly curves: ReadonlyMap<string, readonly MetricPoint[]>;
}

/**
 * Reads `{"accuracy": 0.93}`, a list of such steps (the last value of each counts), or DVCLive's
 * nested maps, whose names are joined by a dot: `{"train": {"loss": 0.1}}` is `train.loss`.
 * What is no number is left out; NaN, which JSON has not and Python writes, is `null`.
 *
 * @throws DataError `BAD_METRICS`
 */
export function parseMetricsFile(text: string, file: string): MetricsFile {
  const value = parseLoosely(text, file);
  if (Array.isArray(value)) return readSteps(value, file);
  if (typeof value !== "object" || value === null) throw badMetrics(file, "is no JSON map or list");
  const values = flatten(value as Record<string, unknown>);
  return { values, curves: new Map() };
}

function readSteps(steps: readonly unknown[], file: string): MetricsFile {
  const values: Record<string, number | null> = {};
  const curves = new Map<string, MetricPoint[]>();
  for (const [index, entry] of steps.entries()) {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
      throw badMetrics(file, `holds no map at [${index}]`);
    }
    const numbers = flatten(entry as Record<string, unknown>);
    const step = numbers["step"] ?? index + 1;
    for (const [name, value] of Object.entries(numbers)) {
      if (name === "step") continue;
      values[name] = value;
      const points = curves.get(name) ?? [];
      points.push({ step, value });
      curves.set(name, points);
    }
  }
  return { values, curves };
}

function flatten(
  map: Readonly<Record<string, unknown>>,
  prefix = "",
): Record<string, number | null> {
  const flat: Record<string, number | null> = {};
  for (const [key, value] of Object.entries(map)) {
    const name = prefix + key;
    if (typeof value === "number") flat[name] = Number.isFinite(value) ? value : null;
    else if (value === null) flat[name] = null;
    else if (typeof value === "object" && !Array.isArray(value)) {
      Object.assign(flat, flatten(value as Record<string, unknown>, `${name}.`));
    }
  }
  return flat;
}

/** Python's json writes NaN and Infinity bare. */
function parseLoosely(text: string, file: string): unknown {
  const strict = text.replaceAll(
    /("(?:[^"\\]|\\.)*")|-?\b(?:NaN|Infinity)\b/g,
    (match, quoted: string | undefined) => (quoted === undefined ? "null" : match),
  );
  try {
    return JSON.parse(strict) as unknown;
  } catch (cause) {
    throw badMetrics(file, `is not JSON: ${cause instanceof Error ? cause.message : ""}`, cause);
  }
}

function badMetrics(file: string, fault: string, cause?: unknown): DataError {
  return new DataError({
    code: "BAD_METRICS",
    message: `${file} ${fault}.`,
    hint: 'Write {"accuracy": 0.93}, or a list of steps such as [{"step": 1, "loss": 0.4}].',
    place: { file },
    ...(cause !== undefined && { cause }),
  });
}
