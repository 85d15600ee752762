import { InputError } from "#core";

/** Environment variables, handed in by the caller and never read from the process here. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where each Google service is reached, without a trailing slash. */
export interface Endpoints {
  readonly run: string;
  readonly monitoring: string;
  readonly iamCredentials: string;
  readonly storage: string;
}

/**
 * Google's public endpoints, or the ones that gcloud's own
 * `CLOUDSDK_API_ENDPOINT_OVERRIDES_*` variables name.
 */
export function endpointsOf(environment: Environment): Endpoints {
  return {
    run: endpoint(environment, "RUN", "https://run.googleapis.com"),
    monitoring: endpoint(environment, "MONITORING", "https://monitoring.googleapis.com"),
    iamCredentials: endpoint(
      environment,
      "IAMCREDENTIALS",
      "https://iamcredentials.googleapis.com",
    ),
    // gcloud writes this one with the API's path, the client libraries without it.
    storage: endpoint(environment, "STORAGE", "https://storage.googleapis.com").replace(
      /\/storage\/v1$/,
      "",
    ),
  };
}

function endpoint(environment: Environment, service: string, standard: string): string {
  const name = `CLOUDSDK_API_ENDPOINT_OVERRIDES_${service}`;
  const value = environment[name];
  if (value === undefined || value === "") return standard;
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw new InputError({
      code: "INVALID_ENDPOINT",
      message: `The environment variable ${name} is "${value}", which is not an http or https URL.`,
      hint: `Give it as https://host[:port], or unset it to use ${standard}.`,
    });
  }
  return value.replace(/\/+$/, "");
}
