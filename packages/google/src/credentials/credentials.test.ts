import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  instantClock,
  scriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from "../testing/scripted-server.ts";
import { googleCredentials } from "./credentials.ts";
import { parseCredentialFile } from "./credential-file.ts";
import { checkIdentityToken } from "./identity-token.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const account = "deployer@acme-prod.iam.gserviceaccount.com";

async function credentialsFor(
  server: ScriptedServer,
  { impersonating = true, clock = instantClock() } = {},
) {
  const path = join(folder, "credentials.json");
  const iam = `${server.url}/v1/projects/-/serviceAccounts/${account}`;
  await writeFile(
    path,
    JSON.stringify({
      type: "external_account",
      audience:
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/g",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${server.url}/v1/token`,
      ...(impersonating ? { service_account_impersonation_url: `${iam}:generateAccessToken` } : {}),
      credential_source: {
        url: `${server.url}/oidc?audience=x`,
        headers: { Authorization: "Bearer runner" },
        format: { type: "json", subject_token_field_name: "value" },
      },
    }),
  );
  return googleCredentials({
    environment: {
      GOOGLE_APPLICATION_CREDENTIALS: path,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: server.url,
    },
    clock,
  });
}

const json = (body: unknown, status = 200): ScriptedAnswer => ({
  status,
  json: body,
  headers: { "content-type": "application/json" },
});
const subjectToken = json({ value: "runner-jwt" });
const federated = json({
  access_token: "federated",
  expires_in: 3600,
  token_type: "Bearer",
  issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
});
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const impersonated = (token: string) => json({ accessToken: token, expireTime: inAnHour() });

function jwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.signature`;
}

describe("workload identity federation", () => {
  it("exchanges the runner's token and acts as the service account", async () => {
    await using server = await scriptedServer([subjectToken, federated, impersonated("acting")]);
    const credentials = await credentialsFor(server);
    expect(await credentials.accessToken()).toBe("acting");
    expect(server.seen.map((each) => `${each.method} ${each.path}`)).toEqual([
      "GET /oidc?audience=x",
      "POST /v1/token",
      `POST /v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
    ]);
    expect(await credentials.principal()).toBe(account);
    expect(await credentials.projectId()).toBe("acme-prod");
  });

  it("makes one exchange for many calls at once, and a new one when asked to refresh", async () => {
    await using server = await scriptedServer([
      subjectToken,
      federated,
      impersonated("first"),
      subjectToken,
      federated,
      impersonated("second"),
    ]);
    const credentials = await credentialsFor(server);
    const tokens = await Promise.all([credentials.accessToken(), credentials.accessToken()]);
    expect(tokens).toEqual(["first", "first"]);
    expect(await credentials.accessToken()).toBe("first");
    expect(await credentials.accessToken({ refresh: true })).toBe("second");
  });

  it("renews a token a minute before it expires", async () => {
    await using server = await scriptedServer([
      subjectToken,
      federated,
      impersonated("first"),
      subjectToken,
      federated,
      impersonated("second"),
    ]);
    const clock = instantClock();
    const credentials = await credentialsFor(server, { clock });
    await credentials.accessToken();
    await clock.wait(3_530_000);
    expect(await credentials.accessToken()).toBe("first");
    await clock.wait(15_000);
    expect(await credentials.accessToken()).toBe("second");
  });

  it("asks for identity tokens with the federated token, which needs no further role", async () => {
    const audience = "https://weather-abc.a.run.app";
    const token = jwt({ aud: audience, exp: Date.now() / 1000 + 3600, email: account });
    await using server = await scriptedServer([subjectToken, federated, json({ token })]);
    const credentials = await credentialsFor(server, {
      clock: { ...instantClock(), now: () => new Date() },
    });
    expect(await credentials.identityToken(audience)).toBe(token);
    expect(await credentials.identityToken(audience)).toBe(token);
    expect(server.seen).toHaveLength(3);
    expect(server.seen[2]?.headers.authorization).toBe("Bearer federated");
    expect(JSON.parse(String(server.seen[2]?.body))).toEqual({ audience, includeEmail: true });
  });

  it("refuses an identity token for another audience", async () => {
    const token = jwt({ aud: "https://other", exp: 4e9 });
    await using server = await scriptedServer([subjectToken, federated, json({ token })]);
    const credentials = await credentialsFor(server);
    await expect(credentials.identityToken("https://mine")).rejects.toMatchObject({
      code: "IDENTITY_TOKEN_WRONG_AUDIENCE",
      message: "The identity token is for https://other, but the service expects https://mine.",
    });
  });

  it("says that identity tokens need a service account", async () => {
    await using server = await scriptedServer([]);
    const credentials = await credentialsFor(server, { impersonating: false });
    await expect(credentials.identityToken("https://x")).rejects.toMatchObject({
      code: "NO_IDENTITY_FOR_TOKEN",
      hint: expect.stringContaining("service_account:"),
    });
  });

  it("says which role lets a job get identity tokens", async () => {
    await using server = await scriptedServer([
      subjectToken,
      federated,
      json({ error: { code: 403, status: "PERMISSION_DENIED", message: "no" } }, 403),
    ]);
    const credentials = await credentialsFor(server);
    await expect(credentials.identityToken("https://x")).rejects.toMatchObject({
      code: "IDENTITY_TOKEN_FORBIDDEN",
      hint: expect.stringContaining("roles/iam.workloadIdentityUser"),
    });
  });

  it.each([
    [
      "invalid_target",
      "The target service indicated by the audience is invalid.",
      "WRONG_AUDIENCE",
    ],
    ["invalid_grant", "ID Token issued at 1 is stale to sign-in.", "CREDENTIALS_EXPIRED"],
    [
      "invalid_grant",
      "The audience in ID Token [x] does not match the expected audience.",
      "WRONG_AUDIENCE",
    ],
    [
      "unauthorized_client",
      "The given credential is rejected by the attribute condition.",
      "REPOSITORY_NOT_ALLOWED",
    ],
  ])("explains %s: %s", async (error, description, code) => {
    await using server = await scriptedServer([
      subjectToken,
      json({ error, error_description: description }, 400),
    ]);
    const credentials = await credentialsFor(server);
    await expect(credentials.accessToken()).rejects.toMatchObject({
      code,
      retryable: false,
      message: expect.stringContaining(description),
    });
  });

  it("explains that the account may not be acted as", async () => {
    const denied = json(
      {
        error: {
          code: 403,
          message: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.",
        },
      },
      403,
    );
    await using server = await scriptedServer([subjectToken, federated, denied]);
    await expect((await credentialsFor(server)).accessToken()).rejects.toMatchObject({
      code: "IMPERSONATION_FORBIDDEN",
      status: 403,
    });
  });

  it("explains that the runner gives no token without id-token: write", async () => {
    await using server = await scriptedServer([json({ message: "no" }, 403)]);
    await expect((await credentialsFor(server)).accessToken()).rejects.toMatchObject({
      code: "NO_RUNNER_TOKEN",
      hint: expect.stringContaining("id-token: write"),
    });
  });
});

