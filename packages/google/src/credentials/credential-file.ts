import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "#core";
import * as z from "zod/mini";
import type { Environment } from "../endpoints.ts";

const externalAccount = z.looseObject({
  type: z.literal("external_account"),
  audience: z.string(),
  subject_token_type: z.string(),
  token_url: z.string(),
  credential_source: z.looseObject({
    file: z.optional(z.string()),
    url: z.optional(z.string()),
    environment_id: z.optional(z.string()),
    executable: z.optional(z.unknown()),
  }),
  service_account_impersonation_url: z.optional(z.string()),
  quota_project_id: z.optional(z.string()),
});

const serviceAccount = z.looseObject({
  type: z.literal("service_account"),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.optional(z.string()),
  project_id: z.optional(z.string()),
});

const authorizedUser = z.looseObject({
  type: z.literal("authorized_user"),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string(),
  quota_project_id: z.optional(z.string()),
});

const credentialFile = z.discriminatedUnion("type", [
  externalAccount,
  serviceAccount,
  authorizedUser,
]);

/** A workload identity federation file, as google-github-actions/auth writes it. */
export type ExternalAccountFile = z.infer<typeof externalAccount>;
/** A service account key. */
export type ServiceAccountFile = z.infer<typeof serviceAccount>;
/** What `gcloud auth application-default login` writes. */
export type AuthorizedUserFile = z.infer<typeof authorizedUser>;
/** Any credentials file that Slipway understands. */
export type CredentialFile = z.infer<typeof credentialFile>;

/** What to write into a workflow so that a job has Google credentials. */
export const authStepHint = `Add this to the job, before this step:
  permissions:
    contents: read
    id-token: write
  steps:
    - uses: google-github-actions/auth@v3
      with:
        workload_identity_provider: projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>
        service_account: <name>@<project>.iam.gserviceaccount.com`;

/** Reads the credentials file that the environment names, or `null` when it names none. */
export async function readNamedCredentialFile(
  environment: Environment,
): Promise<CredentialFile | null> {
  const path = environment["GOOGLE_APPLICATION_CREDENTIALS"];
  if (path === undefined || path === "") return null;
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new InputError({
      code: "CREDENTIALS_FILE_UNREADABLE",
      message: `GOOGLE_APPLICATION_CREDENTIALS names ${path}, which cannot be read.`,
      hint: "google-github-actions/auth writes that file and removes it when its job ends: run it in this very job, after actions/checkout (which would delete it).",
      cause,
    });
  });
  return parseCredentialFile(path, text);
}

/** Reads the file that `gcloud auth application-default login` leaves, or `null`. */
export async function readGcloudCredentialFile(
  environment: Environment,
): Promise<CredentialFile | null> {
  const folder = gcloudFolder(environment);
  if (folder === null) return null;
  const path = join(folder, "application_default_credentials.json");
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : parseCredentialFile(path, text);
}

function gcloudFolder(environment: Environment): string | null {
  const configured = environment["CLOUDSDK_CONFIG"];
  if (configured) return configured;
  const appData = environment["APPDATA"];
  if (appData) return join(appData, "gcloud");
  const home = environment["HOME"];
  return home ? join(home, ".config", "gcloud") : null;
}

/** Checks the content of a credentials file; never repeats any of it in an error. */
export function parseCredentialFile(path: string, text: string): CredentialFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError({
      code: "CREDENTIALS_FILE_INVALID",
      message: `The credentials file ${path} is not JSON.`,
      hint: authStepHint,
    });
  }
  const parsed = credentialFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const type = (json as { type?: unknown } | null)?.type;
  if (typeof type === "string" && !knownTypes.has(type)) {
    throw new InputError({
      code: "CREDENTIALS_TYPE_UNSUPPORTED",
      message: `The credentials file ${path} is of type "${type}", which is not supported yet: Slipway reads external_account (workload identity federation), service_account and authorized_user.`,
      hint: authStepHint,
    });
  }
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "the document"}: ${issue.message}`,
  );
  throw new InputError({
    code: "CREDENTIALS_FILE_INVALID",
    message: `The credentials file ${path} is not complete: ${faults.join("; ")}.`,
    hint: authStepHint,
  });
}

const knownTypes: ReadonlySet<string> = new Set([
  "external_account",
  "service_account",
  "authorized_user",
]);
