/** Tokens are renewed this long before they expire, so that none dies on its way. */
export const eagerRefreshMs = 60_000;

/** An access token and how long it is good for. */
export interface AccessToken {
  readonly token: string;
  /** Milliseconds from now, or `null` when the service did not say. */
  readonly lifetimeMs: number | null;
}

/** One way of getting tokens; caching is done above it. */
export interface TokenSource {
  readonly kind: "external-account" | "service-account" | "authorized-user" | "metadata-server";
  readonly projectIdInFile: string | null;
  fetchAccessToken(): Promise<AccessToken>;
  fetchIdentityToken(audience: string): Promise<string>;
  /** Email of the account that acts, or the federated pool when no account is impersonated. */
  principal(): Promise<string | null>;
  fetchProjectId(): Promise<string | null>;
}
