import { ApiError } from "./api-error.ts";
import { checkQuery, type ApiReply, type ApiRequest, type ApiRoute } from "./api-server.ts";
import { cloudPlatformScope, type AccountTokens } from "./account-credentials.ts";

/** What the metadata server says of the instance that asks it. */
export interface MetadataOptions {
  readonly project: string;
  readonly projectNumber: string;
  readonly region: string;
  /** The service account of the instance. */
  readonly email: string;
}

const root = "/computeMetadata/v1";
const tokenSeconds = 3600;

/** The metadata server that instances find under `GCE_METADATA_HOST`. */
export function metadataRoutes(
  { project, projectNumber, region, email }: MetadataOptions,
  tokens: AccountTokens,
): readonly ApiRoute[] {
  const text = (value: string): ApiReply => ({
    kind: "bytes",
    status: 200,
    headers: { "content-type": "application/text", "metadata-flavor": "Google" },
    body: value,
  });
  const get = (
    path: string,
    handle: (request: ApiRequest) => Promise<ApiReply> | ApiReply,
  ): ApiRoute => ({
    method: "GET",
    path: `${root}${path}`,
    handle: (request) => {
      if (request.incoming.headers["metadata-flavor"] !== "Google") {
        throw new ApiError(
          "PERMISSION_DENIED",
          'Missing required header "Metadata-Flavor": "Google".',
        );
      }
      return handle(request);
    },
  });
  const value = (path: string, fixed: string): ApiRoute =>
    get(path, ({ query }) => {
      checkQuery(query, []);
      return text(fixed);
    });
  // The default account is also reachable under its address.
  const account = `/instance/service-accounts/:account(default|${email.replaceAll(".", "\\.")})`;

  return [
    value("{/}?", "instance/\nproject/\nuniverse/\n"),
    value("/instance{/}?", "region\nservice-accounts/\nzone\n"),
    value("/project/project-id", project),
    value("/project/numeric-project-id", projectNumber),
    value("/instance/region", `projects/${projectNumber}/regions/${region}`),
    value("/instance/zone", `projects/${projectNumber}/zones/${region}-1`),
    value("/universe/universe-domain", "googleapis.com"),
    value("/universe/universe_domain", "googleapis.com"),
    value("/instance/service-accounts{/}?", `default/\n${email}/\n`),
    value(`${account}/email`, email),
    value(`${account}/scopes`, `${cloudPlatformScope}\n`),
    get(`${account}/token`, async ({ query }) => {
      checkQuery(query, ["scopes"]);
      const scopes = query.get("scopes")?.split(",") ?? [cloudPlatformScope];
      const token = await tokens.mintAccessToken(email, { scopes, lifetimeSeconds: tokenSeconds });
      return {
        kind: "json",
        headers: { "metadata-flavor": "Google" },
        body: { access_token: token, expires_in: tokenSeconds, token_type: "Bearer" },
      };
    }),
    get(`${account}/identity`, async ({ query }) => {
      checkQuery(query, ["audience", "format"]);
      const audience = query.get("audience") ?? "";
      if (audience === "") {
        throw new ApiError("INVALID_ARGUMENT", "non-empty audience parameter required");
      }
      return text(await tokens.mintIdentityToken(email, audience));
    }),
  ];
}
