/** One value of a metric while training. */
export interface MetricPoint {
  readonly step: number;
  /** `null` where it was not finite. */
  readonly value: number | null;
}

/** What a training said of itself on the way, by metric. */
export type Curves = ReadonlyMap<string, readonly MetricPoint[]>;

const marker = /^\s*slipway-metric:\s*(.*)$/;
const pair = /([A-Za-z_][\w./-]*)\s*=\s*(\S+?)(?=[\s,;]|$)/g;

/** Collects `slipway-metric: loss=0.31 step=4` lines; other lines are passed over. */
export interface MetricCollector {
  read(line: string): void;
  curves(): Curves;
}

/** Points kept of one metric: a loop that reports each batch must not fill the memory. */
const MOST_POINTS = 100_000;

/** A collector; a line without `step` continues its metrics by one. */
export function collectMetrics(): MetricCollector {
  const points = new Map<string, MetricPoint[]>();
  return {
    read: (line) => {
      const content = marker.exec(line)?.[1];
      if (content === undefined) return;
      const pairs = [...content.matchAll(pair)].map(([, name = "", text = ""]) => ({ name, text }));
      const step = Number(pairs.find(({ name }) => name === "step")?.text ?? Number.NaN);
      for (const { name, text } of pairs) {
        if (name === "step") continue;
        const known = points.get(name) ?? [];
        if (known.length >= MOST_POINTS) continue;
        const value = readNumber(text);
        if (value === undefined) continue;
        known.push({
          step: Number.isFinite(step) ? step : (known.at(-1)?.step ?? 0) + 1,
          value: Number.isFinite(value) ? value : null,
        });
        points.set(name, known);
      }
    },
    curves: () => points,
  };
}

/** A number as Python, R or JavaScript print it; `undefined` for other text. */
function readNumber(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN;
  if (/^[-+]?inf(?:inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
