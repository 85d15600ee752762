import { InputError, type Clock } from "#core";
import { systemClock } from "../clock.ts";
import { endpointsOf, type Environment } from "../endpoints.ts";
import { standardRetryPolicy } from "../retry.ts";
import { createTransport } from "../transport.ts";
import {
  authStepHint,
  readGcloudCredentialFile,
  readNamedCredentialFile,
} from "./credential-file.ts";
import { fileTokenSource } from "./file-token-sources.ts";
import { checkIdentityToken, readIdentityToken } from "./identity-token.ts";
import { findMetadataServer } from "./metadata-server.ts";
import { eagerRefreshMs, type TokenSource } from "./token-source.ts";

/** Who the job is to Google, and the tokens that prove it. */
export interface GoogleCredentials {
  /** An OAuth access token, from the cache unless it is about to expire or `refresh` is asked for. */
  accessToken(options?: { readonly refresh?: boolean }): Promise<string>;
  /** An identity token for `audience` (a service's URL), checked for audience and expiry. */
  identityToken(audience: string): Promise<string>;
  projectId(): Promise<string>;
  /** Email of the acting account, the pool of a direct federation, or `null` for a person. */
  principal(): Promise<string | null>;
}

/** What {@link googleCredentials} looks at. */
export interface CredentialOptions {
  readonly environment: Environment;
  /** Rules over what the environment and the credentials name. */
  readonly projectId?: string | undefined;
  readonly clock?: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Google credentials of this environment: the file that GOOGLE_APPLICATION_CREDENTIALS names
 * (workload identity federation, service account key, authorized user), the metadata server, or
 * gcloud's own file. Nothing is read before the first token is asked for.
 */
export function googleCredentials(options: CredentialOptions): GoogleCredentials {
  const { environment, clock = systemClock } = options;
  let source: Promise<TokenSource> | undefined;
  const findSource = () =>
    (source ??= forgetFailure(findTokenSource(options), () => {
      source = undefined;
    }));
  return {
    accessToken: accessTokenCache(findSource, clock),
    identityToken: identityTokenCache(findSource, clock),
    async projectId() {
      return (
        (options.projectId || projectInEnvironment(environment)) ??
        (await projectOfSource(await findSource()))
      );
    },
    principal: async () => await (await findSource()).principal(),
  };
}

function accessTokenCache(findSource: () => Promise<TokenSource>, clock: Clock) {
  let cached: { readonly token: string; readonly expiresAtMs: number } | undefined;
  let pending: Promise<string> | undefined;
  const renew = async () => {
    const { token, lifetimeMs } = await (await findSource()).fetchAccessToken();
    cached = { token, expiresAtMs: clock.now().getTime() + (lifetimeMs ?? 5 * eagerRefreshMs) };
    return token;
  };
  return async ({ refresh = false }: { readonly refresh?: boolean } = {}): Promise<string> => {
    if (
      !refresh &&
      cached !== undefined &&
      clock.now().getTime() < cached.expiresAtMs - eagerRefreshMs
    ) {
      return cached.token;
    }
    // Several calls at once share one exchange.
    pending ??= renew().finally(() => {
      pending = undefined;
    });
    return await pending;
  };
}

function identityTokenCache(findSource: () => Promise<TokenSource>, clock: Clock) {
  const cached = new Map<string, { readonly token: string; readonly expiresAtMs: number }>();
  return async (audience: string): Promise<string> => {
    const known = cached.get(audience);
    if (known !== undefined && clock.now().getTime() < known.expiresAtMs - eagerRefreshMs) {
      return known.token;
    }
    const source = await findSource();
    const token = await source.fetchIdentityToken(audience);
    // A person's token is always made for gcloud's own client, which Cloud Run accepts.
    const { expiresAtMs } =
      source.kind === "authorized-user"
        ? readIdentityToken(token)
        : checkIdentityToken(token, { audience, nowMs: clock.now().getTime() });
    cached.set(audience, { token, expiresAtMs });
    return token;
  };
}

async function findTokenSource(options: CredentialOptions): Promise<TokenSource> {
  const { environment, clock = systemClock, fetch = globalThis.fetch } = options;
  const parts = {
    endpoints: endpointsOf(environment),
    fetch,
    transportWith: (accessToken: () => Promise<string>) =>
      createTransport({ accessToken, clock, retryPolicy: standardRetryPolicy, fetch }),
  };
  const named = await readNamedCredentialFile(environment);
  if (named !== null) return fileTokenSource(named, parts);
  const onGcloudMachine = await readGcloudCredentialFile(environment);
  if (onGcloudMachine !== null) return fileTokenSource(onGcloudMachine, parts);
  const machine = await findMetadataServer(environment, fetch);
  if (machine !== null) return machine;
  throw new InputError({
    code: "NO_GOOGLE_CREDENTIALS",
    message:
      "No Google credentials were found: GOOGLE_APPLICATION_CREDENTIALS is not set, gcloud has no application default credentials, and there is no metadata server.",
    hint: authStepHint,
  });
}

/** The project that the environment names, by the variables of Google's libraries and of gcloud. */
export function projectInEnvironment(environment: Environment): string | null {
  for (const name of ["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"]) {
    const value = environment[name];
    if (value) return value;
  }
  return null;
}

async function projectOfSource(source: TokenSource): Promise<string> {
  const project = source.projectIdInFile ?? (await source.fetchProjectId());
  if (project !== null) return project;
  throw new InputError({
    code: "NO_GOOGLE_PROJECT",
    message:
      "The Google Cloud project is not known: neither the input project nor GOOGLE_CLOUD_PROJECT is set, and the credentials name none.",
    hint: "Set the input project, or project_id of the google-github-actions/auth step.",
  });
}

function forgetFailure<T>(promise: Promise<T>, forget: () => void): Promise<T> {
  promise.catch(forget);
  return promise;
}
