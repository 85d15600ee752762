import { createSign, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "#core";
import { systemClock, type Environment, type RetryPolicy } from "#google";
import type { Fault } from "../../packages/sandbox/src/contracts.ts";
import { startGoogleIdentity } from "../../packages/sandbox/src/google-identity/google-identity.ts";
import { workloadIdentityFile } from "../../packages/sandbox/src/google-identity/workload-identity-file.ts";
import { startStorage } from "../../packages/sandbox/src/storage/storage-service.ts";

const projectNumber = "123456789012";
const pool = { pool: "github", provider: "actions" };
const repository = "acme/weather";
const principalSet = `principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/attribute.repository/${repository}`;

export const project = "acme-prod";
export const deployer = `deployer@${project}.iam.gserviceaccount.com`;

/** A bound of the wait between attempts that suits a loopback. */
export const quickRetries: RetryPolicy = { attempts: 5, firstDelayMs: 10, longestDelayMs: 50 };

export const clock: Clock = systemClock;

/** The local Google identity and Cloud Storage, with a job that may act as the deployer. */
export interface GoogleServices extends AsyncDisposable {
  readonly folder: string;
  /** As a job of the workflow would see it after google-github-actions/auth. */
  readonly environment: Environment;
  readonly identityUrl: string;
  readonly storageUrl: string;
  /** An access token of an administrator, to prepare things with. */
  readonly adminToken: () => Promise<string>;
  /** Asks a service for a fault. */
  fault(serviceUrl: string, fault: Fault): Promise<void>;
}

/** Starts {@link GoogleServices}; `storageRoles` are what the deployer has in the whole project. */
export async function startGoogleServices(
  storageRoles: readonly string[],
): Promise<GoogleServices> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-google-"));
  const issuer = await startIssuer();
  const identity = await startGoogleIdentity({
    stateDirectory: join(folder, "identity"),
    project,
    projectNumber,
    providers: [{ ...pool, oidcIssuer: issuer.url }],
    serviceAccounts: [
      {
        email: deployer,
        bindings: [{ role: "roles/iam.workloadIdentityUser", members: [principalSet] }],
      },
    ],
  });
  const administrator = `admin@${project}.iam.gserviceaccount.com`;
  const storage = await startStorage({
    stateDirectory: join(folder, "storage"),
    identityUrl: identity.url,
    projectPolicy: [
      { role: "roles/storage.admin", members: [`serviceAccount:${administrator}`] },
      ...storageRoles.map((role) => ({ role, members: [`serviceAccount:${deployer}`] })),
    ],
  });
  const credentialsPath = join(folder, "credentials.json");
  const file = workloadIdentityFile({
    identityUrl: identity.url,
    projectNumber,
    ...pool,
    serviceAccount: deployer,
    subjectToken: {
      url: `${issuer.url}/token?audience=https://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/providers/actions`,
    },
  });
  await writeFile(credentialsPath, JSON.stringify(file));
  return {
    folder,
    identityUrl: identity.url,
    storageUrl: storage.url,
    environment: {
      GOOGLE_APPLICATION_CREDENTIALS: credentialsPath,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: identity.url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: storage.url,
    },
    adminToken: () => identity.mintAccessToken(administrator),
    async fault(serviceUrl, fault) {
      const response = await fetch(`${serviceUrl}/_sandbox/faults`, {
        method: "POST",
        body: JSON.stringify(fault),
        headers: { "content-type": "application/json" },
      });
      if (!response.ok) throw new Error(`the fault was refused: ${await response.text()}`);
    },
    async [Symbol.asyncDispose]() {
      await storage.close();
      await identity.close();
      await issuer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a bucket as an administrator would. */
export async function makeBucket(services: GoogleServices, name: string): Promise<void> {
  const response = await fetch(`${services.storageUrl}/storage/v1/b?project=${project}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await services.adminToken()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ name }),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** An OIDC issuer as GitHub's is: keys, discovery, and a token for whoever asks. */
async function startIssuer(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" };
  let url = "";
  const sign = (claims: Readonly<Record<string, unknown>>) => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${encode({ alg: "RS256", kid: "1", typ: "JWT" })}.${encode(claims)}`;
    return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`;
  };
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? "/", url);
    const now = Math.floor(Date.now() / 1000);
    const answers: Readonly<Record<string, () => unknown>> = {
      "/.well-known/openid-configuration": () => ({ issuer: url, jwks_uri: `${url}/jwks` }),
      "/jwks": () => ({ keys: [jwk] }),
      "/token": () => ({
        value: sign({
          iss: url,
          aud: asked.searchParams.get("audience"),
          sub: `repo:${repository}:ref:refs/heads/main`,
          repository,
          repository_owner: "acme",
          actor: "ada",
          iat: now,
          exp: now + 300,
        }),
      }),
    };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answers[asked.pathname]?.() ?? {}));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
