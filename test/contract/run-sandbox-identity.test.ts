import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Storage } from "@google-cloud/storage";
import { GoogleAuth } from "google-auth-library";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Service } from "../../packages/sandbox/src/contracts.ts";
import {
  startGoogleIdentity,
  type GoogleIdentityService,
} from "../../packages/sandbox/src/google-identity/google-identity.ts";
import {
  defaultSubjectAudience,
  workloadIdentityFile,
} from "../../packages/sandbox/src/google-identity/workload-identity-file.ts";
import {
  startCloudRun,
  type CloudRunService,
} from "../../packages/sandbox/src/run/cloud-run-service.ts";
import { startStorage } from "../../packages/sandbox/src/storage/storage-service.ts";
import { startTestIssuer, type TestIssuer } from "./run-sandbox-issuer.ts";
import { createWorkspace } from "./run-sandbox-services.ts";

const projectNumber = "123456789012";
const pool = { projectNumber, pool: "github", provider: "actions" };
const account = (name: string): string => `${name}@acme.iam.gserviceaccount.com`;
const [deployer, runtime, viewer] = [account("deployer"), account("runtime"), account("viewer")];
const member = (email: string): string => `serviceAccount:${email}`;
const repositorySet = `principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/attribute.repository/acme/weather`;
const services = "/v2/projects/acme/locations/europe-west1/services";

let workspace: Awaited<ReturnType<typeof createWorkspace>>;
let issuer: TestIssuer;
let identity: GoogleIdentityService;
let storage: Service;
let cloudRun: CloudRunService;
let credentialsFile = "";

beforeAll(async () => {
  workspace = await createWorkspace();
  issuer = await startTestIssuer({
    sub: "repo:acme/weather:ref:refs/heads/main",
    repository: "acme/weather",
    ref: "refs/heads/main",
  });
  const tokenUsers = [{ role: "roles/iam.workloadIdentityUser", members: [repositorySet] }];
  identity = await startGoogleIdentity({
    stateDirectory: join(workspace.folder, "identity"),
    project: "acme",
    projectNumber,
    providers: [{ ...pool, oidcIssuer: issuer.url, requiredClaims: { ref: "refs/heads/main" } }],
    serviceAccounts: [
      { email: deployer, bindings: tokenUsers },
      { email: viewer, bindings: tokenUsers },
      { email: runtime },
    ],
  });
  const access = {
    identityUrl: identity.url,
    projectPolicy: [
      { role: "roles/storage.objectCreator", members: [member(deployer)] },
      { role: "roles/storage.admin", members: [member(account("owner"))] },
      { role: "roles/run.admin", members: [member(deployer)] },
      { role: "roles/iam.serviceAccountUser", members: [member(deployer)] },
      { role: "roles/run.viewer", members: [member(viewer)] },
    ],
  };
  storage = await startStorage({ stateDirectory: join(workspace.folder, "storage"), ...access });
  cloudRun = await startCloudRun({
    stateDirectory: join(workspace.folder, "run"),
    images: workspace.images,
    operationDelayMs: 20,
    stopGraceMs: 500,
    ...access,
  });
  credentialsFile = join(workspace.folder, "credentials.json");
  await writeFile(credentialsFile, JSON.stringify(credentialsFor(deployer)));
});

afterAll(async () => {
  await cloudRun.close();
  await storage.close();
  await identity.close();
  await issuer.close();
  await workspace.remove();
});

function credentialsFor(serviceAccount: string): object {
  return workloadIdentityFile({
    ...pool,
    identityUrl: identity.url,
    serviceAccount,
    subjectToken: {
      url: `${issuer.url}/token?audience=${encodeURIComponent(defaultSubjectAudience(pool))}`,
      headers: { Authorization: "Bearer request-token" },
    },
  });
}

const auth = (): GoogleAuth =>
  new GoogleAuth({
    keyFilename: credentialsFile,
    projectId: "acme",
    scopes: ["https://www.googleapis.com/auth/cloud-platform"],
  });

