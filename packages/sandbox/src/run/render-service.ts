import type { Condition, RevisionRecord, Route, ServiceRecord } from "./model.ts";
import { serviceName } from "./model.ts";
import type { JsonObject } from "./proto-json.ts";
import { latestTraffic } from "./traffic.ts";

/** The addresses that resources name. */
export interface Addresses {
  readonly serviceUrl: (service: ServiceRecord) => string;
  readonly tagUrl: (service: ServiceRecord, tag: string) => string;
  readonly logUri: (service: ServiceRecord, revision: string) => string;
}

/** Leaves out what proto3 JSON leaves out: nothing, empty, zero, false. */
function compact(message: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(
    Object.entries(message).filter(([, value]) => {
      if (Array.isArray(value)) return value.length > 0;
      if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
      return value !== undefined && value !== "" && value !== 0 && value !== false;
    }),
  );
}

/** A service's etag: it changes with what is asked for and with what is. */
export function serviceEtag({ uid, version }: ServiceRecord): string {
  return `"${Buffer.from(`${uid.slice(0, 8)}/${version}`).toString("base64url")}"`;
}

/** The `google.cloud.run.v2.Service` resource. */
export function renderService(service: ServiceRecord, addresses: Addresses): JsonObject {
  const { spec } = service;
  const name = serviceName(service);
  const uri = addresses.serviceUrl(service);
  const revisionName = (revision: string | undefined): string | undefined =>
    revision === undefined ? undefined : `${name}/revisions/${revision}`;
  return compact({
    name,
    description: spec.description,
    uid: service.uid,
    generation: String(service.generation),
    labels: spec.labels,
    annotations: spec.annotations,
    createTime: service.created,
    updateTime: service.updated,
    creator: service.creator,
    lastModifier: service.lastModifier,
    client: spec.client,
    clientVersion: spec.clientVersion,
    ingress: spec.ingress ?? "INGRESS_TRAFFIC_ALL",
    launchStage: spec.launchStage ?? "GA",
    template: spec.template,
    traffic: spec.traffic ?? latestTraffic,
    scaling: spec.scaling,
    invokerIamDisabled: spec.invokerIamDisabled,
    customAudiences: spec.customAudiences,
    observedGeneration: String(service.observedGeneration || ""),
    terminalCondition: service.terminalCondition,
    conditions: service.conditions,
    latestReadyRevision: revisionName(service.latestReady),
    latestCreatedRevision: revisionName(service.latestCreated),
    trafficStatuses: service.routes.map((route) => renderRoute(service, route, addresses)),
    uri,
    urls: [uri],
    reconciling: service.observedGeneration !== service.generation,
    etag: serviceEtag(service),
  });
}

function renderRoute(service: ServiceRecord, { target }: Route, addresses: Addresses): JsonObject {
  return compact({
    ...target,
    uri: target.tag === undefined ? undefined : addresses.tagUrl(service, target.tag),
  });
}

/** The `google.cloud.run.v2.Revision` resource. */
export function renderRevision(
  service: ServiceRecord,
  revision: RevisionRecord,
  addresses: Addresses,
): JsonObject {
  const { template } = revision;
  const isServing = service.routes.some((route) => route.revision === revision.name);
  return compact({
    name: `${serviceName(service)}/revisions/${revision.name}`,
    uid: revision.uid,
    generation: "1",
    labels: template.labels,
    annotations: template.annotations,
    createTime: revision.created,
    updateTime: revision.updated,
    creator: revision.creator,
    launchStage: service.spec.launchStage ?? "GA",
    service: service.id,
    scaling: template.scaling,
    maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency,
    timeout: template.timeout,
    serviceAccount: template.serviceAccount,
    containers: template.containers,
    executionEnvironment: template.executionEnvironment,
    conditions: [...revision.conditions, activeCondition(revision, isServing)],
    observedGeneration: "1",
    logUri: addresses.logUri(service, revision.name),
    etag: serviceEtag(service),
  });
}

function activeCondition({ updated }: RevisionRecord, isServing: boolean): Condition {
  return isServing
    ? { type: "Active", state: "CONDITION_SUCCEEDED", lastTransitionTime: updated }
    : {
        type: "Active",
        state: "CONDITION_FAILED",
        message: "Revision retired.",
        lastTransitionTime: updated,
        severity: "INFO",
        revisionReason: "RETIRED",
      };
}
