import { Storage } from "@google-cloud/storage";
import { OAuth2Client } from "google-auth-library";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { googleCredentials, objectStore, readIdentityToken } from "#google";
import {
  deployer,
  makeBucket,
  project,
  startGoogleServices,
  type GoogleServices,
} from "./google-services.ts";

describe("credentials of a workflow's job", () => {
  let services: GoogleServices;
  beforeAll(async () => {
    services = await startGoogleServices(["roles/storage.objectUser"]);
    await makeBucket(services, "models");
  });
  afterAll(() => services[Symbol.asyncDispose]());

  const withFile = async (change: Readonly<Record<string, unknown>>) => {
    const original = services.environment["GOOGLE_APPLICATION_CREDENTIALS"] ?? "";
    const path = join(services.folder, "changed.json");
    const file = JSON.parse(await readFile(original, "utf8")) as Readonly<Record<string, unknown>>;
    await writeFile(path, JSON.stringify({ ...file, ...change }));
    return googleCredentials({
      environment: { ...services.environment, GOOGLE_APPLICATION_CREDENTIALS: path },
    });
  };

  it("act as the service account, for access and for identity", async () => {
    const credentials = googleCredentials({ environment: services.environment });
    expect(await credentials.principal()).toBe(deployer);
    expect(await credentials.projectId()).toBe(project);
    expect(await credentials.accessToken()).not.toBe("");
    const audience = "https://weather-abc-ew.a.run.app";
    const claims = readIdentityToken(await credentials.identityToken(audience));
    expect(claims).toMatchObject({ audience, email: deployer });
  });

  it("say that the provider is not known", async () => {
    const credentials = await withFile({
      audience:
        "//iam.googleapis.com/projects/9/locations/global/workloadIdentityPools/x/providers/y",
    });
    await expect(credentials.accessToken()).rejects.toMatchObject({ code: "WRONG_AUDIENCE" });
  });

  it("say that the runner's token is for another audience", async () => {
    const file = await readFile(
      services.environment["GOOGLE_APPLICATION_CREDENTIALS"] ?? "",
      "utf8",
    );
    const { credential_source: source } = JSON.parse(file) as {
      readonly credential_source: { readonly url: string };
    };
    const url = `${source.url.split("?")[0]}?audience=somebody-else`;
    const credentials = await withFile({ credential_source: { ...source, url } });
    await expect(credentials.accessToken()).rejects.toMatchObject({ code: "WRONG_AUDIENCE" });
  });

  it("say that the account may not be acted as", async () => {
    const stranger = `${services.identityUrl}/v1/projects/-/serviceAccounts/other@acme-prod.iam.gserviceaccount.com:generateAccessToken`;
    const credentials = await withFile({ service_account_impersonation_url: stranger });
    await expect(credentials.accessToken()).rejects.toMatchObject({
      code: "IMPERSONATION_FORBIDDEN",
    });
  });

  it("store what Google's own client reads back as it was", async () => {
    const { environment, storageUrl } = services;
    const credentials = googleCredentials({ environment });
    const content = Buffer.alloc(20_000_000, "model ");
    await objectStore({ environment, credentials, resumableAboveBytes: 1_000_000 }).createOnly(
      "gs://models/weather/model.onnx",
      { bytes: content },
      { attributes: { contentType: "application/x-onnx" } },
    );
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: await credentials.accessToken() });
    const official = new Storage({
      apiEndpoint: storageUrl,
      useAuthWithCustomEndpoint: true,
      projectId: project,
      authClient,
    });
    const file = official.bucket("models").file("weather/model.onnx");
    const [read] = await file.download({ validation: "crc32c" });
    const [metadata] = await file.getMetadata();
    expect(read.equals(content)).toBe(true);
    expect(metadata).toMatchObject({
      contentType: "application/x-onnx",
      metadata: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});
