import { createHash } from "node:crypto";
import { ApiError, notImplemented } from "./api-error.ts";
import { checkQuery, json, readJsonObject, type ApiRoute } from "./api-server.ts";
import { isGranted, type Binding } from "./iam-policy.ts";
import type { AccessOptions, Authenticate } from "./access-control.ts";
import { createAuthentication } from "./access-control.ts";
import { serviceAccountPrincipal } from "./principal.ts";
import type { Signer } from "./tokens.ts";

/** A service account and who may act with it. */
export interface ServiceAccount {
  readonly email: string;
  readonly bindings?: readonly Binding[];
}

/** What issues tokens for service accounts. */
export interface AccountTokens {
  mintAccessToken(
    email: string,
    options?: { readonly scopes?: readonly string[]; readonly lifetimeSeconds?: number },
  ): Promise<string>;
  mintIdentityToken(email: string, audience: string): Promise<string>;
}

export const cloudPlatformScope = "https://www.googleapis.com/auth/cloud-platform";
const maxLifetimeSeconds = 3600;

/** Token issue for service accounts, signed by the identity service. */
export function createAccountTokens(signer: Signer, issuer: () => string): AccountTokens {
  return {
    mintAccessToken: (email, { scopes = [cloudPlatformScope], lifetimeSeconds = 3600 } = {}) =>
      signer.signAccessToken({
        principal: serviceAccountPrincipal(email),
        scopes,
        lifetimeSeconds,
      }),
    mintIdentityToken: (email, audience) =>
      signer.signIdentityToken(
        {
          iss: issuer(),
          aud: audience,
          azp: accountNumber(email),
          sub: accountNumber(email),
          email,
          email_verified: true,
        },
        maxLifetimeSeconds,
      ),
  };
}

// Google's identity tokens name an account by a 21-digit number: one that is the same every time.
function accountNumber(email: string): string {
  const digest = createHash("sha256").update(email).digest();
  return `1${(digest.readBigUInt64BE() % 10n ** 20n).toString().padStart(20, "0")}`;
}

/** The IAM Credentials API: `generateAccessToken` and `generateIdToken`. */
export function credentialsRoutes(
  accounts: readonly ServiceAccount[],
  tokens: AccountTokens,
  access: () => AccessOptions,
): readonly ApiRoute[] {
  let authenticate: Authenticate | undefined;

  function handle(verb: string, issue: (email: string, body: Body) => Promise<unknown>): ApiRoute {
    return {
      method: "POST",
      path: `/v1/projects/:project/serviceAccounts/:email\\:${verb}`,
      handle: async ({ parameters, query, incoming }) => {
        checkQuery(query, []);
        // The server's own address is known only once it listens.
        authenticate ??= createAuthentication(access(), [
          cloudPlatformScope,
          "https://www.googleapis.com/auth/iam",
        ]);
        const caller = await authenticate(incoming);
        const email = parameters["email"] ?? "";
        const permission =
          verb === "generateIdToken"
            ? "iam.serviceAccounts.getOpenIdToken"
            : "iam.serviceAccounts.getAccessToken";
        const account = accounts.find((known) => known.email === email);
        const bindings = account?.bindings ?? [];
        if (account === undefined || !isGranted(bindings, caller.principal, permission)) {
          throw new ApiError(
            caller.principal === undefined ? "UNAUTHENTICATED" : "PERMISSION_DENIED",
            `Permission '${permission}' denied on resource (or it may not exist).`,
          );
        }
        return json(await issue(email, await readJsonObject(incoming)));
      },
    };
  }

  return [
    handle("generateAccessToken", async (email, body) => {
      refuseUnknown(body, ["scope", "lifetime", "delegates"]);
      const scopes = readScopes(body["scope"]);
      const lifetimeSeconds = readLifetime(body["lifetime"]);
      const accessToken = await tokens.mintAccessToken(email, { scopes, lifetimeSeconds });
      const expireTime = new Date(Date.now() + lifetimeSeconds * 1000).toISOString();
      return { accessToken, expireTime: `${expireTime.slice(0, 19)}Z` };
    }),
    handle("generateIdToken", async (email, body) => {
      refuseUnknown(body, ["audience", "includeEmail", "delegates"]);
      const { audience } = body;
      if (typeof audience !== "string" || audience === "") {
        throw new ApiError("INVALID_ARGUMENT", "Request contains an invalid argument: audience.");
      }
      return { token: await tokens.mintIdentityToken(email, audience) };
    }),
  ];
}

type Body = Readonly<Record<string, unknown>>;

function refuseUnknown(body: Body, known: readonly string[]): void {
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ApiError(
      "INVALID_ARGUMENT",
      `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`,
    );
  }
  const { delegates } = body;
  if (Array.isArray(delegates) && delegates.length > 0) throw notImplemented("delegates");
}

function readScopes(value: unknown): readonly string[] {
  const scopes = (Array.isArray(value) ? value : []).filter((scope) => typeof scope === "string");
  if (scopes.length === 0) {
    throw new ApiError("INVALID_ARGUMENT", "Request contains an invalid argument: scope.");
  }
  return scopes;
}

function readLifetime(value: unknown): number {
  if (value === undefined) return maxLifetimeSeconds;
  const match = typeof value === "string" ? /^(\d+)s$/.exec(value) : null;
  const seconds = Number(match?.[1] ?? Number.NaN);
  if (seconds >= 1 && seconds <= maxLifetimeSeconds) return seconds;
  throw new ApiError(
    "INVALID_ARGUMENT",
    "Request contains an invalid argument: lifetime, expected 1s to 3600s.",
  );
}
