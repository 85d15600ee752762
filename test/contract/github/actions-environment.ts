import type { JobCredentials, LocalGithub } from "../../../packages/sandbox/src/contracts.ts";

/** Runs something with the environment that the runner gives to a step; then it is gone. */
export async function asStep<T>(
  service: LocalGithub,
  credentials: JobCredentials,
  { folder, work }: { readonly folder: string; readonly work: () => Promise<T> },
): Promise<T> {
  const given: Readonly<Record<string, string>> = {
    GITHUB_API_URL: service.url,
    GITHUB_SERVER_URL: service.serverUrl,
    GITHUB_WORKSPACE: folder,
    RUNNER_TEMP: folder,
    ACTIONS_RESULTS_URL: credentials.resultsUrl,
    ACTIONS_RUNTIME_TOKEN: credentials.runtimeToken,
    ACTIONS_CACHE_SERVICE_V2: "true",
    ACTIONS_ID_TOKEN_REQUEST_URL: credentials.idTokenRequest?.url ?? "",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: credentials.idTokenRequest?.token ?? "",
  };
  const before = Object.keys(given).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, given);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
