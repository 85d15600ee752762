import { RemoteError, SlipwayError } from "#core";
import { authStepHint } from "./credential-file.ts";

interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const explanations: readonly (readonly [RegExp, Explanation])[] = [
  [
    /invalid_target|audience.*invalid/i,
    {
      code: "WRONG_AUDIENCE",
      message: "Google does not know the workload identity provider that the credentials name",
      hint: "Check workload_identity_provider of the google-github-actions/auth step: projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>, with the project's number, and that pool and provider are enabled.",
    },
  ],
  [
    /allowed audience|audience in ID Token/i,
    {
      code: "WRONG_AUDIENCE",
      message: "The runner's token was made for another audience than the provider expects",
      hint: "Remove `audience:` from the google-github-actions/auth step, or add it to the provider's allowed audiences.",
    },
  ],
  [
    /attribute condition|unauthorized_client/i,
    {
      code: "REPOSITORY_NOT_ALLOWED",
      message: "The workload identity provider's attribute condition turns this repository away",
      hint: "Compare the provider's attribute condition with the repository, branch and environment of this run.",
    },
  ],
  [
    /expired|stale|invalid_grant|lifetime/i,
    {
      code: "CREDENTIALS_EXPIRED",
      message: "The credentials are expired or were revoked",
      hint: `Run google-github-actions/auth anew in this job, shortly before this step; on your own machine, gcloud auth application-default login.\n${authStepHint}`,
    },
  ],
  [
    /getAccessToken/i,
    {
      code: "IMPERSONATION_FORBIDDEN",
      message: "This job may not act as the service account",
      hint: "Grant the workload identity pool's principal roles/iam.workloadIdentityUser on the service account that the auth step names.",
    },
  ],
];

/** Turns an error of google-auth-library into one that says what to change in the workflow. */
export function explainAuthFailure(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error;
  const said = wordsOf(error);
  const status = statusOf(error);
  const call = "POST token exchange";
  if (isSubjectTokenCall(error)) return subjectTokenFailure(error, said);
  const known = explanations.find(([pattern]) => pattern.test(said))?.[1];
  if (known !== undefined) {
    return new RemoteError({
      ...known,
      message: `${known.message}: ${said}`,
      call,
      status,
      retryable: false,
      cause: error,
    });
  }
  const retryable = status === null || status === 429 || status >= 500;
  return new RemoteError({
    code: retryable ? "TOKEN_SERVICE_UNAVAILABLE" : "TOKEN_REFUSED",
    message: `Google gave no access token: ${said}.`,
    hint: retryable
      ? "The token service could not be reached or failed; run the step again."
      : authStepHint,
    call,
    status,
    retryable,
    cause: error,
  });
}

function subjectTokenFailure(error: unknown, said: string): RemoteError {
  return new RemoteError({
    code: "NO_RUNNER_TOKEN",
    message: `The runner gave no OIDC token for the exchange with Google: ${said}.`,
    hint: `The job needs \`permissions: id-token: write\`, and pull requests from forks never get it.\n${authStepHint}`,
    call: "GET the runner's OIDC token",
    status: statusOf(error),
    retryable: false,
    cause: error,
  });
}

function isSubjectTokenCall(error: unknown): boolean {
  const config = propertyOf(error, "config");
  const method = propertyOf(config, "method");
  // Every call of an exchange is a POST, except the one that asks for the subject token.
  if (method === "GET") return true;
  return error instanceof Error && /subject_token|subject token|ENOENT/.test(error.message);
}

function wordsOf(error: unknown): string {
  const data = propertyOf(propertyOf(error, "response"), "data");
  const description = propertyOf(data, "error_description");
  const code = propertyOf(data, "error");
  const nested = propertyOf(code, "message");
  const words = [
    typeof code === "string" ? code : undefined,
    typeof description === "string" ? description : undefined,
    typeof nested === "string" ? nested : undefined,
  ].filter((each) => each !== undefined);
  if (words.length > 0) return words.join(": ");
  return error instanceof Error ? error.message : String(error);
}

function statusOf(error: unknown): number | null {
  const status = propertyOf(propertyOf(error, "response"), "status");
  return typeof status === "number" ? status : null;
}

function propertyOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
