import { ApiError, type ApiErrorExtras, type ApiStatus } from "../google-identity/api-error.ts";

const defaultReasons: Readonly<Record<ApiStatus, string>> = {
  INVALID_ARGUMENT: "invalid",
  FAILED_PRECONDITION: "failedPrecondition",
  OUT_OF_RANGE: "requestedRangeNotSatisfiable",
  UNAUTHENTICATED: "required",
  PERMISSION_DENIED: "forbidden",
  NOT_FOUND: "notFound",
  ALREADY_EXISTS: "conflict",
  ABORTED: "conflict",
  RESOURCE_EXHAUSTED: "rateLimitExceeded",
  CANCELLED: "cancelled",
  INTERNAL: "internalError",
  UNAVAILABLE: "backendError",
  UNIMPLEMENTED: "notImplemented",
};

/**
 * Cloud Storage's error form, which names a reason; `status` as well, which the live service leaves
 * out, so that one reader fits all the local Google services.
 */
export function renderStorageError({ code, message, status, extras }: ApiError): unknown {
  const reason = extras.reason ?? defaultReasons[status];
  return { error: { code, message, status, errors: [{ message, domain: "global", reason }] } };
}

/** A 400 for a request that Cloud Storage does not understand. */
export function invalid(message: string, extras: ApiErrorExtras = {}): ApiError {
  return new ApiError("INVALID_ARGUMENT", message, extras);
}

/** The 404 of an object. */
export function noSuchObject(bucket: string, name: string): ApiError {
  return new ApiError("NOT_FOUND", `No such object: ${bucket}/${name}`);
}

/** The 412 of an unmet precondition. */
export function conditionNotMet(): ApiError {
  return new ApiError(
    "FAILED_PRECONDITION",
    "At least one of the pre-conditions you specified did not hold.",
    { code: 412, reason: "conditionNotMet" },
  );
}
