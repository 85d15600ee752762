import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from "jose";
import { ApiError, notImplemented } from "./api-error.ts";
import type { Principal } from "./principal.ts";
import type { Signer } from "./tokens.ts";

/** A workload identity provider: whose tokens are exchanged, and on what terms. */
export interface WorkloadIdentityProvider {
  readonly pool: string;
  readonly provider: string;
  /** The `iss` that subject tokens must carry. */
  readonly oidcIssuer: string;
  /** Where the issuer's documents are read; `oidcIssuer` itself when absent. */
  readonly issuerUrl?: string;
  /** Audiences beside the provider's own resource name, which is always accepted. */
  readonly allowedAudiences?: readonly string[];
  /**
   * Claims that become attributes, so that `principalSet://…/attribute.<name>/<value>` can be
   * granted; `repository`, `repository_owner` and `actor` when absent.
   */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Claims that must have exactly this value: what an attribute condition is for. */
  readonly requiredClaims?: Readonly<Record<string, string>>;
}

const grantType = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";
const jwtType = "urn:ietf:params:oauth:token-type:jwt";
const idTokenType = "urn:ietf:params:oauth:token-type:id_token";
const lifetimeSeconds = 3600;
const githubAttributes = {
  repository: "repository",
  repository_owner: "repository_owner",
  actor: "actor",
};

const exchangeFields: ReadonlySet<string> = new Set([
  "grant_type",
  "grantType",
  "audience",
  "scope",
  "requested_token_type",
  "requestedTokenType",
  "subject_token",
  "subjectToken",
  "subject_token_type",
  "subjectTokenType",
]);

