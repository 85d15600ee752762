import { providerName } from "./token-exchange.ts";

/** What a workload identity credentials file is made of. */
export interface WorkloadIdentityFileOptions {
  /** The identity service's URL. */
  readonly identityUrl: string;
  readonly projectNumber: string;
  readonly pool: string;
  readonly provider: string;
  /** The service account to impersonate. */
  readonly serviceAccount: string;
  /** Where the subject token is fetched, with its headers: the runner's OIDC endpoint. */
  readonly subjectToken: {
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** Name of the JSON field that holds the token; `value` at GitHub. */
    readonly field?: string;
  };
}

/** The audience that the subject token for a provider carries when none other is asked for. */
export function defaultSubjectAudience(
  options: Pick<WorkloadIdentityFileOptions, "projectNumber" | "pool" | "provider">,
): string {
  return `https:${providerName(options.projectNumber, options)}`;
}

/**
 * The content of an `external_account` credentials file, as `google-github-actions/auth` writes it,
 * whose token exchange goes to the local identity service.
 */
export function workloadIdentityFile(options: WorkloadIdentityFileOptions): {
  readonly type: "external_account";
  readonly [field: string]: unknown;
} {
  const { identityUrl, projectNumber, serviceAccount, subjectToken } = options;
  return {
    type: "external_account",
    audience: providerName(projectNumber, options),
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${identityUrl}/v1/token`,
    service_account_impersonation_url: `${identityUrl}/v1/projects/-/serviceAccounts/${serviceAccount}:generateAccessToken`,
    credential_source: {
      url: subjectToken.url,
      headers: subjectToken.headers ?? {},
      format: { type: "json", subject_token_field_name: subjectToken.field ?? "value" },
    },
  };
}