describe("the metadata server", () => {
  it("gives tokens, identity tokens, the account and the project", async () => {
    const token = jwt({ aud: "https://x", exp: 4e9 });
    await using server = await scriptedServer([
      json({ access_token: "machine", expires_in: 3600, token_type: "Bearer" }),
      { status: 200, text: token },
      { status: 200, text: "runtime@p.iam.gserviceaccount.com" },
      { status: 200, text: "p" },
    ]);
    const credentials = googleCredentials({
      environment: { GCE_METADATA_HOST: new URL(server.url).host },
    });
    expect(await credentials.accessToken()).toBe("machine");
    expect(await credentials.identityToken("https://x")).toBe(token);
    expect(await credentials.principal()).toBe("runtime@p.iam.gserviceaccount.com");
    expect(await credentials.projectId()).toBe("p");
    expect(server.seen.every((each) => each.headers["metadata-flavor"] === "Google")).toBe(true);
  });
});

describe("credentials files of other kinds", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = {
    type: "service_account",
    client_email: account,
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
  };
  const user = {
    type: "authorized_user",
    client_id: "id",
    client_secret: "secret",
    refresh_token: "refresh",
  };

  /** Google's token endpoint, which has one fixed address, as a function. */
  async function credentialsWith(file: unknown, answer: unknown, status = 200) {
    const asked: { readonly url: string; readonly form: URLSearchParams }[] = [];
    const path = join(folder, "credentials.json");
    await writeFile(path, JSON.stringify(file));
    const credentials = googleCredentials({
      environment: { GOOGLE_APPLICATION_CREDENTIALS: path },
      clock: instantClock(),
      async fetch(input, init) {
        const request = new Request(input, init);
        asked.push({ url: request.url, form: new URLSearchParams(await request.text()) });
        return Response.json(answer, { status });
      },
    });
    return { credentials, asked };
  }

  it("a service account's key signs for an access token", async () => {
    const { credentials, asked } = await credentialsWith(key, {
      access_token: "of the key",
      expires_in: 3600,
      token_type: "Bearer",
    });
    expect(await credentials.accessToken()).toBe("of the key");
    expect(asked[0]?.url).toBe("https://oauth2.googleapis.com/token");
    const [, claims = ""] = (asked[0]?.form.get("assertion") ?? "").split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      iss: account,
      scope: "https://www.googleapis.com/auth/cloud-platform",
    });
  });

  it("a service account's key signs for an identity token", async () => {
    const token = jwt({ aud: "https://x", exp: 4e9, email: account });
    const { credentials, asked } = await credentialsWith(key, { id_token: token });
    expect(await credentials.identityToken("https://x")).toBe(token);
    const [, claims = ""] = (asked[0]?.form.get("assertion") ?? "").split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      target_audience: "https://x",
    });
  });

  it("a person's refresh token gives an access token", async () => {
    const { credentials, asked } = await credentialsWith(user, {
      access_token: "of ada",
      expires_in: 3600,
    });
    expect(await credentials.accessToken()).toBe("of ada");
    expect(asked[0]?.form.get("refresh_token")).toBe("refresh");
    expect(await credentials.principal()).toBeNull();
  });

  it.each([
    ["key", key],
    ["refresh token", user],
  ])("a revoked %s is told from an outage", async (_what, file) => {
    const { credentials } = await credentialsWith(
      file,
      { error: "invalid_grant", error_description: "Token has been expired or revoked." },
      400,
    );
    await expect(credentials.accessToken()).rejects.toMatchObject({
      code: "CREDENTIALS_EXPIRED",
      retryable: false,
    });
  });
});

