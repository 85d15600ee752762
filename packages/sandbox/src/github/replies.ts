/** What a handler answers; the server turns it into bytes. */
export type Reply =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "empty";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly body: Uint8Array;
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "file";
      readonly status: number;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    };

/** One field that GitHub found fault with. */
export interface FieldError {
  readonly resource: string;
  readonly code: "missing" | "missing_field" | "invalid" | "already_exists" | "custom";
  readonly field?: string;
  readonly message?: string;
}

/** A refusal in GitHub's form. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: number,
    message: string,
    more: {
      readonly errors?: readonly FieldError[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

/** 200 with a JSON body. */
export function ok(body: unknown): Reply {
  return { kind: "json", status: 200, body };
}

/** 201 with a JSON body and, where it has one, its address. */
export function created(body: unknown): Reply {
  const { url } = body as { readonly url?: string };
  return {
    kind: "json",
    status: 201,
    body,
    ...(url === undefined ? {} : { headers: { location: url } }),
  };
}

/** 204. */
export function noContent(): Reply {
  return { kind: "empty", status: 204 };
}

/** 302 to another address. */
export function redirect(location: string): Reply {
  return { kind: "empty", status: 302, headers: { location } };
}

/** 404, which GitHub also says of what the caller may not see. */
export function notFound(message = "Not Found"): ApiError {
  return new ApiError(404, message);
}

/** 422 with the fields at fault. */
export function invalid(...errors: readonly FieldError[]): ApiError {
  return new ApiError(422, "Validation Failed", { errors });
}

/** 403 as a job token gets it that lacks a permission. */
export function notAccessible(accepted?: string): ApiError {
  return new ApiError(403, "Resource not accessible by integration", {
    headers: accepted === undefined ? {} : { "x-accepted-github-permissions": accepted },
  });
}

/** A refusal's body. */
export function composeErrorBody(error: ApiError): Record<string, unknown> {
  return {
    message: error.message,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    documentation_url: "https://docs.github.com/rest",
    status: String(error.status),
  };
}
