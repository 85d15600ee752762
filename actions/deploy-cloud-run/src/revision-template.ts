import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Container, EnvironmentVariable, Revision, RevisionTemplate } from "#google";
import { dashedVersion } from "#google";
import type { SecretReference } from "./container-values.ts";

/** Annotations of a revision that say what it serves. */
export const MODEL_ANNOTATION = "slipway.dev/model";
export const VERSION_ANNOTATION = "slipway.dev/version";

/** What a rollout wants of a revision; `null` leaves a setting as it is. */
export interface WantedRevision {
  readonly model: string;
  readonly version: string;
  readonly image: string;
  /** Where the version's files are. */
  readonly modelUri: string | null;
  readonly digest: string | null;
  readonly cpu: string | null;
  readonly memory: string | null;
  readonly concurrency: number | null;
  readonly maxInstances: number | null;
  readonly timeoutMs: number | null;
  readonly env: Readonly<Record<string, string | null>> | null;
  readonly secrets: Readonly<Record<string, SecretReference>> | null;
  readonly serviceAccount: string | null;
  readonly startupProbe: string | null;
}

/** Fields that a revision shares with the template it was made from. */
const TEMPLATE_FIELDS = [
  "scaling",
  "vpcAccess",
  "timeout",
  "serviceAccount",
  "containers",
  "volumes",
  "executionEnvironment",
  "encryptionKey",
  "maxInstanceRequestConcurrency",
  "sessionAffinity",
  "nodeSelector",
  "gpuZonalRedundancyDisabled",
] as const;
const SYSTEM_KEY = /(?:^|\.)(?:run\.googleapis\.com|cloud\.googleapis\.com|knative\.dev)\//;

/**
 * The template that a revision was made from: what serves is what a new version inherits, not what
 * the last attempt asked for.
 */
export function templateOfRevision(revision: Revision): RevisionTemplate {
  const kept = TEMPLATE_FIELDS.flatMap((name) =>
    revision[name] === undefined ? [] : [[name, revision[name]]],
  );
  return {
    labels: withoutSystemKeys(revision.labels),
    annotations: withoutSystemKeys(revision.annotations),
    ...(Object.fromEntries(kept) as RevisionTemplate),
  };
}

function withoutSystemKeys(
  map: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !SYSTEM_KEY.test(key)));
}

/** The template of a version: its own settings over those of what serves now. */
export function composeTemplate(
  base: RevisionTemplate | null,
  wanted: WantedRevision,
): RevisionTemplate {
  const { revision: _name, ...kept } = base ?? {};
  const { model, version } = wanted;
  return {
    ...kept,
    labels: {
      ...kept.labels,
      "slipway-model": dashedVersion(model).slice(0, 63),
      "slipway-version": dashedVersion(version).slice(0, 63),
    },
    annotations: {
      ...kept.annotations,
      [MODEL_ANNOTATION]: model,
      [VERSION_ANNOTATION]: version,
    },
    containers: withServer(kept.containers ?? [], wanted),
    ...(wanted.maxInstances !== null && {
      scaling: { ...kept.scaling, maxInstanceCount: wanted.maxInstances },
    }),
    ...(wanted.timeoutMs !== null && { timeout: `${wanted.timeoutMs / 1000}s` }),
    ...(wanted.serviceAccount !== null && { serviceAccount: wanted.serviceAccount }),
    ...(wanted.concurrency !== null && { maxInstanceRequestConcurrency: wanted.concurrency }),
  };
}

/** The container that takes requests is the one with a port, or the only one; the others stay. */
function withServer(
  containers: readonly Container[],
  wanted: WantedRevision,
): readonly Container[] {
  const withPort = containers.findIndex(({ ports }) => (ports ?? []).length > 0);
  const at = Math.max(0, withPort);
  const server = composeServer(containers[at], wanted);
  return containers.length === 0
    ? [server]
    : containers.map((container, index) => (index === at ? server : container));
}

function composeServer(container: Container | undefined, wanted: WantedRevision): Container {
  const { cpu, memory, startupProbe } = wanted;
  const env = composeEnvironment(container?.env ?? [], wanted);
  return {
    ...container,
    image: wanted.image,
    env,
    ...((cpu !== null || memory !== null) && {
      resources: {
        ...container?.resources,
        limits: {
          ...container?.resources?.limits,
          ...(cpu !== null && { cpu }),
          ...(memory !== null && { memory }),
        },
      },
    }),
    // A probe of this path stays as it is: Cloud Run has filled in its port and periods.
    ...(startupProbe !== null &&
      container?.startupProbe?.httpGet?.path !== startupProbe && {
        // 48 times 5 seconds: the four minutes that Cloud Run gives a container at most.
        startupProbe: {
          httpGet: { path: startupProbe },
          periodSeconds: 5,
          timeoutSeconds: 4,
          failureThreshold: 48,
        },
      }),
  };
}

function composeEnvironment(
  present: readonly EnvironmentVariable[],
  wanted: WantedRevision,
): readonly EnvironmentVariable[] {
  const asked = Object.entries(wanted.env ?? {});
  const secrets = Object.entries(wanted.secrets ?? {});
  const owned: readonly (readonly [string, string | null])[] = [
    ...(wanted.modelUri === null ? [] : [["MODEL_URI", wanted.modelUri] as const]),
    ["MODEL_VERSION", wanted.version],
    ["MODEL_DIGEST", wanted.digest],
  ];
  const variables = new Map(present.map((variable) => [variable.name, variable]));
  for (const [name, value] of [...owned, ...asked]) {
    if (value === null) variables.delete(name);
    else variables.set(name, { name, value });
  }
  for (const [name, secretKeyRef] of secrets) {
    variables.set(name, { name, valueSource: { secretKeyRef } });
  }
  return [...variables.values()];
}

/** Whether two templates make the same revision. */
export function sameTemplate(left: RevisionTemplate, right: RevisionTemplate): boolean {
  return isDeepStrictEqual(withoutEmpty(left), withoutEmpty(right));
}

/** Digest of a template, whatever the order of its keys. */
export function templateDigest(template: RevisionTemplate): string {
  return `sha256:${createHash("sha256")
    .update(canonical(withoutEmpty(template)))
    .digest("hex")}`;
}

/** JSON of Google's leaves out empty maps and lists; so does a comparison. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]): [string, unknown] => [key, withoutEmpty(item)])
      .filter(
        ([, item]) =>
          item !== undefined && JSON.stringify(item) !== "{}" && JSON.stringify(item) !== "[]",
      ),
  );
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}