async function exchange(
  subjectToken: string,
  changes: Record<string, string> = {},
): Promise<{ status: number; body: { error?: string; error_description?: string } }> {
  const response = await fetch(`${identity.url}/v1/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: defaultSubjectAudience(pool).replace("https:", ""),
      scope: "https://www.googleapis.com/auth/cloud-platform",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token: subjectToken,
      ...changes,
    }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

async function callRun(
  method: string,
  path: string,
  options: { token?: string; body?: unknown } = {},
): Promise<{ status: number; body: Record<string, never> }> {
  const response = await fetch(cloudRun.url + path, {
    method,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
  });
  return { status: response.status, body: (await response.json()) as never };
}

describe("a workload identity file", () => {
  it("takes google-auth-library from the subject token to the service account's token", async () => {
    const token = (await auth().getAccessToken()) ?? "";
    expect(token).toMatch(/^ya29\./);
    const response = await fetch(`${cloudRun.url}${services}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([response.status, await response.json()]).toEqual([200, {}]);
  });

  it("lets the official storage client do what its roles allow and no more", async () => {
    const owner = await identity.mintAccessToken(account("owner"));
    const created = await fetch(`${storage.url}/storage/v1/b?project=acme`, {
      method: "POST",
      body: JSON.stringify({ name: "models" }),
      headers: { authorization: `Bearer ${owner}` },
    });
    expect(created.status).toBe(200);
    const client = new Storage({
      apiEndpoint: storage.url,
      projectId: "acme",
      useAuthWithCustomEndpoint: true,
      keyFilename: credentialsFile,
    });
    const file = client.bucket("models").file("a/b.txt");
    await file.save("once", { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    await expect(file.save("twice", { resumable: false })).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining("storage.objects.delete"),
    });
    await expect(file.download()).rejects.toMatchObject({ code: 403 });
    const anonymous = await fetch(`${storage.url}/storage/v1/b/models/o`);
    expect(anonymous.status).toBe(401);
    expect(await anonymous.text()).toContain("storage.objects.list");
    const invented = await fetch(`${storage.url}/storage/v1/b/models/o`, {
      headers: { authorization: "Bearer ya29.invented" },
    });
    expect(invented.status).toBe(401);
  });
});

describe("the token exchange refuses", () => {
  const audience = defaultSubjectAudience(pool);
  it("a token of another key", async () => {
    const { status, body } = await exchange(await issuer.forge({}, audience));
    expect([status, body.error]).toEqual([400, "invalid_grant"]);
  });

  it("a token for another audience", async () => {
    const { body } = await exchange(await issuer.sign({}, "https://github.com/acme"));
    expect(body.error_description).toContain("does not match the expected audience");
  });

  it("a token that the provider's condition rejects", async () => {
    const { body } = await exchange(await issuer.sign({ ref: "refs/heads/other" }, audience));
    expect(body.error).toBe("unauthorized_client");
  });

  it("an unknown pool, and options it does not implement", async () => {
    const token = await issuer.sign({}, audience);
    expect((await exchange(token, { audience: "//iam.googleapis.com/none" })).body.error).toBe(
      "invalid_target",
    );
    expect((await exchange(token, { options: "{}" })).body.error).toBe("invalid_request");
    expect((await exchange(token)).status).toBe(200);
  });

  it("a repository that is not the account's user", async () => {
    const { body } = await exchange(await issuer.sign({ repository: "somebody/else" }, audience));
    const { access_token: token } = body as { access_token?: string };
    const response = await fetch(
      `${identity.url}/v1/projects/-/serviceAccounts/${deployer}:generateAccessToken`,
      {
        method: "POST",
        body: JSON.stringify({ scope: ["https://www.googleapis.com/auth/cloud-platform"] }),
        headers: { authorization: `Bearer ${token}` },
      },
    );
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("iam.serviceAccounts.getAccessToken");
  });
});

