import { join } from "node:path";
import type { Service, ServiceOptions } from "../contracts.ts";
import {
  createAccountTokens,
  credentialsRoutes,
  type AccountTokens,
  type ServiceAccount,
} from "./account-credentials.ts";
import { ApiError } from "./api-error.ts";
import {
  json,
  readBytes,
  readJsonObject,
  startApiServer,
  type ApiReply,
  type ApiRoute,
} from "./api-server.ts";
import { metadataRoutes } from "./metadata-routes.ts";
import {
  createTokenExchange,
  OAuthError,
  parseTokenRequest,
  type ExchangeToken,
  type WorkloadIdentityProvider,
} from "./token-exchange.ts";
import { certsPath, openSigner, type Signer } from "./tokens.ts";

/** What the local Google identity services are started with. */
export interface GoogleIdentityOptions extends ServiceOptions {
  readonly project?: string;
  readonly projectNumber?: string;
  readonly region?: string;
  readonly providers?: readonly WorkloadIdentityProvider[];
  readonly serviceAccounts?: readonly ServiceAccount[];
  /** The account of instances that name none; the project's compute account when absent. */
  readonly defaultServiceAccount?: string;
}

/** The local STS, IAM Credentials and metadata servers. */
export interface GoogleIdentityService extends Service, AccountTokens {
  readonly project: string;
  readonly projectNumber: string;
  /** `host:port` of a metadata server for instances with this service account. */
  metadataHost(email: string): Promise<string>;
}

/** Starts the services that give out and vouch for Google identities. */
export async function startGoogleIdentity(
  options: GoogleIdentityOptions,
): Promise<GoogleIdentityService> {
  const settings = withDefaults(options);
  const signer = await openSigner(options.stateDirectory);
  let url = "";
  const tokens = createAccountTokens(signer, () => url);
  const hosts = createMetadataHosts(settings, tokens);
  const server = await startApiServer({
    stateDirectory: options.stateDirectory,
    ...(options.port === undefined ? {} : { port: options.port }),
    routes: [
      ...keyRoutes(signer, () => url),
      tokenRoute(createTokenExchange({ ...settings, signer })),
      ...credentialsRoutes(settings.serviceAccounts, tokens, () => ({ identityUrl: url })),
      ...metadataRoutes({ ...settings, email: settings.defaultServiceAccount }, tokens),
      hosts.route,
    ],
  });
  ({ url } = server);
  return {
    url,
    project: settings.project,
    projectNumber: settings.projectNumber,
    ...tokens,
    metadataHost: hosts.hostOf,
    close: async () => {
      await hosts.close();
      await server.close();
    },
  };
}

type Settings = Required<Omit<GoogleIdentityOptions, "port">>;

function withDefaults(options: GoogleIdentityOptions): Settings {
  const projectNumber = options.projectNumber ?? "123456789012";
  return {
    stateDirectory: options.stateDirectory,
    project: options.project ?? "slipway-sandbox",
    projectNumber,
    region: options.region ?? "europe-west1",
    providers: options.providers ?? [],
    serviceAccounts: options.serviceAccounts ?? [],
    defaultServiceAccount:
      options.defaultServiceAccount ?? `${projectNumber}-compute@developer.gserviceaccount.com`,
  };
}

function keyRoutes(signer: Signer, url: () => string): readonly ApiRoute[] {
  return [
    { method: "GET", path: certsPath, handle: () => json(signer.publicKeys) },
    {
      method: "GET",
      path: "/.well-known/openid-configuration",
      handle: () =>
        json({
          issuer: url(),
          jwks_uri: url() + certsPath,
          response_types_supported: ["id_token"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
        }),
    },
  ];
}

function tokenRoute(exchange: ExchangeToken): ApiRoute {
  return {
    method: "POST",
    path: "/v1/token",
    handle: async ({ incoming }): Promise<ApiReply> => {
      const text = (await readBytes(incoming)).toString("utf8");
      try {
        return json(
          await exchange(parseTokenRequest(incoming.headers["content-type"] ?? "", text)),
        );
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
        const body = { error: error.error, error_description: error.message };
        return { kind: "json", status: error.code, body };
      }
    },
  };
}

// The metadata protocol has no room for saying who asks: each account gets a server of its own.
function createMetadataHosts(
  settings: Settings,
  tokens: AccountTokens,
): {
  readonly route: ApiRoute;
  readonly hostOf: (email: string) => Promise<string>;
  readonly close: () => Promise<void>;
} {
  const servers = new Map<string, Promise<Service>>();

  async function hostOf(email: string): Promise<string> {
    let server = servers.get(email);
    if (server === undefined) {
      server = startApiServer({
        stateDirectory: join(settings.stateDirectory, "metadata", email),
        routes: metadataRoutes({ ...settings, email }, tokens),
      });
      servers.set(email, server);
    }
    return new URL((await server).url).host;
  }

  return {
    hostOf,
    route: {
      method: "POST",
      path: "/_sandbox/metadata-servers",
      handle: async ({ incoming }) => {
        const { serviceAccount } = await readJsonObject(incoming);
        if (typeof serviceAccount !== "string" || serviceAccount === "") {
          throw new ApiError("INVALID_ARGUMENT", "serviceAccount: expected an address.");
        }
        return json({ host: await hostOf(serviceAccount) });
      },
    },
    close: async () => {
      for (const server of servers.values()) await (await server).close();
    },
  };
}
