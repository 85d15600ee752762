/** Writes the external-account file that google-github-actions/auth writes. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  exportVariable,
  getBooleanInput,
  getIDToken,
  getInput,
  info,
  saveState,
  setFailed,
  setOutput,
  setSecret,
} from "@actions/core";

/** A Google endpoint, or where gcloud's own switch puts it. */
function endpointOf(service: "sts" | "iamcredentials"): string {
  const override = process.env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`];
  return (override ?? `https://${service}.googleapis.com`).replace(/\/+$/, "");
}

function composeCredentials(provider: string, audience: string) {
  const account = getInput("service_account");
  const request = new URL(process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? "");
  request.searchParams.set("audience", audience);
  const impersonation = `${endpointOf("iamcredentials")}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`;
  return {
    type: "external_account",
    audience: `//iam.googleapis.com/${provider}`,
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${endpointOf("sts")}/v1/token`,
    credential_source: {
      url: request.href,
      headers: { Authorization: `Bearer ${process.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]}` },
      format: { type: "json", subject_token_field_name: "value" },
    },
    ...(account === "" ? {} : { service_account_impersonation_url: impersonation }),
  };
}

function writeCredentials(provider: string, audience: string): void {
  const name = `gha-creds-${randomBytes(8).toString("hex")}.json`;
  const file = path.join(process.env["GITHUB_WORKSPACE"] ?? ".", name);
  writeFileSync(file, JSON.stringify(composeCredentials(provider, audience)), { mode: 0o640 });
  if (getBooleanInput("cleanup_credentials")) saveState("file", file);
  setOutput("credentials_file_path", file);
  info(`Created credentials file at "${file}"`);
  if (!getBooleanInput("export_environment_variables")) return;
  for (const name of [
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_GHA_CREDS_PATH",
  ]) {
    exportVariable(name, file);
  }
}

async function run(): Promise<void> {
  const provider = getInput("workload_identity_provider", { required: true });
  if (
    !/^projects\/[^/]+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/.test(
      provider,
    )
  ) {
    throw new Error(
      `workload_identity_provider: expected projects/…/locations/global/workloadIdentityPools/…/providers/…, found "${provider}"`,
    );
  }
  if (!process.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]) {
    throw new Error(
      "GitHub Actions did not inject $ACTIONS_ID_TOKEN_REQUEST_TOKEN: the job needs `permissions: id-token: write`.",
    );
  }
  const audience = getInput("audience") || `https://iam.googleapis.com/${provider}`;
  const token = await getIDToken(audience);
  setSecret(token);
  setOutput("auth_token", token);
  const project =
    getInput("project_id") ||
    /@(.+)\.iam\.gserviceaccount\.com$/.exec(getInput("service_account"))?.[1] ||
    "";
  setOutput("project_id", project);
  if (project !== "" && getBooleanInput("export_environment_variables")) {
    const names = [
      "CLOUDSDK_CORE_PROJECT",
      "CLOUDSDK_PROJECT",
      "GCLOUD_PROJECT",
      "GCP_PROJECT",
      "GOOGLE_CLOUD_PROJECT",
    ];
    for (const name of names) exportVariable(name, project);
  }
  if (getBooleanInput("create_credentials_file")) writeCredentials(provider, audience);
}

await run().catch((error: unknown) =>
  setFailed(error instanceof Error ? error.message : String(error)),
);
