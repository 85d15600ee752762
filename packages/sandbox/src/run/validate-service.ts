import { badField } from "../google-identity/api-error.ts";
import type { ContainerSpec, RevisionTemplate, ServiceSpec, StartupProbe } from "./model.ts";
import { checkTraffic } from "./traffic.ts";

const nameForm = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const labelForm = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const systemNamespaces =
  /^([\w-]+\.)*(run\.googleapis\.com|cloud\.googleapis\.com|serving\.knative\.dev|autoscaling\.knative\.dev)\//;
const reservedVariables = ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"];

/**
 * Checks the name of a service that is to be made.
 *
 * @throws ApiError 400 in the live service's words
 */
export function checkServiceId(id: string): void {
  if (nameForm.test(id) && id.length < 50) return;
  throw badField(
    "Violation in CreateServiceRequest.service_id",
    "only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen; must be less than 50 characters.",
  );
}

/**
 * Checks all of a service that a caller wants.
 *
 * @param request name of the request message, which the live service names in its errors
 * @throws ApiError 400 that names the field
 */
export function checkService(id: string, spec: ServiceSpec, request: string): void {
  const at = `Violation in ${request}.service`;
  checkLabels(spec.labels, `${at}.labels`);
  checkAnnotations(spec.annotations, `${at}.annotations`);
  checkTemplate(id, spec.template, `${at}.template`);
  checkTraffic(id, spec.traffic ?? [], `${at}.traffic`);
}

function checkLabels(labels: Readonly<Record<string, string>> = {}, at: string): void {
  for (const [key, value] of Object.entries(labels)) {
    if (systemNamespaces.test(key)) throw systemKey(at, key);
    if (key === "" || !labelForm.test(key) || !/^[\p{Ll}\p{Lo}]/u.test(key)) {
      throw badField(
        at,
        `label key '${key}' must begin with a lowercase letter and hold only lowercase letters, digits, underscores and hyphens; at most 63 characters.`,
      );
    }
    if (!labelForm.test(value)) {
      throw badField(
        at,
        `label value '${value}' of '${key}' may hold only lowercase letters, digits, underscores and hyphens; at most 63 characters.`,
      );
    }
  }
}

function checkAnnotations(annotations: Readonly<Record<string, string>> = {}, at: string): void {
  const reserved = Object.keys(annotations).find((key) => systemNamespaces.test(key));
  if (reserved !== undefined) throw systemKey(at, reserved);
  const sizeBytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (sizeBytes > 256 * 1024) throw badField(at, "total size must be at most 262144 bytes.");
}

function systemKey(at: string, key: string): Error {
  return badField(at, `'${key}' is in a system namespace, which this API version does not take.`);
}

function checkTemplate(id: string, template: RevisionTemplate, at: string): void {
  checkRevisionName(id, template.revision, `${at}.revision`);
  checkLabels(template.labels, `${at}.labels`);
  checkAnnotations(template.annotations, `${at}.annotations`);
  const seconds = /^(\d+)(\.\d+)?s$/.exec(template.timeout ?? "300s");
  if (seconds === null || Number(seconds[1]) < 1 || Number(seconds[1]) > 3600) {
    throw badField(`${at}.timeout`, "must be between 1s and 3600s.");
  }
  const { maxInstanceRequestConcurrency: concurrency = 80 } = template;
  if (concurrency < 0 || concurrency > 1000) {
    throw badField(`${at}.max_instance_request_concurrency`, "must be between 0 and 1000.");
  }
  const [container, ...others] = template.containers ?? [];
  if (container === undefined)
    throw badField(`${at}.containers`, "should contain at least one container.");
  if (others.length > 0) {
    throw badField(`${at}.containers`, "sidecars are not implemented by the local service.");
  }
  checkContainer(container, `${at}.containers[0]`);
}

function checkRevisionName(id: string, name: string | undefined, at: string): void {
  if (name === undefined) return;
  if (!nameForm.test(name) || name.length >= 64) {
    throw badField(
      at,
      "only lowercase, digits, and hyphens; must begin with letter, and may not end with hyphen; must be less than 64 characters.",
    );
  }
  if (!name.startsWith(`${id}-`) || name === `${id}-`) {
    throw badField(
      at,
      "Revision name must be prefixed by the name of the enclosing Configuration or Service with a trailing -",
    );
  }
}

function checkContainer(container: ContainerSpec, at: string): void {
  if (container.image === undefined) throw badField(`${at}.image`, "required.");
  const { ports = [], env = [] } = container;
  if (ports.length > 1) throw badField(`${at}.ports`, "should contain 0 or 1 port (field).");
  const port = ports[0]?.containerPort ?? 8080;
  if (port < 1 || port > 65_535) {
    throw badField(`${at}.ports.container_port`, "must be between 1 and 65535.");
  }
  const reserved = env.map(({ name }) => name).filter((name) => reservedVariables.includes(name));
  if (reserved.length > 0) {
    throw badField(
      `${at}.env`,
      `The following reserved env names were provided: ${reserved.join(", ")}. These values are automatically set by the system.`,
    );
  }
  const names = env.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw badField(`${at}.env`, `duplicate name ${twice}.`);
  if (container.startupProbe !== undefined)
    checkProbe(container.startupProbe, `${at}.startup_probe`);
}

function checkProbe(probe: StartupProbe, at: string): void {
  const { initialDelaySeconds = 0, timeoutSeconds = 1, periodSeconds = 10 } = probe;
  const { failureThreshold = 3 } = probe;
  for (const [name, value, low] of [
    ["initial_delay_seconds", initialDelaySeconds, 0],
    ["timeout_seconds", timeoutSeconds, 1],
    ["period_seconds", periodSeconds, 1],
  ] as const) {
    if (value < low || value > 240) {
      throw badField(`${at}.${name}`, `must be between ${low} and 240.`);
    }
  }
  if (timeoutSeconds > periodSeconds) {
    throw badField(`${at}.timeout_seconds`, "must be less than or equal to period_seconds.");
  }
  if (failureThreshold < 1) throw badField(`${at}.failure_threshold`, "must be at least 1.");
}
