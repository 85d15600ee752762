import { randomInt, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ApiError } from "../google-identity/api-error.ts";
import type {
  ContainerSpec,
  RevisionRecord,
  RevisionTemplate,
  ServiceRecord,
  ServiceSpec,
} from "./model.ts";
import { camelCase, type JsonObject } from "./proto-json.ts";
import { reconcilingConditions } from "./reconciler.ts";

const immutable = new Set(["name", "etag"]);
const updatable = [
  "description",
  "labels",
  "annotations",
  "client",
  "clientVersion",
  "ingress",
  "launchStage",
  "template",
  "traffic",
  "scaling",
  "invokerIamDisabled",
  "customAudiences",
];

/** What a caller wants of a service, without its name and etag. */
export function specOf(message: JsonObject): ServiceSpec {
  const entries = Object.entries(message).filter(([name]) => !immutable.has(name));
  return Object.fromEntries(entries) as unknown as ServiceSpec;
}

/**
 * What a service is to be after an update: the fields of the mask from the message, the others as
 * they were; without a mask, or with `*`, all of it from the message.
 *
 * @throws ApiError 400 when the mask names a field that cannot be updated
 */
export function mergeSpec(
  before: ServiceSpec,
  message: JsonObject,
  mask: string | null,
): ServiceSpec {
  const paths = (mask ?? "")
    .split(",")
    .map((path) => camelCase(path.trim()))
    .filter((path) => path !== "");
  if (paths.length === 0 || paths.includes("*")) return specOf(message);
  let merged = before as unknown as JsonObject;
  for (const path of paths) {
    const parts = path.split(".");
    if (immutable.has(path)) continue;
    if (!updatable.includes(parts[0] ?? "")) {
      throw new ApiError("INVALID_ARGUMENT", `Invalid field in update_mask: ${path}`);
    }
    merged = copyPath(merged, message, parts);
  }
  return merged as unknown as ServiceSpec;
}

function copyPath(
  into: JsonObject,
  from: JsonObject | undefined,
  path: readonly string[],
): JsonObject {
  const [name = "", ...rest] = path;
  const value = from?.[name];
  if (rest.length === 0) {
    const { [name]: _replaced, ...others } = into;
    return value === undefined ? others : { ...others, [name]: value };
  }
  if (Array.isArray(into[name]) || Array.isArray(value)) {
    throw new ApiError(
      "INVALID_ARGUMENT",
      `Invalid update_mask: ${name} is repeated and can only be replaced whole.`,
    );
  }
  const below = copyPath((into[name] ?? {}) as JsonObject, value as JsonObject | undefined, rest);
  return { ...into, [name]: below };
}

/** A template with what Cloud Run fills in. */
export function withTemplateDefaults(
  template: RevisionTemplate,
  defaultServiceAccount: string,
): RevisionTemplate {
  return {
    ...template,
    timeout: template.timeout ?? "300s",
    serviceAccount: template.serviceAccount ?? defaultServiceAccount,
    maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency ?? 80,
    scaling: { maxInstanceCount: 100, ...template.scaling },
    containers: template.containers.map(withContainerDefaults),
  };
}

function withContainerDefaults(container: ContainerSpec): ContainerSpec {
  const ports = container.ports ?? [{}];
  const port = ports[0]?.containerPort ?? 8080;
  const { limits, ...resources } = container.resources ?? {};
  return {
    ...container,
    ports: ports.map((each) => ({ name: "http1", containerPort: port, ...each })),
    resources: {
      cpuIdle: true,
      ...resources,
      limits: { cpu: "1000m", memory: "512Mi", ...(limits as JsonObject | undefined) },
    },
    startupProbe: withProbeDefaults(container.startupProbe, port),
  };
}

function withProbeDefaults(
  probe: ContainerSpec["startupProbe"],
  port: number,
): NonNullable<ContainerSpec["startupProbe"]> {
  if (probe === undefined) {
    return { timeoutSeconds: 240, periodSeconds: 240, failureThreshold: 1, tcpSocket: { port } };
  }
  const kind =
    probe.httpGet === undefined
      ? { tcpSocket: { port, ...probe.tcpSocket } }
      : { httpGet: { path: "/", port, ...probe.httpGet } };
  return { timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3, ...probe, ...kind };
}

/** A service that a caller asks to be made. */
export function newService(
  identity: Pick<ServiceRecord, "project" | "location" | "id">,
  spec: ServiceSpec,
  caller: string,
): ServiceRecord {
  const created = new Date().toISOString();
  const bare: ServiceRecord = {
    ...identity,
    uid: randomUUID(),
    created,
    updated: created,
    creator: caller,
    lastModifier: caller,
    generation: 0,
    observedGeneration: 0,
    version: 0,
    spec,
    revisions: [],
    routes: [],
    bindings: [],
    tagPorts: {},
    ...reconcilingConditions(),
  };
  return changeService(bare, spec, caller);
}

/**
 * A service after a caller has asked for something else: a new generation, and a new revision where
 * the template asks for one.
 *
 * @throws ApiError 409 when the template names a revision that exists and is different
 */
export function changeService(
  before: ServiceRecord,
  spec: ServiceSpec,
  caller: string,
): ServiceRecord {
  const generation = before.generation + 1;
  const made = nextRevision({ ...before, generation }, spec.template, caller);
  return {
    ...before,
    generation,
    version: before.version + 1,
    spec,
    updated: new Date().toISOString(),
    lastModifier: caller,
    ...(made === undefined
      ? {}
      : { revisions: [...before.revisions, made], latestCreated: made.name }),
    ...reconcilingConditions(),
  };
}

function nextRevision(
  service: ServiceRecord,
  template: RevisionTemplate,
  creator: string,
): RevisionRecord | undefined {
  const { revision: wanted, ...content } = template;
  const known = service.revisions.find(({ name }) => name === wanted);
  if (known !== undefined) {
    if (isDeepStrictEqual(known.template, content)) return undefined;
    throw new ApiError(
      "ALREADY_EXISTS",
      `Revision named '${known.name}' with different configuration already exists.`,
    );
  }
  const newest = service.revisions.at(-1);
  if (wanted === undefined && newest !== undefined && isDeepStrictEqual(newest.template, content)) {
    return undefined;
  }
  const created = new Date().toISOString();
  return {
    name: wanted ?? generatedName(service),
    uid: randomUUID(),
    serviceGeneration: service.generation,
    created,
    updated: created,
    creator,
    template: content,
    conditions: [{ type: "Ready", state: "CONDITION_RECONCILING", lastTransitionTime: created }],
  };
}

function generatedName({ id, generation, revisions }: ServiceRecord): string {
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  for (;;) {
    const suffix = Array.from({ length: 3 }, () => letters[randomInt(letters.length)]).join("");
    const name = `${id}-${String(generation).padStart(5, "0")}-${suffix}`;
    if (!revisions.some((revision) => revision.name === name)) return name;
  }
}