/** An OAuth error of the token endpoint: `{ error, error_description }`. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly error: string;
  readonly code: number;

  constructor(error: string, description: string, code = 400) {
    super(description);
    this.error = error;
    this.code = code;
  }
}

/** Exchanges a subject token for a federated access token. */
export type ExchangeToken = (
  form: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, unknown>>>;

/** The resource name of a provider, without scheme. */
export function providerName(
  projectNumber: string,
  { pool, provider }: { readonly pool: string; readonly provider: string },
): string {
  return `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}/providers/${provider}`;
}

/** The token endpoint over its providers. */
export function createTokenExchange(options: {
  readonly projectNumber: string;
  readonly providers: readonly WorkloadIdentityProvider[];
  readonly signer: Signer;
}): ExchangeToken {
  const { projectNumber, providers, signer } = options;
  const checks = new Map(
    providers.map((provider) => [
      providerName(projectNumber, provider),
      { provider, verify: createSubjectVerifier(provider, providerName(projectNumber, provider)) },
    ]),
  );

  return async (form) => {
    const { audience, subjectToken, scopes } = readExchange(form);
    const check = checks.get(audience);
    if (check === undefined) {
      throw new OAuthError(
        "invalid_target",
        'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
      );
    }
    const claims = await check.verify(subjectToken);
    const principal = federatedPrincipal(projectNumber, check.provider, claims);
    const accessToken = await signer.signAccessToken({ principal, scopes, lifetimeSeconds });
    return {
      access_token: accessToken,
      issued_token_type: accessTokenType,
      token_type: "Bearer",
      expires_in: lifetimeSeconds,
    };
  };
}

function readExchange(form: Readonly<Record<string, string>>): {
  audience: string;
  subjectToken: string;
  scopes: readonly string[];
} {
  // STS takes camelCase in JSON bodies and snake_case in forms.
  const read = (name: string, camel: string): string => form[name] ?? form[camel] ?? "";
  const unknown = Object.keys(form).find((name) => !exchangeFields.has(name));
  if (unknown !== undefined) {
    throw new OAuthError("invalid_request", `${unknown} is not implemented by the local service.`);
  }
  if (read("grant_type", "grantType") !== grantType) {
    throw new OAuthError("unsupported_grant_type", `grant_type: expected ${grantType}.`);
  }
  if (read("requested_token_type", "requestedTokenType") !== accessTokenType) {
    throw new OAuthError("invalid_request", `requested_token_type: expected ${accessTokenType}.`);
  }
  const subjectType = read("subject_token_type", "subjectTokenType");
  if (subjectType !== jwtType && subjectType !== idTokenType) {
    throw new OAuthError("invalid_request", `subject_token_type: expected ${jwtType}.`);
  }
  const subjectToken = read("subject_token", "subjectToken");
  if (subjectToken === "") throw new OAuthError("invalid_request", "subject_token is missing.");
  return {
    audience: form["audience"] ?? "",
    subjectToken,
    scopes: (form["scope"] ?? "").split(/[ ,]+/).filter((scope) => scope !== ""),
  };
}

function createSubjectVerifier(
  provider: WorkloadIdentityProvider,
  name: string,
): (token: string) => Promise<JWTPayload> {
  const audiences = [`https:${name}`, name, ...(provider.allowedAudiences ?? [])];
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  return async (token) => {
    keys ??= createRemoteJWKSet(await discoverKeys(provider.issuerUrl ?? provider.oidcIssuer));
    let claims: JWTPayload;
    try {
      const options = { algorithms: ["RS256"], issuer: provider.oidcIssuer, audience: audiences };
      claims = (await jwtVerify(token, keys, options)).payload;
    } catch (error) {
      throw describeRefusal(error, provider);
    }
    for (const [claim, wanted] of Object.entries(provider.requiredClaims ?? {})) {
      if (claims[claim] === wanted) continue;
      throw new OAuthError(
        "unauthorized_client",
        "The given credential is rejected by the attribute condition.",
      );
    }
    return claims;
  };
}

async function discoverKeys(issuerUrl: string): Promise<URL> {
  const fail = (why: string): OAuthError =>
    new OAuthError("invalid_grant", `Error connecting to the given credential's issuer: ${why}`);
  const address = `${issuerUrl.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await fetch(address).catch((error: unknown) => {
    throw fail(error instanceof Error ? error.message : String(error));
  });
  if (!response.ok) throw fail(`GET ${address} answered ${response.status}.`);
  const { jwks_uri: keys } = (await response.json()) as { jwks_uri?: unknown };
  if (typeof keys !== "string") throw fail(`${address} has no jwks_uri.`);
  return new URL(keys);
}

function describeRefusal(error: unknown, provider: WorkloadIdentityProvider): Error {
  if (error instanceof errors.JWTExpired) {
    return new OAuthError("invalid_grant", "The given credential is expired.");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const found = JSON.stringify(error.payload[error.claim]);
    return error.claim === "aud"
      ? new OAuthError(
          "invalid_grant",
          `The audience in ID Token ${found} does not match the expected audience.`,
        )
      : new OAuthError(
          "invalid_grant",
          `The claim ${error.claim} in ID Token is ${found}; for iss ${provider.oidcIssuer} is expected.`,
        );
  }
  if (error instanceof errors.JOSEError) {
    return new OAuthError(
      "invalid_grant",
      `Unable to verify the ID Token signature: ${error.message}.`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

function federatedPrincipal(
  projectNumber: string,
  { pool, attributes = githubAttributes }: WorkloadIdentityProvider,
  claims: JWTPayload,
): Principal {
  const root = `iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}`;
  const subject = claims.sub;
  if (subject === undefined || subject.length > 127) {
    throw new OAuthError(
      "invalid_request",
      "The size of mapped attribute google.subject must be between 1 and 127 bytes.",
    );
  }
  const sets = Object.entries(attributes).flatMap(([attribute, claim]) => {
    const value = claims[claim];
    return typeof value === "string"
      ? [`principalSet://${root}/attribute.${attribute}/${value}`]
      : [];
  });
  const member = `principal://${root}/subject/${subject}`;
  return { member, email: member, sets: [`principalSet://${root}/*`, ...sets] };
}

/** Reads a token request's form or JSON body. */
export function parseTokenRequest(contentType: string, text: string): Record<string, string> {
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  if (!contentType.startsWith("application/json")) {
    throw notImplemented(`Content type ${contentType} at the token endpoint`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError("INVALID_ARGUMENT", "Invalid JSON payload received.");
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, field]) => [name, String(field)]),
  );
}
