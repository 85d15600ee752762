import { RemoteError, type ErrorFacts } from "#core";
import { parseRetryAfter } from "./retry.ts";

/** A refusal by a Google service, with what the adapters need to act on it. */
export class GoogleError extends RemoteError {
  /** Google's own reason, e.g. `conditionNotMet` or `SERVICE_DISABLED`, where it gave one. */
  readonly reason: string | null;
  readonly retryAfterMs: number | null;

  constructor({
    reason,
    retryAfterMs,
    ...facts
  }: ErrorFacts & {
    readonly call: string;
    readonly status: number | null;
    readonly retryable: boolean;
    readonly reason: string | null;
    readonly retryAfterMs: number | null;
  }) {
    super(facts);
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether `error` is a refusal with this HTTP status. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof GoogleError && error.status !== null && statuses.includes(error.status);
}

/** Whether the same call may succeed later, and how long the service asked to wait. */
export function judgeRetry(error: unknown): { retry: boolean; retryAfterMs: number | null } {
  if (!(error instanceof GoogleError)) return { retry: false, retryAfterMs: null };
  return { retry: error.retryable, retryAfterMs: error.retryAfterMs };
}

const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

const codes: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  412: "PRECONDITION_FAILED",
  429: "RESOURCE_EXHAUSTED",
};

/** The part of a Google error body that the adapters read. */
export interface Refusal {
  readonly status: string | null;
  readonly message: string;
  readonly reason: string | null;
}

/** Reads Google's JSON error forms (RPC status, Cloud Storage, OAuth), or takes the text as it is. */
export function parseRefusal(text: string): Refusal {
  const body = parseObject(text);
  const error = objectIn(body, "error");
  if (error !== undefined) {
    const [first] = arrayIn(error, "errors");
    const detail = arrayIn(error, "details").find((each) => textIn(each, "reason") !== null);
    return {
      status: textIn(error, "status"),
      message: textIn(error, "message") ?? "",
      reason: textIn(detail, "reason") ?? textIn(first, "reason"),
    };
  }
  const oauth = textIn(body, "error");
  if (oauth !== null) {
    return { status: null, message: textIn(body, "error_description") ?? oauth, reason: oauth };
  }
  const plain = text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return { status: null, message: plain.slice(0, 300), reason: null };
}

/** Turns an answer that is not a success into a {@link GoogleError}; reads its body. */
export async function errorOfResponse(
  call: string,
  response: Response,
  nowMs: number,
): Promise<GoogleError> {
  const refusal = parseRefusal(await response.text().catch(() => ""));
  const { status } = response;
  const hint = hintFor(status, refusal);
  const said = refusal.message === "" ? response.statusText : refusal.message;
  return new GoogleError({
    code: refusal.status ?? codes[status] ?? (status >= 500 ? "UNAVAILABLE" : `HTTP_${status}`),
    message: `${call} was refused with ${status}${said === "" ? "" : `: ${said}`}`,
    call,
    status,
    retryable: retryableStatuses.has(status),
    reason: refusal.reason,
    retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), nowMs),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Turns a failure below HTTP (no connection, dropped, timed out) into a {@link GoogleError}. */
export function errorOfFailure(call: string, cause: unknown): GoogleError {
  return new GoogleError({
    code: "NO_ANSWER",
    message: `${call} got no answer: ${reasonOf(cause)}.`,
    hint: "Check the network between the runner and Google, and that no proxy or firewall stands in between; then run the step again.",
    call,
    status: null,
    retryable: true,
    reason: null,
    retryAfterMs: null,
    cause,
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch hides the network's own words one level down.
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && !error.message.includes(code)
    ? `${error.message} (${code})`
    : error.message;
}

const rolesByPermission: readonly (readonly [RegExp, string])[] = [
  [/^iam\.serviceAccounts\.actAs$/i, "roles/iam.serviceAccountUser on the service's own account"],
  [
    /^iam\.serviceAccounts\.(getAccessToken|getOpenIdToken)$/i,
    "roles/iam.workloadIdentityUser on the service account",
  ],
  [/^run\.services\.(setIamPolicy|getIamPolicy)$/, "roles/run.admin"],
  [/^run\./, "roles/run.developer"],
  [/^monitoring\./, "roles/monitoring.viewer"],
  [/^storage\.objects\.create$/, "roles/storage.objectCreator on the bucket"],
  [/^storage\.objects\.(get|list)$/, "roles/storage.objectViewer on the bucket"],
  [/^storage\.objects\.(delete|update)$/, "roles/storage.objectUser on the bucket"],
  [/^storage\.buckets\./, "roles/storage.legacyBucketReader on the bucket"],
];

/** The permission that a message like "Permission 'run.services.get' denied on …" names. */
export function missingPermission(message: string): string | null {
  return (
    // An account's email (x@p.iam.gserviceaccount.com) in the same message is none.
    /\b((?:iam|run|monitoring|storage|artifactregistry|secretmanager)\.(?!gserviceaccount)[a-zA-Z]+\.[a-zA-Z]+)\b/.exec(
      message,
    )?.[1] ?? null
  );
}

function hintFor(status: number, { message, reason }: Refusal): string | undefined {
  switch (status) {
    case 401:
      return "The access token was not accepted. Run google-github-actions/auth in this job, before this step, with `permissions: id-token: write`.";
    case 403:
      return hintForForbidden(message, reason);
    case 429:
      return "The project's quota is used up for now: wait, or ask for a higher quota in the Google Cloud console.";
    default:
      return status >= 500
        ? "The service failed on its side; https://status.cloud.google.com says whether it is known. Run the step again."
        : undefined;
  }
}

function hintForForbidden(message: string, reason: string | null): string {
  if (reason === "SERVICE_DISABLED" || /has not been used in project|is disabled/.test(message)) {
    const api = /\b([a-z]+\.googleapis\.com)\b/.exec(message)?.[1] ?? "<the API>";
    return `Enable the API: gcloud services enable ${api}`;
  }
  const permission = missingPermission(message);
  const role = rolesByPermission.find(([pattern]) => pattern.test(permission ?? ""))?.[1];
  if (role === undefined) {
    return "Grant the account that this job uses the role that allows the call; the message names what is missing.";
  }
  return `Grant the account that this job uses ${role} (it lacks ${permission}).`;
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectIn(value: unknown, key: string): object | undefined {
  const found = valueIn(value, key);
  return typeof found === "object" && found !== null ? found : undefined;
}

function arrayIn(value: unknown, key: string): readonly unknown[] {
  const found = valueIn(value, key);
  return Array.isArray(found) ? found : [];
}

function textIn(value: unknown, key: string): string | null {
  const found = valueIn(value, key);
  return typeof found === "string" ? found : null;
}

function valueIn(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
