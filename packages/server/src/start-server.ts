import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ObjectStore } from "#google";
import type { EngineOptions } from "#models";
import { createBatchQueue, type BatchQueue } from "./batch-queue.ts";
import { identityOf } from "./describe-version.ts";
import { drainServer } from "./drain.ts";
import type { VersionRequest } from "./fetch-version.ts";
import { createListener, type HttpListener, type ServingState } from "./http/listener.ts";
import { createPredictHandler } from "./http/predict.ts";
import { earlyRoutes, versionRoutes, type ExtraRoutes } from "./http/routes.ts";
import type { ServerLimits } from "./limits.ts";
import { loadVersion, type ServedVersion } from "./load-version.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { describeError, messageOf, type OperationLog } from "./operation-log.ts";
import { createPredictionLogger, type LineSink, type LogChoice } from "./prediction-log.ts";
import { checkRedaction } from "./redaction.ts";

/** What a server is started with. */
export interface ServerOptions {
  readonly version: VersionRequest;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** `start`: at once, not ready until the version is loaded; `ready`: only when it is. */
  readonly listen: "start" | "ready";
  readonly extraRoutes: ExtraRoutes;
  readonly limits: ServerLimits;
  readonly engine: EngineOptions;
  readonly predictionLog: LogChoice & { readonly openSink: (metrics: Metrics) => LineSink };
  readonly store: ObjectStore;
  readonly log: OperationLog;
  /** Slipway's own version. */
  readonly slipway: string;
}

/** A server that runs. */
export interface RunningServer {
  /** Resolves with `http://host:port` when it listens. */
  readonly listening: Promise<string>;
  /** Resolves when predictions are answered, rejects with what keeps them from ever being. */
  readonly ready: Promise<ServedVersion>;
  /** Stops accepting, finishes what was accepted, stores the log; `false` when time ran out first. */
  readonly drain: () => Promise<boolean>;
}

interface Serving {
  readonly options: ServerOptions;
  readonly state: ServingState;
  readonly metrics: Metrics;
  readonly sink: LineSink;
  readonly http: HttpListener;
  queue: BatchQueue | null;
  version: ServedVersion | null;
}

/** Starts a server for one model version. */
export function startServer(options: ServerOptions): RunningServer {
  const serving = prepare(options);
  const server = createHttpServer(serving);
  const beginning = options.listen === "start" ? listen(server, options) : null;
  const ready = (async () => {
    await beginning;
    return await load(serving);
  })();
  const listening = beginning ?? ready.then(() => listen(server, options));
  // Whoever awaits only one of the two must not be ended by the other.
  listening.catch(() => {});
  ready.catch(() => {});
  return {
    listening,
    ready,
    drain: async () => {
      serving.state.phase = "draining";
      const { queue, sink } = serving;
      const drained = await drainServer({ server, queue, sink, timeoutMs: options.limits.drainMs });
      await serving.version?.close();
      return drained;
    },
  };
}

function prepare(options: ServerOptions): Serving {
  const state: ServingState = {
    phase: "loading",
    identity: null,
    routes: new Map(),
    predict: null,
  };
  const metrics = createMetrics(() => serving.queue?.waitingRows() ?? 0);
  const { limits, log } = options;
  const serving: Serving = {
    options,
    state,
    metrics,
    sink: options.predictionLog.openSink(metrics),
    http: createListener({ state, limits, metrics, log }),
    queue: null,
    version: null,
  };
  const facts = {
    isReady: () => state.phase === "ready",
    whyNotReady: () =>
      state.phase === "draining" ? "The server shuts down." : "The model is not loaded yet.",
    metrics: async () => ({ status: 200, type: metrics.contentType, body: await metrics.render() }),
  };
  state.routes = earlyRoutes(facts, options.extraRoutes);
  return serving;
}

async function load(serving: Serving): Promise<ServedVersion> {
  const { options, state, metrics, sink, http } = serving;
  const { limits, log, predictionLog } = options;
  const startedMs = performance.now();
  const version = await loadVersion(options.version, options);
  checkRedaction(predictionLog.redact, version.columns);
  const identity = identityOf(version);
  const logger = createPredictionLogger({
    ...identity,
    choice: predictionLog,
    sink,
    now: () => new Date(),
    random: Math.random,
  });
  const queue = createBatchQueue({
    score: version.score,
    limits,
    onRun: metrics.countRun,
    onError: (error) => log("ERROR", `Answering failed: ${messageOf(error)}`, describeError(error)),
  });
  serving.queue = queue;
  serving.version = version;
  const routing = { extra: options.extraRoutes, slipway: options.slipway };
  state.routes = versionRoutes(state.routes, version, routing);
  state.predict = createPredictHandler({ version, queue, limits, logger, metrics, log }, http.send);
  state.identity = identity;
  if (state.phase === "loading") state.phase = "ready";
  metrics.nameModel({ ...identity, digest: version.digest });
  log("INFO", `${identity.model} ${identity.version} is ready.`, {
    engine: version.engine,
    load_ms: Math.round(performance.now() - startedMs),
  });
  return version;
}

/** Load balancers keep idle connections for ten minutes; who closes first must be they. */
const KEEP_ALIVE_MS = 620_000;

function createHttpServer({ http, options }: Serving): Server {
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 15_000,
      requestTimeout: options.limits.timeoutMs,
      connectionsCheckingInterval: 5_000,
    },
    http.onRequest,
  );
  server.on("checkContinue", http.onCheckContinue);
  return server;
}

function listen(server: Server, { host, port }: ServerOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address() as AddressInfo;
      const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
      resolve(`http://${name}:${address.port}`);
    });
  });
}
