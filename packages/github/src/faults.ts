import { RemoteError, SlipwayError } from "#core";

const PERMISSION_OF: readonly (readonly [RegExp, string])[] = [
  [/git\/|releases|contents|dispatches$/, "contents: write"],
  [/issues|comments/, "issues: write (and pull-requests: write for comments on pull requests)"],
  [/pulls/, "pull-requests: write"],
  [/check-runs/, "checks: write"],
  [/deployments/, "deployments: write"],
  [/actions\/workflows/, "actions: write"],
  [/actions/, "actions: read"],
];

/** GitHub's refusal as an error that names the call, the status and what to do. */
export function toRemoteError(error: unknown, call: string): Error {
  if (error instanceof SlipwayError) return error;
  const status = (error as { readonly status?: unknown } | null)?.status;
  const message = error instanceof Error ? error.message : String(error);
  if (typeof status !== "number") {
    return new RemoteError({
      code: "GITHUB_UNREACHABLE",
      message: `GitHub did not answer ${call}: ${message}.`,
      hint: "Run the job again; what was done so far is kept and will not be done twice.",
      call,
      status: null,
      retryable: true,
      cause: error,
    });
  }
  return new RemoteError({
    code: `GITHUB_${status}`,
    message: `GitHub refused ${call} with status ${status}: ${message}.`,
    hint: hintFor(status, call, message),
    call,
    status,
    retryable: status === 429 || status >= 500,
    cause: error,
  });
}

function hintFor(status: number, call: string, message: string): string {
  if (status === 401) return "The token is wrong or has expired.";
  if (/workflow/i.test(message) && (status === 403 || status === 404)) {
    return "GITHUB_TOKEN may not write a ref whose workflow files differ from the default branch's. Use a GitHub App's token with workflows: write.";
  }
  if (/rule|protected/i.test(message)) {
    return "A repository ruleset forbids it to this token. Let the ruleset except a GitHub App and give the step that App's token.";
  }
  if (status === 403 || status === 404) {
    const permission = PERMISSION_OF.find(([pattern]) => pattern.test(call))?.[1];
    return permission === undefined
      ? "Check that the token may do this in this repository."
      : `The job may lack a permission. Add to the job:\n  permissions:\n    ${permission}`;
  }
  if (status === 422) return "GitHub did not accept the request's content.";
  if (status === 429) return "GitHub's rate limit is used up; run the job again later.";
  return status >= 500
    ? "GitHub had a fault of its own; run the job again. What was done so far will not be done twice."
    : "See the message above.";
}
