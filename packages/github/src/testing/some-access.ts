import type { GithubAccess } from "#core";

/** A way to a GitHub for tests, with what matters overridden. */
export function someAccess(extra: Partial<GithubAccess> = {}): GithubAccess {
  return {
    token: "t",
    apiUrl: "",
    serverUrl: "",
    owner: "Acme",
    repository: "models",
    sha: "",
    ref: "",
    eventName: "push",
    event: {},
    actor: "",
    runId: 99,
    runAttempt: 1,
    workflow: "",
    job: "",
    ...extra,
  };
}
