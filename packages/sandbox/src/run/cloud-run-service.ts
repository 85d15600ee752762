import { join } from "node:path";
import type { Service, ServiceOptions } from "../contracts.ts";
import { createAuthentication, type AccessOptions } from "../google-identity/access-control.ts";
import { cloudPlatformScope } from "../google-identity/account-credentials.ts";
import { startApiServer } from "../google-identity/api-server.ts";
import { createInvokerAuthentication } from "./front-auth.ts";
import { createFronts } from "./front.ts";
import { createInstances, type LocalImage } from "./instances.ts";
import { monitoringRoutes } from "./monitoring-routes.ts";
import { operationRoutes } from "./operation-routes.ts";
import { createOperations } from "./operations.ts";
import { policyRoutes } from "./policy-routes.ts";
import { createReconciler } from "./reconciler.ts";
import type { Addresses } from "./render-service.ts";
import { openRequestMetrics } from "./request-metrics.ts";
import { createRevisionFaults, type RevisionFault } from "./revision-faults.ts";
import { revisionRoutes } from "./revision-routes.ts";
import { openRunStore } from "./run-store.ts";
import { sandboxRoutes } from "./sandbox-routes.ts";
import { serviceRoutes } from "./service-routes.ts";
import { seededRandom } from "./traffic.ts";

/** What the local Cloud Run is started with. */
export interface CloudRunOptions extends ServiceOptions, AccessOptions {
  /** The images it can run, by their full name with digest; all others are "not found". */
  readonly images: Readonly<Record<string, LocalImage>>;
  /** Values of secrets that containers may refer to, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The account of revisions that name none. */
  readonly defaultServiceAccount?: string;
  /** What an operation takes at least; 300 when absent. */
  readonly operationDelayMs?: number;
  /** Most a container may take to start; 240,000 as at the live service when absent. */
  readonly startupTimeoutMs?: number;
  /** Idle time after which a container is ended; never when absent. */
  readonly scaleToZeroAfterMs?: number;
  /** Between SIGTERM and SIGKILL; 10,000 as at the live service when absent. */
  readonly stopGraceMs?: number;
  /** Sampling period of the metrics; 1,000 when absent (60,000 at the live service). */
  readonly samplePeriodMs?: number;
  /** How late a metric point shows; 0 when absent. */
  readonly ingestionDelayMs?: number;
  /** Makes the choice of revisions by traffic repeatable. */
  readonly seed?: number;
}

/** The local Cloud Run. */
export interface CloudRunService extends Service {
  /** Puts a fault before revisions, as `POST /_sandbox/revision-faults` does. */
  addRevisionFault(fault: RevisionFault): void;
  clearRevisionFaults(service?: string): void;
}

/**
 * Starts a local Cloud Run: the Admin API v2, Monitoring, and the addresses of its services. Each
 * revision runs as one process on this machine; what served before a restart serves again.
 */
export async function startCloudRun(options: CloudRunOptions): Promise<CloudRunService> {
  const { stateDirectory, identityUrl } = options;
  let url = "";
  const store = openRunStore(stateDirectory);
  const operations = createOperations(store);
  const faults = createRevisionFaults();
  const metrics = openRequestMetrics(
    join(stateDirectory, "metrics.jsonl"),
    options.samplePeriodMs ?? 1000,
  );
  const addresses: Addresses = {
    serviceUrl: ({ port }) => (port === undefined ? "" : `http://127.0.0.1:${port}`),
    tagUrl: ({ tagPorts }, tag) => `http://127.0.0.1:${tagPorts[tag]}`,
    logUri: ({ id }, revision) => `${url}/_sandbox/logs?service=${id}&revision=${revision}`,
  };
  const instances = createInstances({
    stateDirectory,
    images: options.images,
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
    startupTimeoutMs: options.startupTimeoutMs ?? 240_000,
    ...(options.scaleToZeroAfterMs === undefined
      ? {}
      : { scaleToZeroAfterMs: options.scaleToZeroAfterMs }),
    stopGraceMs: options.stopGraceMs ?? 10_000,
    metadataHost: (account) => askMetadataHost(identityUrl, account),
    logUri: addresses.logUri,
  });
  const fronts = createFronts({
    find: store.service,
    instances,
    metrics,
    faults,
    authenticate:
      options.requireAuth === false
        ? () => Promise.resolve({ kind: "allowed" })
        : createInvokerAuthentication(identityUrl, {
            projectPolicy: options.projectPolicy ?? [],
            serviceUrl: addresses.serviceUrl,
          }),
    random: options.seed === undefined ? Math.random : seededRandom(options.seed),
  });
  const reconciler = createReconciler({
    store,
    operations,
    instances,
    fronts,
    addresses,
    operationDelayMs: options.operationDelayMs ?? 300,
  });
  const authenticate = createAuthentication(options, [
    cloudPlatformScope,
    "https://www.googleapis.com/auth/run",
    "https://www.googleapis.com/auth/monitoring.read",
  ]);
  const context = {
    store,
    operations,
    reconciler,
    fronts,
    addresses,
    authenticate,
    defaultServiceAccount:
      options.defaultServiceAccount ?? "123456789012-compute@developer.gserviceaccount.com",
  };
  const server = await startApiServer({
    stateDirectory,
    ...(options.port === undefined ? {} : { port: options.port }),
    routes: [
      ...policyRoutes(context),
      ...operationRoutes(context),
      ...revisionRoutes(context),
      ...serviceRoutes(context),
      ...monitoringRoutes({
        authenticate,
        metrics,
        ingestionDelayMs: options.ingestionDelayMs ?? 0,
      }),
      ...sandboxRoutes({ store, instances, faults, metrics, addresses }),
    ],
  });
  ({ url } = server);
  await reconciler.resume();
  return {
    url,
    addRevisionFault: faults.add,
    clearRevisionFaults: faults.clear,
    close: async () => {
      const reconciled = reconciler.close();
      await server.close();
      await fronts.closeAll();
      await instances.close();
      await reconciled;
      metrics.close();
    },
  };
}

async function askMetadataHost(
  identityUrl: string | undefined,
  serviceAccount: string,
): Promise<string | undefined> {
  if (identityUrl === undefined) return undefined;
  const response = await fetch(`${identityUrl}/_sandbox/metadata-servers`, {
    method: "POST",
    body: JSON.stringify({ serviceAccount }),
  });
  if (!response.ok) {
    throw new Error(`The identity service gave no metadata server: status ${response.status}.`);
  }
  const { host } = (await response.json()) as { host: string };
  return host;
}
