import { notImplemented } from "../google-identity/api-error.ts";
import type { JsonObject } from "./proto-json.ts";

/**
 * The fields of a service that the local Cloud Run takes. Most have their effect; those marked so
 * are kept and shown, and change nothing here: one process on this machine is not a Google machine.
 */
const supported: ReadonlySet<string> = new Set([
  "name",
  "etag",
  "labels",
  "annotations",
  "ingress",
  "traffic.type",
  "traffic.revision",
  "traffic.percent",
  "traffic.tag",
  "scaling.minInstanceCount",
  "invokerIamDisabled",
  "customAudiences",
  "template.revision",
  "template.labels",
  "template.annotations",
  "template.scaling.minInstanceCount",
  "template.timeout",
  "template.serviceAccount",
  "template.containers.image",
  "template.containers.env.name",
  "template.containers.env.value",
  "template.containers.env.valueSource.secretKeyRef.secret",
  "template.containers.env.valueSource.secretKeyRef.version",
  "template.containers.startupProbe.initialDelaySeconds",
  "template.containers.startupProbe.timeoutSeconds",
  "template.containers.startupProbe.periodSeconds",
  "template.containers.startupProbe.failureThreshold",
  "template.containers.startupProbe.httpGet.path",
  "template.containers.startupProbe.httpGet.port",
  "template.containers.startupProbe.tcpSocket.port",
  // Kept without effect.
  "description",
  "client",
  "clientVersion",
  "launchStage",
  "scaling.maxInstanceCount",
  "scaling.scalingMode",
  "template.scaling.maxInstanceCount",
  "template.executionEnvironment",
  "template.maxInstanceRequestConcurrency",
  "template.containers.name",
  "template.containers.ports.name",
  "template.containers.ports.containerPort",
  "template.containers.resources.limits",
  "template.containers.resources.cpuIdle",
  "template.containers.resources.startupCpuBoost",
]);

/**
 * Refuses a field that Cloud Run has and the local one does not.
 *
 * @throws ApiError 501 that names the field
 */
export function checkSupported(value: unknown, path = ""): void {
  if (supported.has(path)) return;
  if (Array.isArray(value)) {
    for (const item of value) checkSupported(item, path);
    return;
  }
  if (typeof value !== "object" || value === null) throw notImplemented(`The field ${path}`);
  const entries = Object.entries(value as JsonObject);
  const isKnownAbove = path === "" || [...supported].some((known) => known.startsWith(`${path}.`));
  if (!isKnownAbove) throw notImplemented(`The field ${path}`);
  for (const [name, item] of entries) checkSupported(item, path === "" ? name : `${path}.${name}`);
}
