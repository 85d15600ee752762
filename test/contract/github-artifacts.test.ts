import { createPublicKey, randomBytes, verify, type JsonWebKey } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DefaultArtifactClient as ArtifactClient } from "@actions/artifact";
import { restoreCache, saveCache } from "@actions/cache";
import { getIDToken } from "@actions/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { githubArtifacts, githubArtifactsOf } from "#toolkit";
import type { LocalGithub } from "../../packages/sandbox/src/contracts.ts";
import { asStep } from "./github/actions-environment.ts";
import { connect, openTestJob, startInFolder } from "./github/harness.ts";

const repository = "octocat/weather";

describe("the local GitHub's Actions services, driven by the official clients", () => {
  let service: LocalGithub;
  let folder: string;
  let stop: () => Promise<void>;
  let DefaultArtifactClient: typeof ArtifactClient;

  beforeAll(async () => {
    ({ service, folder, stop } = await startInFolder());
    // The client reads this one variable when it is loaded.
    vi.stubEnv("GITHUB_API_URL", service.url);
    ({ DefaultArtifactClient } = await import("@actions/artifact"));
    await connect(service).repos.createForAuthenticatedUser({ name: "weather", auto_init: true });
    // The clients report their progress on standard output.
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await stop();
  });

  async function makeFiles(
    name: string,
    sizeBytes: number,
  ): Promise<{ readonly root: string; readonly bytes: Buffer }> {
    const root = join(folder, name);
    await mkdir(root, { recursive: true });
    const bytes = randomBytes(sizeBytes);
    await writeFile(join(root, "model.onnx"), bytes);
    return { root, bytes };
  }

  describe("artifacts", () => {
    it("come back as they went, over several blocks, with their digest", async () => {
      const job = openTestJob(service, repository);
      // Above the client's block of 8 MiB.
      const { root, bytes } = await makeFiles("large", 20_000_000);
      await asStep(service, job, {
        folder,
        work: async () => {
          const client = new DefaultArtifactClient();
          const files = [join(root, "model.onnx")];
          const sent = await client.uploadArtifact("slipway-weather-train-1", files, root);
          const { artifacts } = await client.listArtifacts();
          expect(artifacts).toMatchObject([
            {
              name: "slipway-weather-train-1",
              id: sent.id,
              size: sent.size,
              digest: `sha256:${sent.digest}`,
            },
          ]);
          const { artifact } = await client.getArtifact("slipway-weather-train-1");
          const target = join(folder, "large-back");
          const { digestMismatch } = await client.downloadArtifact(artifact.id, {
            path: target,
            expectedHash: artifact.digest ?? "",
          });
          expect(digestMismatch).toBe(false);
          expect(await readFile(join(target, "model.onnx"))).toEqual(bytes);
        },
      });
    });

    it("of one file are kept as that file when asked", async () => {
      const job = openTestJob(service, repository);
      const { root, bytes } = await makeFiles("single", 1000);
      await asStep(service, job, {
        folder,
        work: async () => {
          const client = new DefaultArtifactClient();
          const { id } = await client.uploadArtifact("ignored", [join(root, "model.onnx")], root, {
            skipArchive: true,
          });
          const target = join(folder, "single-back");
          await client.downloadArtifact(id ?? 0, { path: target });
          expect(await readFile(join(target, "model.onnx"))).toEqual(bytes);
        },
      });
    });

    it("come back unpacked from the store that actions use, in the run and in a later one", async () => {
      const job = openTestJob(service, repository);
      const { root, bytes } = await makeFiles("store", 300_000);
      const name = "slipway-weather-evaluate-gate-1";
      await asStep(service, job, {
        folder,
        work: async () => {
          const store = githubArtifacts();
          await store.upload(name, [join(root, "model.onnx")], root);
          const [artifact] = await store.list();
          expect(artifact?.name).toBe(name);
          await store.download(artifact?.id ?? 0, join(folder, "store-back"));
          expect(await readFile(join(folder, "store-back/model.onnx"))).toEqual(bytes);
        },
      });
      const later = openTestJob(service, repository, { permissions: { actions: "read" } });
      await asStep(service, later, {
        folder,
        work: async () => {
          const [owner = "", repositoryName = ""] = repository.split("/");
          const access = { owner, repository: repositoryName, token: later.githubToken };
          const store = githubArtifactsOf({ runId: job.runId, access });
          const [artifact] = await store.list();
          const wanted = { id: artifact?.id ?? 0, name };
          await store.download(wanted, join(folder, "later-back"));
          expect(await readFile(join(folder, "later-back/model.onnx"))).toEqual(bytes);
          const digest = `sha256:${"0".repeat(64)}`;
          await expect(
            store.download({ ...wanted, digest }, join(folder, "bad")),
          ).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
        },
      });
    });

    it("are immutable within a run, and another run does not see them", async () => {
      const job = openTestJob(service, repository);
      const { root } = await makeFiles("immutable", 10);
      const files = [join(root, "model.onnx")];
      await asStep(service, job, {
        folder,
        work: async () => {
          const client = new DefaultArtifactClient();
          await client.uploadArtifact("once", files, root);
          await expect(client.uploadArtifact("once", files, root)).rejects.toThrow(
            /409.*already exists/,
          );
        },
      });
      await asStep(service, openTestJob(service, repository), {
        folder,
        work: async () => {
          expect((await new DefaultArtifactClient().listArtifacts()).artifacts).toEqual([]);
        },
      });
    });

    it("of another run are found and downloaded with a token, and deleted", async () => {
      const job = openTestJob(service, repository);
      const { root, bytes } = await makeFiles("public", 500);
      await asStep(service, job, {
        folder,
        work: async () => {
          const client = new DefaultArtifactClient();
          await client.uploadArtifact("elsewhere", [join(root, "model.onnx")], root);
        },
      });
      await asStep(
        service,
        openTestJob(service, repository, { permissions: { actions: "read" } }),
        {
          folder,
          work: async () => {
            const findBy = {
              token: service.adminToken,
              workflowRunId: job.runId,
              repositoryOwner: "octocat",
              repositoryName: "weather",
            };
            const client = new DefaultArtifactClient();
            const { artifact } = await client.getArtifact("elsewhere", { findBy });
            const path = join(folder, "public-back");
            await client.downloadArtifact(artifact.id, {
              path,
              findBy,
              expectedHash: artifact.digest ?? "",
            });
            expect(await readFile(join(path, "model.onnx"))).toEqual(bytes);
          },
        },
      );
    });

    it("are refused after the job has ended, and on a changed address", async () => {
      const job = openTestJob(service, repository);
      service.closeJob(job.jobId);
      const call = await fetch(
        `${job.resultsUrl}twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts`,
        {
          method: "POST",
          headers: { authorization: `Bearer ${job.runtimeToken}` },
          body: "{}",
        },
      );
      expect(call.status).toBe(401);
      const forged = `${service.url}/_blob/artifacts/1.zip?se=2099-01-01T00:00:00Z&sp=r&sig=AAAA`;
      expect((await fetch(forged)).status).toBe(403);
    });
  });

  describe("caches", () => {
    async function cached(
      job: Partial<Parameters<LocalGithub["openJob"]>[0]>,
      work: () => Promise<void>,
    ): Promise<void> {
      await asStep(service, openTestJob(service, repository, job), { folder, work });
    }

    it("come back by key and by prefix, from the default branch elsewhere too", async () => {
      const { root, bytes } = await makeFiles("cached", 3_000_000);
      await cached({}, async () => {
        expect(await saveCache([root], "runs-abc")).toBeGreaterThan(0);
      });
      await rm(root, { recursive: true });
      await cached({ ref: "refs/heads/topic" }, async () => {
        expect(await restoreCache([root], "runs-xyz", ["runs-"])).toBe("runs-abc");
        expect(await readFile(join(root, "model.onnx"))).toEqual(bytes);
        expect(await restoreCache([root], "other-")).toBeUndefined();
      });
    });

    it("of a branch stay on it, and are written once", async () => {
      const { root } = await makeFiles("branch-cache", 100);
      await cached({ ref: "refs/heads/topic" }, async () => {
        expect(await saveCache([root], "topic-1")).toBeGreaterThan(0);
        expect(await saveCache([root], "topic-1")).toBe(-1);
      });
      await cached({}, async () => {
        expect(await restoreCache([root], "topic-1")).toBeUndefined();
      });
    });

    it("are not written for events that strangers cause, unless the job says so", async () => {
      const { root } = await makeFiles("low-trust", 100);
      await cached({ event: "pull_request_target" }, async () => {
        expect(await saveCache([root], "low-1")).toBe(-1);
      });
      await cached({ event: "pull_request_target", cacheMode: "write" }, async () => {
        expect(await saveCache([root], "low-1")).toBeGreaterThan(0);
      });
    });
  });

  describe("identity tokens", () => {
    it("are signed by the published key and say who asks", async () => {
      const sha = "a".repeat(40);
      const permissions = { "id-token": "write" } as const;
      const job = openTestJob(service, repository, { permissions, sha, environment: "production" });
      const token = await asStep(service, job, {
        folder,
        work: () => getIDToken("https://iam.example"),
      });
      const [header = "", payload = "", signature = ""] = token.split(".");
      const read = (part: string) =>
        JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
      const configuration = (await (
        await fetch(`${service.url}/.well-known/openid-configuration`)
      ).json()) as { readonly issuer: string; readonly jwks_uri: string };
      const { keys } = (await (await fetch(configuration.jwks_uri)).json()) as {
        readonly keys: readonly (JsonWebKey & { readonly kid: string })[];
      };
      const key = keys.find(({ kid }) => kid === read(header)["kid"]);
      const publicKey = createPublicKey({ key: key ?? {}, format: "jwk" });
      const signed = Buffer.from(`${header}.${payload}`);
      expect(verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(
        true,
      );
      const { data } = await connect(service).repos.get({ owner: "octocat", repo: "weather" });
      expect(read(payload)).toMatchObject({
        iss: configuration.issuer,
        aud: "https://iam.example",
        sub: `repo:octocat@${data.owner.id}/weather@${data.id}:environment:production`,
        repository,
        repository_id: String(data.id),
        ref: "refs/heads/main",
        sha,
        environment: "production",
        run_id: String(job.runId),
        workflow_ref: `${repository}/.github/workflows/ci.yml@refs/heads/main`,
      });
    });

    it("are not given without id-token: write", async () => {
      const job = openTestJob(service, repository);
      expect(job.idTokenRequest).toBeUndefined();
      const asked = await fetch(`${service.url}/_actions/id-token/${job.jobId}?audience=x`, {
        headers: { authorization: `Bearer ${job.githubToken}` },
      });
      expect(asked.status).toBe(401);
    });
  });
});
