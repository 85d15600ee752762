import prometheus from "prom-client";

/** What the server counts, for Prometheus. */
export interface Metrics {
  readonly countRequest: (route: string, status: number, seconds: number) => void;
  readonly countRun: (rows: number) => void;
  readonly countPredictions: (rows: number) => void;
  readonly countDroppedLines: (lines: number) => void;
  readonly nameModel: (labels: Readonly<Record<"model" | "version" | "digest", string>>) => void;
  readonly contentType: string;
  readonly render: () => Promise<string>;
}

const latencyBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
const rowBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384];

/** Makes a registry of its own; `waitingRows` is asked when metrics are read. */
export function createMetrics(waitingRows: () => number): Metrics {
  const registry = new prometheus.Registry();
  const registers = [registry];
  prometheus.collectDefaultMetrics({ register: registry });
  const requests = createRequestMetrics(registers);
  const runs = new prometheus.Histogram({
    name: "slipway_batch_rows",
    help: "Rows that ran through the model at once.",
    buckets: rowBuckets,
    registers,
  });
  const predictions = new prometheus.Counter({
    name: "slipway_predictions_total",
    help: "Rows that were answered.",
    registers,
  });
  const dropped = new prometheus.Counter({
    name: "slipway_prediction_log_dropped_lines_total",
    help: "Lines of the prediction log that could not be stored and were given up.",
    registers,
  });
  const info = new prometheus.Gauge({
    name: "slipway_model_info",
    help: "The version that is served; always 1.",
    labelNames: ["model", "version", "digest"],
    registers,
  });
  registry.registerMetric(
    new prometheus.Gauge({
      name: "slipway_queue_rows",
      help: "Rows that wait for the next run.",
      registers: [],
      collect() {
        this.set(waitingRows());
      },
    }),
  );
  return {
    ...requests,
    countRun: (rows) => runs.observe(rows),
    countPredictions: (rows) => predictions.inc(rows),
    countDroppedLines: (lines) => dropped.inc(lines),
    nameModel: (labels) => info.set(labels, 1),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

function createRequestMetrics(registers: prometheus.Registry[]): Pick<Metrics, "countRequest"> {
  const requests = new prometheus.Counter({
    name: "slipway_requests_total",
    help: "Requests by route and status.",
    labelNames: ["route", "status"],
    registers,
  });
  const latency = new prometheus.Histogram({
    name: "slipway_request_duration_seconds",
    help: "From a request's head to its answer.",
    labelNames: ["route"],
    buckets: latencyBuckets,
    registers,
  });
  // Finding a labelled child by its labels costs more than counting.
  const byRoute = new Map<string, ReturnType<typeof latency.labels>>();
  const byStatus = new Map<string, ReturnType<typeof requests.labels>>();
  return {
    countRequest: (route, status, seconds) => {
      const key = `${route} ${status}`;
      let counter = byStatus.get(key);
      if (counter === undefined) {
        counter = requests.labels(route, String(status));
        byStatus.set(key, counter);
      }
      counter.inc();
      let histogram = byRoute.get(route);
      if (histogram === undefined) {
        histogram = latency.labels(route);
        byRoute.set(route, histogram);
      }
      histogram.observe(seconds);
    },
  };
}
