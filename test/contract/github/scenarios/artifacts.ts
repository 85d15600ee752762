import { describe, expect, it } from "vitest";
import { backendId } from "../../../../packages/sandbox/src/github/job-credentials.ts";
import { openTestJob, refusal } from "../harness.ts";
import type { Context } from "./context.ts";

/** Calls an Actions service as a job, with bytes uploaded in between. */
async function store(
  { service, owner, repo }: Context,
  kind: "artifact" | "cache",
  file: { readonly name: string; readonly bytes: Buffer },
): Promise<{ readonly runId: number }> {
  const job = openTestJob(service, `${owner}/${repo}`);
  const run = { workflow_run_backend_id: backendId("run", job.runId) };
  const call = async (method: string, body: unknown) => {
    const response = await fetch(`${job.resultsUrl}twirp/github.actions.results.api.v1.${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${job.runtimeToken}` },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as { readonly signed_upload_url?: string };
  };
  const size = String(file.bytes.length);
  const [begin, end] =
    kind === "artifact"
      ? (["ArtifactService/CreateArtifact", "ArtifactService/FinalizeArtifact"] as const)
      : (["CacheService/CreateCacheEntry", "CacheService/FinalizeCacheEntryUpload"] as const);
  const message =
    kind === "artifact"
      ? { ...run, name: file.name, size }
      : { key: file.name, version: "1", size_bytes: size };
  const { signed_upload_url: url = "" } = await call(begin, message);
  const headers = { "x-ms-blob-type": "BlockBlob" };
  expect((await fetch(url, { method: "PUT", headers, body: file.bytes })).status).toBe(201);
  await call(end, message);
  return { runId: job.runId };
}

/** Artifacts and caches, as the REST API shows them. */
export function describeArtifacts(context: () => Context): void {
  describe("artifacts", () => {
    it("are listed, downloaded and deleted", async () => {
      const { octokit, owner, repo, connect } = context();
      const bytes = Buffer.from("PK not really");
      const { runId } = await store(context(), "artifact", { name: "slipway-weather", bytes });
      const ofRun = await octokit.actions.listWorkflowRunArtifacts({ owner, repo, run_id: runId });
      const [artifact] = ofRun.data.artifacts;
      expect(artifact).toMatchObject({
        name: "slipway-weather",
        size_in_bytes: bytes.length,
        expired: false,
      });
      const all = await octokit.actions.listArtifactsForRepo({
        owner,
        repo,
        name: "slipway-weather",
      });
      expect(all.data.total_count).toBe(1);
      const one = { owner, repo, artifact_id: artifact?.id ?? 0 };
      expect((await octokit.actions.getArtifact(one)).data.digest).toBe(artifact?.digest);
      const download = await octokit.actions.downloadArtifact({ ...one, archive_format: "zip" });
      expect(Buffer.from(download.data as ArrayBuffer)).toEqual(bytes);
      const strange = connect("").actions.downloadArtifact({ ...one, archive_format: "zip" });
      expect((await refusal(strange)).status).toBe(401);
      await octokit.actions.deleteArtifact(one);
      expect((await refusal(octokit.actions.getArtifact(one))).status).toBe(404);
    });
  });

  describe("caches", () => {
    it("are listed, counted and deleted", async () => {
      const { octokit, owner, repo } = context();
      for (const name of ["pip-1", "pip-2"])
        await store(context(), "cache", { name, bytes: Buffer.from(name) });
      const listed = await octokit.actions.getActionsCacheList({ owner, repo, key: "pip-" });
      expect(listed.data.actions_caches.map(({ key }) => key)).toEqual(["pip-2", "pip-1"]);
      const usage = await octokit.actions.getActionsCacheUsage({ owner, repo });
      expect(usage.data).toMatchObject({ active_caches_count: 2, active_caches_size_in_bytes: 10 });
      await octokit.actions.deleteActionsCacheByKey({ owner, repo, key: "pip-1" });
      const cache_id = listed.data.actions_caches[0]?.id ?? 0;
      await octokit.actions.deleteActionsCacheById({ owner, repo, cache_id });
      expect(
        (await refusal(octokit.actions.deleteActionsCacheById({ owner, repo, cache_id }))).status,
      ).toBe(404);
    });
  });
}
