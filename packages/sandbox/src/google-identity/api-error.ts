/** The canonical status names of Google's APIs that the local services answer with. */
export type ApiStatus =
  | "INVALID_ARGUMENT"
  | "FAILED_PRECONDITION"
  | "OUT_OF_RANGE"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "ABORTED"
  | "RESOURCE_EXHAUSTED"
  | "CANCELLED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "UNIMPLEMENTED";

const httpCodes: Readonly<Record<ApiStatus, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  UNIMPLEMENTED: 501,
};

/** What an {@link ApiError} may carry beside its message. */
export interface ApiErrorExtras {
  /** HTTP status where it is not the one the canonical status maps to. */
  readonly code?: number;
  /** Cloud Storage's short word for the error, e.g. `conditionNotMet`. */
  readonly reason?: string;
  readonly details?: readonly unknown[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that a local Google service refuses. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: ApiStatus;
  readonly code: number;
  readonly extras: ApiErrorExtras;

  constructor(status: ApiStatus, message: string, extras: ApiErrorExtras = {}) {
    super(message);
    this.status = status;
    this.code = extras.code ?? httpCodes[status];
    this.extras = extras;
  }
}

/** The error for something the live service has and the local one does not. */
export function notImplemented(what: string): ApiError {
  return new ApiError("UNIMPLEMENTED", `${what} is not implemented by the local service.`);
}

/** The 400 of Google's APIs that names the field at fault. */
export function badField(field: string, description: string): ApiError {
  return new ApiError("INVALID_ARGUMENT", `${field}: ${description}`, {
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        fieldViolations: [{ field, description }],
      },
    ],
  });
}

/** Google's error form: `{ error: { code, message, status, details } }`. */
export function renderApiError({ code, message, status, extras }: ApiError): unknown {
  return {
    error: {
      code,
      message,
      status,
      ...(extras.details === undefined ? {} : { details: extras.details }),
    },
  };
}
