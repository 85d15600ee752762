import { InputError } from "#core";
import type { AuthClient } from "google-auth-library";
import type { Endpoints } from "../endpoints.ts";
import { isStatus } from "../remote-errors.ts";
import type { Transport } from "../transport.ts";
import { explainAuthFailure } from "./auth-failures.ts";
import {
  authStepHint,
  type AuthorizedUserFile,
  type CredentialFile,
  type ExternalAccountFile,
  type ServiceAccountFile,
} from "./credential-file.ts";
import { eagerRefreshMs, type AccessToken, type TokenSource } from "./token-source.ts";

const cloudPlatformScope = "https://www.googleapis.com/auth/cloud-platform";

/** What the sources need beyond their file. */
export interface SourceParts {
  readonly endpoints: Endpoints;
  /** Makes a transport that sends the given token. */
  readonly transportWith: (accessToken: () => Promise<string>) => Transport;
  readonly fetch: typeof globalThis.fetch;
}

/** The {@link TokenSource} for a credentials file; loads google-auth-library on its first use. */
export function fileTokenSource(file: CredentialFile, parts: SourceParts): TokenSource {
  switch (file.type) {
    case "external_account":
      return externalAccountSource(file, parts);
    case "service_account":
      return serviceAccountSource(file, parts);
    case "authorized_user":
      return authorizedUserSource(file, parts);
  }
}

function externalAccountSource(file: ExternalAccountFile, parts: SourceParts): TokenSource {
  refuseUnsupportedSource(file);
  const acting = () => identityPoolClient(file);
  // The pool's own token, before impersonation: roles/iam.workloadIdentityUser, which the auth
  // step needs anyway, lets it ask for the account's identity tokens; the account itself would
  // need one more role, on itself.
  const federated = () => identityPoolClient(withoutImpersonation(file));
  const account = impersonatedAccount(file);
  return {
    kind: "external-account",
    projectIdInFile: projectOfAccount(account),
    fetchAccessToken: async () => await accessTokenOf(await acting()),
    async fetchIdentityToken(audience) {
      if (account === null) throw noAccountForIdentityToken();
      return await generateIdToken(
        parts,
        { account, audience },
        async () => (await accessTokenOf(await federated())).token,
      );
    },
    principal: async () => account ?? file.audience,
    fetchProjectId: async () => null,
  };
}

// Made anew for each exchange: the library's client would hand out its own cached token even when
// a service has just refused it.
async function identityPoolClient(file: ExternalAccountFile): Promise<AuthClient> {
  const { IdentityPoolClient } = await import("./google-auth.ts");
  return new IdentityPoolClient({
    ...(file as unknown as ConstructorParameters<typeof IdentityPoolClient>[0]),
    scopes: [cloudPlatformScope],
    eagerRefreshThresholdMillis: eagerRefreshMs,
  });
}

function withoutImpersonation(file: ExternalAccountFile): ExternalAccountFile {
  const { service_account_impersonation_url: _url, ...rest } = file;
  return rest;
}

function refuseUnsupportedSource({ credential_source: source }: ExternalAccountFile): void {
  if (source.url !== undefined || source.file !== undefined) return;
  const kind =
    source.environment_id === undefined
      ? source.executable === undefined
        ? "this credential source"
        : "an executable as credential source"
      : "AWS as credential source";
  throw new InputError({
    code: "CREDENTIALS_TYPE_UNSUPPORTED",
    message: `The workload identity file uses ${kind}, which is not supported yet: Slipway reads url and file sources.`,
    hint: authStepHint,
  });
}

/** The email inside a service account impersonation URL, or `null`. */
export function impersonatedAccount(file: ExternalAccountFile): string | null {
  const url = file.service_account_impersonation_url;
  if (url === undefined || url.length > 512) return null;
  const email = /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(url)?.[1];
  return email === undefined ? null : decodeURIComponent(email);
}

