import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";
import { bearerToken } from "./api-server.ts";
import { isGranted, type Binding } from "./iam-policy.ts";
import type { Principal } from "./principal.ts";
import { createTokenVerifier } from "./tokens.ts";

/** How a service knows its callers. */
export interface AccessOptions {
  /** The identity service whose tokens are accepted; without one every caller may do everything. */
  readonly identityUrl?: string;
  /** `false` switches authentication off although there is an identity service. */
  readonly requireAuth?: boolean;
  /** Roles on the whole project, which every resource inherits. */
  readonly projectPolicy?: readonly Binding[];
}

/** A caller whose token was checked. */
export interface Caller {
  /** Absent for an anonymous caller. */
  readonly principal?: Principal;
  /** Whether the caller has a permission on a resource with these bindings of its own. */
  may(permission: string, resourceBindings?: readonly Binding[]): boolean;
}

/** Finds out who calls. */
export type Authenticate = (incoming: IncomingMessage) => Promise<Caller>;

const everything: Caller = { may: () => true };

/**
 * The check of a service's callers.
 *
 * @param scopes OAuth scopes of which a token needs one
 */
export function createAuthentication(
  { identityUrl, requireAuth, projectPolicy = [] }: AccessOptions,
  scopes: readonly string[],
): Authenticate {
  if (requireAuth === false) return () => Promise.resolve(everything);
  if (identityUrl === undefined) {
    if (requireAuth === true) {
      throw new Error("requireAuth needs identityUrl: the identity service whose tokens count.");
    }
    return () => Promise.resolve(everything);
  }
  const verifier = createTokenVerifier(identityUrl);

  return async (incoming) => {
    const token = bearerToken(incoming);
    if (token === undefined) {
      return { may: (permission, bindings = []) => isGranted(bindings, undefined, permission) };
    }
    const verified = await verifier.verifyAccessToken(token);
    if (verified.kind === "refused") throw invalidCredentials(verified.why);
    const { principal, scopes: granted } = verified.value;
    if (!granted.some((scope) => scopes.includes(scope))) {
      throw new ApiError("PERMISSION_DENIED", "Request had insufficient authentication scopes.", {
        reason: "insufficientPermissions",
      });
    }
    return {
      principal,
      may: (permission, bindings = []) =>
        isGranted([...projectPolicy, ...bindings], principal, permission),
    };
  };
}

function invalidCredentials(why: "expired" | "malformed"): ApiError {
  return new ApiError(
    "UNAUTHENTICATED",
    `Request had invalid authentication credentials (the token is ${why}). Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.`,
    {
      reason: "authError",
      headers: {
        "www-authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
      },
    },
  );
}
