import type { Caller } from "../google-identity/access-control.ts";
import { ApiError } from "../google-identity/api-error.ts";
import type { Binding } from "../google-identity/iam-policy.ts";

/**
 * Checks one permission of a caller on a resource.
 *
 * @throws ApiError 403 (401 for an anonymous caller) that names the permission
 */
export function requirePermission(
  caller: Caller,
  permission: string,
  resource: string,
  bindings: readonly Binding[] = [],
): void {
  if (caller.may(permission, bindings)) return;
  if (caller.principal === undefined) {
    throw new ApiError(
      "UNAUTHENTICATED",
      "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    );
  }
  throw new ApiError(
    "PERMISSION_DENIED",
    `Permission '${permission}' denied on resource '${resource}' (or resource may not exist).`,
  );
}