/** The project that a service account's email names, or `null`. */
export function projectOfAccount(email: string | null): string | null {
  return /@([a-z0-9.:-]+)\.iam\.gserviceaccount\.com$/.exec(email ?? "")?.[1] ?? null;
}

function noAccountForIdentityToken(): InputError {
  return new InputError({
    code: "NO_IDENTITY_FOR_TOKEN",
    message:
      "The workload identity credentials name no service account, and Google issues identity tokens for service accounts only.",
    hint: `${authStepHint}
(The last line is the one that is missing.) Or hand in a token of your own by the input id-token.`,
  });
}

async function generateIdToken(
  { endpoints, transportWith }: SourceParts,
  { account, audience }: { readonly account: string; readonly audience: string },
  accessToken: () => Promise<string>,
): Promise<string> {
  const transport = transportWith(accessToken);
  try {
    const answer = await transport.json<{ readonly token: string }>({
      name: `POST iamcredentials serviceAccounts/${account}:generateIdToken`,
      method: "POST",
      url: `${endpoints.iamCredentials}/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateIdToken`,
      headers: { "content-type": "application/json" },
      body: () => JSON.stringify({ audience, includeEmail: true }),
      repeat: "safe",
    });
    return answer.token;
  } catch (error) {
    throw isStatus(error, 403) ? identityTokenForbidden(account, error) : error;
  }
}

function identityTokenForbidden(account: string, cause: unknown): InputError {
  return new InputError({
    code: "IDENTITY_TOKEN_FORBIDDEN",
    message: `This job may not get identity tokens of ${account}.`,
    hint: `Grant the workload identity pool's principal roles/iam.workloadIdentityUser on ${account}, and enable iamcredentials.googleapis.com.`,
    cause,
  });
}

function serviceAccountSource(file: ServiceAccountFile, { fetch }: SourceParts): TokenSource {
  const client = async () => {
    const { JWT } = await import("./google-auth.ts");
    return new JWT({
      email: file.client_email,
      key: file.private_key,
      ...(file.private_key_id === undefined ? {} : { keyId: file.private_key_id }),
      scopes: [cloudPlatformScope],
      eagerRefreshThresholdMillis: eagerRefreshMs,
      transporterOptions: { fetchImplementation: fetch },
    });
  };
  return {
    kind: "service-account",
    projectIdInFile: file.project_id ?? projectOfAccount(file.client_email),
    fetchAccessToken: async () => await accessTokenOf(await client()),
    async fetchIdentityToken(audience) {
      return await explaining(async () => await (await client()).fetchIdToken(audience));
    },
    principal: async () => file.client_email,
    fetchProjectId: async () => null,
  };
}

function authorizedUserSource(file: AuthorizedUserFile, { fetch }: SourceParts): TokenSource {
  const client = async () => {
    const { UserRefreshClient } = await import("./google-auth.ts");
    return new UserRefreshClient({
      clientId: file.client_id,
      clientSecret: file.client_secret,
      refreshToken: file.refresh_token,
      eagerRefreshThresholdMillis: eagerRefreshMs,
      transporterOptions: { fetchImplementation: fetch },
    });
  };
  return {
    kind: "authorized-user",
    projectIdInFile: file.quota_project_id ?? null,
    fetchAccessToken: async () => await accessTokenOf(await client()),
    async fetchIdentityToken(audience) {
      return await explaining(async () => await (await client()).fetchIdToken(audience));
    },
    principal: async () => null,
    fetchProjectId: async () => null,
  };
}

async function accessTokenOf(client: AuthClient): Promise<AccessToken> {
  return await explaining(async () => {
    const { token } = await client.getAccessToken();
    if (!token) throw new Error("the answer held no access token");
    const expiry = client.credentials.expiry_date;
    return { token, lifetimeMs: typeof expiry === "number" ? expiry - Date.now() : null };
  });
}

async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainAuthFailure(error);
  }
}
