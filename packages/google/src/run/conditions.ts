import { RemoteError } from "#core";
import { shortName } from "./names.ts";
import type { Condition, Revision, Service } from "./types.ts";

/** Why a service or revision will never become ready by itself. */
export interface FatalCondition {
  /** Cloud Run's reason, e.g. `HEALTH_CHECK_CONTAINER_ERROR`. */
  readonly reason: string;
  readonly message: string;
  /** What the reader should do. */
  readonly remedy: string;
}

const remedies: Readonly<Record<string, string>> = {
  HEALTH_CHECK_CONTAINER_ERROR:
    "The container did not start listening on $PORT in time: read its log, check that MODEL_URI can be read by the service account, and give it more memory, CPU or startup time.",
  CONTAINER_MISSING:
    "The image does not exist: check the input image, and that it was pushed to a registry Cloud Run can reach.",
  CONTAINER_PERMISSION_DENIED:
    "Grant the Cloud Run service agent (service-<project number>@serverless-robot-prod.iam.gserviceaccount.com) roles/artifactregistry.reader on the image's repository.",
  CONTAINER_IMAGE_UNAUTHORIZED:
    "The image is refused by the project's Binary Authorization policy: have it attested, or change the policy.",
  CONTAINER_IMAGE_AUTHORIZATION_CHECK_FAILED:
    "Binary Authorization could not check the image: check the policy and the attestor.",
  SECRETS_ACCESS_CHECK_FAILED:
    "Grant the service's own account roles/secretmanager.secretAccessor on the secrets it names, and check their names and versions.",
  ACTIVE_REVISION_LIMIT_REACHED:
    "The region has too many active revisions: delete old ones, or remove their tags and minimum instances.",
  ENCRYPTION_KEY_PERMISSION_DENIED:
    "Grant the Cloud Run service agent roles/cloudkms.cryptoKeyEncrypterDecrypter on the encryption key.",
  ENCRYPTION_KEY_CHECK_FAILED: "Check that the encryption key exists and is enabled.",
  VPC_NETWORK_NOT_FOUND: "Check the network and subnetwork of the input vpc.",
  REVISION_FAILED: "Read the revision's own condition and log.",
  PROGRESS_DEADLINE_EXCEEDED:
    "The revision did not become ready in time: read its log, and give it more startup time.",
};

/** The reason of a condition, whichever of its fields carries it. */
export function reasonOf(condition: Condition): string | null {
  return condition.reason ?? condition.revisionReason ?? condition.executionReason ?? null;
}

/** The failed condition that explains why something is not ready, or `null`. */
export function fatalConditionOf(conditions: readonly Condition[]): FatalCondition | null {
  const failed = conditions.filter(
    (each) =>
      each.state === "CONDITION_FAILED" && each.severity !== "WARNING" && each.severity !== "INFO",
  );
  // The one that carries its own reason says more than the summary above it.
  const telling =
    failed.find((each) => {
      const reason = reasonOf(each);
      return reason !== null && reason !== "REVISION_FAILED";
    }) ?? failed[0];
  if (telling === undefined) return null;
  const reason = reasonOf(telling) ?? fatalReasonIn(telling.message ?? "") ?? telling.type;
  return {
    reason,
    message: telling.message ?? "no message was given",
    remedy: remedies[reason] ?? "Read the message and the log of the revision.",
  };
}

/** Reasons for which there is a remedy, found in the text of an error. */
export function fatalReasonIn(message: string): string | null {
  const named = Object.keys(remedies).find((reason) => message.includes(reason));
  if (named !== undefined) return named;
  return textReasons.find(([pattern]) => pattern.test(message))?.[1] ?? null;
}

const textReasons: readonly (readonly [RegExp, string])[] = [
  [/failed to start and (?:then )?listen on the port/i, "HEALTH_CHECK_CONTAINER_ERROR"],
  [/container failed to start|startup probe/i, "HEALTH_CHECK_CONTAINER_ERROR"],
  [/image .*(?:not found|does not exist)/i, "CONTAINER_MISSING"],
  [
    /must have permission to (?:read|pull)|does not have permission to access the image/i,
    "CONTAINER_PERMISSION_DENIED",
  ],
  [/permission denied on secret|secret .*not found/i, "SECRETS_ACCESS_CHECK_FAILED"],
  [/(?:active )?revision limit/i, "ACTIVE_REVISION_LIMIT_REACHED"],
];

/** The error for a service or revision that failed for good, with log link and remedy. */
export function fatalError(
  subject: string,
  fatal: FatalCondition,
  logUri: string | null,
): RemoteError {
  return new RemoteError({
    code: fatal.reason,
    message: `${subject} failed: ${fatal.message}${logUri === null ? "" : `\nLog: ${logUri}`}`,
    hint: fatal.remedy,
    call: `wait for ${subject}`,
    status: null,
    retryable: false,
  });
}

/** A link to the log of a revision, where Cloud Run itself gives none. */
export function logLink(revision: Pick<Revision, "name" | "logUri">): string {
  if (revision.logUri) return revision.logUri;
  const [, project = "", region = "", service = "", name = ""] =
    /^projects\/([^/]+)\/locations\/([^/]+)\/services\/([^/]+)\/revisions\/([^/]+)$/.exec(
      revision.name,
    ) ?? [];
  const query = [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name="${service}"`,
    `resource.labels.revision_name="${name}"`,
    `resource.labels.location="${region}"`,
  ].join("\n");
  return `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(query)}?project=${project}`;
}

/** How messages name a service. */
export function serviceLabel(service: Pick<Service, "name">): string {
  return `service ${shortName(service.name)}`;
}
