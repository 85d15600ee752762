import { createReadStream, existsSync } from "node:fs";
import { ApiError } from "../google-identity/api-error.ts";
import { json, readJsonObject, type ApiRoute } from "../google-identity/api-server.ts";
import type { Instances } from "./instances.ts";
import type { ServiceRecord } from "./model.ts";
import { renderRevision, renderService, type Addresses } from "./render-service.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { parseRevisionFault, type RevisionFaults } from "./revision-faults.ts";
import type { RunStore } from "./run-store.ts";

/** The routes that the live Cloud Run does not have: logs, revision faults, the whole state. */
export function sandboxRoutes(context: {
  readonly store: RunStore;
  readonly instances: Instances;
  readonly faults: RevisionFaults;
  readonly metrics: RequestMetrics;
  readonly addresses: Addresses;
}): readonly ApiRoute[] {
  const { store, instances, faults, metrics, addresses } = context;
  const find = (id: string | null): ServiceRecord => {
    const service = store.services().find((each) => each.id === id);
    if (service === undefined) throw new ApiError("NOT_FOUND", `There is no service ${id}.`);
    return service;
  };

  return [
    {
      method: "GET",
      path: "/_sandbox/logs",
      handle: ({ query }) => {
        const service = find(query.get("service"));
        const revision = query.get("revision") ?? service.latestCreated ?? "";
        const stream = query.get("stream") ?? "stdout";
        if (stream !== "stdout" && stream !== "stderr") {
          throw new ApiError("INVALID_ARGUMENT", "stream: expected stdout or stderr.");
        }
        const isKnown = service.revisions.some(({ name }) => name === revision);
        const file = instances.logFile(service, revision, stream);
        if (!isKnown) throw new ApiError("NOT_FOUND", `There is no revision ${revision}.`);
        const headers = { "content-type": "text/plain; charset=utf-8" };
        const body = existsSync(file) ? createReadStream(file) : "";
        return { kind: "bytes", status: 200, headers, body };
      },
    },
    {
      method: "POST",
      path: "/_sandbox/revision-faults",
      handle: async ({ incoming }) => {
        faults.add(parseRevisionFault(await readJsonObject(incoming)));
        return { kind: "json", status: 201, body: faults.list() };
      },
    },
    { method: "GET", path: "/_sandbox/revision-faults", handle: () => json(faults.list()) },
    {
      method: "DELETE",
      path: "/_sandbox/revision-faults",
      handle: ({ query }) => {
        faults.clear(query.get("service") ?? undefined);
        return json(faults.list());
      },
    },
    {
      method: "GET",
      path: "/_sandbox/state",
      handle: () =>
        json({
          services: store.services().map((service) => ({
            service: renderService(service, addresses),
            revisions: service.revisions.map((revision) => ({
              ...renderRevision(service, revision, addresses),
              running: instances.isRunning(service, revision.name),
            })),
          })),
          requests: metrics.totals(),
        }),
    },
  ];
}