describe("finding credentials", () => {
  const alone = { METADATA_SERVER_DETECTION: "none" };

  it("names the step that gives them when there are none, in YAML", async () => {
    const credentials = googleCredentials({ environment: alone });
    await expect(credentials.accessToken()).rejects.toMatchObject({
      code: "NO_GOOGLE_CREDENTIALS",
      hint: expect.stringMatching(/id-token: write[^]*uses: google-github-actions\/auth@/),
    });
  });

  it("says why a named file may be missing", async () => {
    const credentials = googleCredentials({
      environment: { ...alone, GOOGLE_APPLICATION_CREDENTIALS: join(folder, "gone.json") },
    });
    await expect(credentials.accessToken()).rejects.toMatchObject({
      code: "CREDENTIALS_FILE_UNREADABLE",
      hint: expect.stringContaining("after actions/checkout"),
    });
  });

  it("looks anew after a failure", async () => {
    const path = join(folder, "credentials.json");
    const credentials = googleCredentials({
      environment: { ...alone, GOOGLE_APPLICATION_CREDENTIALS: path },
    });
    await expect(credentials.principal()).rejects.toThrow("cannot be read");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await writeFile(
      path,
      JSON.stringify({
        type: "service_account",
        client_email: account,
        private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
        project_id: "acme-prod",
      }),
    );
    expect(await credentials.principal()).toBe(account);
    expect(await credentials.projectId()).toBe("acme-prod");
  });

  it("takes the project of the input before the environment's", async () => {
    const environment = { ...alone, GOOGLE_CLOUD_PROJECT: "from-environment" };
    expect(await googleCredentials({ environment }).projectId()).toBe("from-environment");
    expect(await googleCredentials({ environment, projectId: "given" }).projectId()).toBe("given");
  });
});

describe("parseCredentialFile", () => {
  it.each([
    ["{", "is not JSON"],
    ['{"type":"gdch_service_account"}', 'is of type "gdch_service_account"'],
    ['{"type":"service_account"}', "client_email"],
  ])("refuses %s", (text, why) => {
    expect(() => parseCredentialFile("creds.json", text)).toThrow(why);
  });

  it("never repeats what is in the file", () => {
    const text = JSON.stringify({ type: "service_account", private_key: "s3cret" });
    expect(() => parseCredentialFile("creds.json", text)).toThrow(/^(?!.*s3cret)/s);
  });
});

describe("checkIdentityToken", () => {
  it("refuses an expired token with its time", () => {
    const token = jwt({ aud: "https://x", exp: 1_700_000_000 });
    expect(() =>
      checkIdentityToken(token, { audience: "https://x", nowMs: 1_700_000_001_000 }),
    ).toThrow("The identity token expired at 2023-11-14T22:13:20.000Z.");
  });

  it("refuses what is no token", () => {
    expect(() => checkIdentityToken("nonsense", { audience: "x", nowMs: 0 })).toThrow(
      "not a JSON Web Token",
    );
  });
});
