import type { Writable } from "node:stream";
import { googleCredentials, objectStore, type ObjectStore } from "#google";
import { objectSink, silentSink, streamSink } from "./log-sinks.ts";
import type { Metrics } from "./metrics.ts";
import type { OperationLog } from "./operation-log.ts";
import type { LineSink } from "./prediction-log.ts";
import type { Environment, ServerSettings } from "./settings.ts";
import { startServer, type RunningServer } from "./start-server.ts";

/** What a process gives a server. */
export interface ProcessParts {
  readonly environment: Environment;
  /** Where predictions are written unless they are stored as objects. */
  readonly output: Writable;
  readonly log: OperationLog;
  /** Slipway's own version. */
  readonly slipway: string;
}

const MIB = 1024 * 1024;

/** Starts a server as the environment asks, with the store that fits the URIs. */
export function serve(settings: ServerSettings, parts: ProcessParts): RunningServer {
  const { environment, log, slipway } = parts;
  const store = objectStore({ environment, credentials: googleCredentials({ environment }) });
  const { uri, version, digest, sample, redact } = settings;
  if (digest === undefined) {
    log("WARNING", "MODEL_DIGEST is not set: the manifest is taken as it is found.");
  }
  return startServer({
    ...settings,
    version: { uri, version, digest },
    engine: { engine: settings.engine, threads: settings.threads },
    predictionLog: {
      sample,
      redact,
      openSink: (metrics) => openSink(settings, { ...parts, store, metrics }),
    },
    store,
    log,
    slipway,
  });
}

interface SinkParts extends ProcessParts {
  readonly store: ObjectStore;
  readonly metrics: Metrics;
}

function openSink({ predictionLog }: ServerSettings, parts: SinkParts): LineSink {
  switch (predictionLog.kind) {
    case "off":
      return silentSink;
    case "stdout":
      return streamSink(parts.output);
    case "objects":
      return objectSink({
        store: parts.store,
        destination: predictionLog.uri,
        intervalMs: predictionLog.intervalMs,
        objectBytes: MIB,
        heldBytes: 16 * MIB,
        now: () => new Date(),
        log: parts.log,
        onDropped: parts.metrics.countDroppedLines,
      });
  }
}
