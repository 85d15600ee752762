/** Who makes a call, as IAM policies name them. */
export interface Principal {
  /** `serviceAccount:…` or `principal://iam.googleapis.com/…`. */
  readonly member: string;
  /** The service account's address, or the member itself for a federated identity. */
  readonly email: string;
  /** `principalSet://…` groups that a federated identity belongs to. */
  readonly sets: readonly string[];
}

/** The principal that a service account is. */
export function serviceAccountPrincipal(email: string): Principal {
  return { member: `serviceAccount:${email}`, email, sets: [] };
}