describe("the metadata server", () => {
  const get = async (
    path: string,
    headers: Record<string, string> = { "metadata-flavor": "Google" },
  ): Promise<Response> => {
    const host = await identity.metadataHost(runtime);
    return fetch(`http://${host}/computeMetadata/v1${path}`, { headers });
  };

  it("gives the instance's account, token, identity and project", async () => {
    const email = await get("/instance/service-accounts/default/email");
    expect([await email.text(), email.headers.get("metadata-flavor")]).toEqual([runtime, "Google"]);
    expect(await (await get("/project/project-id")).text()).toBe("acme");
    const token = (await (await get("/instance/service-accounts/default/token")).json()) as object;
    expect(token).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
    const jwt = await (
      await get("/instance/service-accounts/default/identity?audience=https://x")
    ).text();
    expect(decodeJwt(jwt)).toMatchObject({ aud: "https://x", email: runtime });
  });

  it("insists on its header and refuses what it does not have", async () => {
    expect((await get("/project/project-id", {})).status).toBe(403);
    expect((await get("/instance/attributes/")).status).toBe(501);
  });
});

describe("Cloud Run with an identity service", () => {
  const template = (): object => ({
    serviceAccount: runtime,
    containers: [{ image: workspace.image }],
  });

  it("refuses a change without the role, naming the permission", async () => {
    const create = `${services}?serviceId=private`;
    expect((await callRun("POST", create, { body: { template: template() } })).status).toBe(401);
    const token = await identity.mintAccessToken(viewer);
    const denied = await callRun("POST", create, { token, body: { template: template() } });
    expect(denied.body["error"]).toMatchObject({
      code: 403,
      status: "PERMISSION_DENIED",
      message: expect.stringContaining("run.services.create"),
    });
  });

  it("lets invokers in with an identity token for the service, and nobody else", async () => {
    const token = (await auth().getAccessToken()) ?? "";
    const started = await callRun("POST", `${services}?serviceId=private`, {
      token,
      body: { template: template() },
    });
    expect(started.status).toBe(200);
    const { name } = started.body as unknown as { name: string };
    const done = await callRun("POST", `/v2/${name}:wait`, { token, body: {} });
    const { uri } = (done.body as unknown as { response: { uri: string } }).response;

    const invoke = (idToken?: string): Promise<Response> =>
      fetch(uri, idToken === undefined ? {} : { headers: { authorization: `Bearer ${idToken}` } });
    expect((await invoke()).status).toBe(403);
    const generate = async (audience: string): Promise<string> => {
      const federated = `${identity.url}/v1/projects/-/serviceAccounts/${viewer}:generateIdToken`;
      const { body } = await exchange(await issuer.sign({}, defaultSubjectAudience(pool)));
      const response = await fetch(federated, {
        method: "POST",
        body: JSON.stringify({ audience, includeEmail: true }),
        headers: { authorization: `Bearer ${(body as { access_token?: string }).access_token}` },
      });
      return ((await response.json()) as { token: string }).token;
    };
    expect((await invoke(await generate(uri))).status).toBe(403);
    const policy = { bindings: [{ role: "roles/run.invoker", members: [member(viewer)] }] };
    const set = await callRun("POST", `${services}/private:setIamPolicy`, {
      token,
      body: { policy },
    });
    expect(set.status).toBe(200);
    expect((await invoke(await generate("https://elsewhere"))).status).toBe(401);
    expect((await invoke(token)).status).toBe(401);
    const answer = await invoke(await generate(uri));
    expect(answer.status).toBe(200);
    const seen = (await answer.json()) as { authorization: string; metadata: string };
    expect(seen.authorization).toMatch(/\.SIGNATURE_REMOVED_BY_GOOGLE$/);
    const email = await fetch(
      `http://${seen.metadata}/computeMetadata/v1/instance/service-accounts/default/email`,
      { headers: { "metadata-flavor": "Google" } },
    );
    expect(await email.text()).toBe(runtime);
  });
});
