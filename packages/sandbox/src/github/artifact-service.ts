import { deleteBlob, measureBlob, signBlobUrl, type BlobName } from "./blobs.ts";
import { findRepositoryByFullName, now, type Github } from "./github.ts";
import { backendId } from "./job-credentials.ts";
import type { Artifact } from "./records.ts";
import { textField, TwirpError, type TwirpCall, type TwirpMethod } from "./twirp.ts";

const retentionDays = 90;
const maxArtifactsPerJob = 500;

/** The blob behind an artifact. */
function artifactBlob(artifact: Artifact): BlobName {
  const suffix = artifact.mimeType === "application/zip" ? ".zip" : "";
  return { container: "artifacts", name: `${artifact.id}${suffix}` };
}

/** A signed address to download an artifact from. */
export function signArtifactUrl(github: Github, artifact: Artifact): string {
  const isZip = artifact.mimeType === "application/zip";
  return signBlobUrl(github, artifactBlob(artifact), {
    kind: "read",
    contentType: artifact.mimeType,
    fileName: isZip ? `${artifact.name}.zip` : artifact.name,
  });
}

/** Takes an artifact away. */
export async function deleteArtifact(github: Github, artifact: Artifact): Promise<void> {
  github.records.artifacts.delete(artifact.id);
  await deleteBlob(github, artifactBlob(artifact));
}

// A job's token opens its own run's artifacts only.
function requireOwnRun(call: TwirpCall): void {
  if (textField(call, "workflow_run_backend_id") !== backendId("run", call.job.runId)) {
    throw new TwirpError("permission_denied", "the token does not belong to this workflow run");
  }
}

function artifactsOf(call: TwirpCall): readonly Artifact[] {
  return call.github.records.artifacts.all().filter((one) => one.runId === call.job.runId);
}

function findByName(call: TwirpCall): Artifact | undefined {
  const name = textField(call, "name");
  return artifactsOf(call).find((artifact) => artifact.name === name);
}

function createArtifact(call: TwirpCall): Readonly<Record<string, unknown>> {
  requireOwnRun(call);
  const name = textField(call, "name");
  if (name === "" || /[":<>|*?\r\n\\/]/.test(name)) {
    throw new TwirpError(
      "invalid_argument",
      `the artifact name ${JSON.stringify(name)} is not valid`,
    );
  }
  const known = findByName(call);
  if (known?.finalized === true) {
    throw new TwirpError(
      "already_exists",
      "Conflict: an artifact with this name already exists on the workflow run",
    );
  }
  if (artifactsOf(call).length >= maxArtifactsPerJob) {
    throw new TwirpError("failed_precondition", `more than ${maxArtifactsPerJob} artifacts`);
  }
  // An upload that never came to its end may be begun again.
  const artifact = known ?? addArtifact(call, name);
  return {
    ok: true,
    signed_upload_url: signBlobUrl(call.github, artifactBlob(artifact), { kind: "write" }),
  };
}

function addArtifact(call: TwirpCall, name: string): Artifact {
  const { github, job } = call;
  const repository = findRepositoryByFullName(github, job.repository);
  if (repository === undefined) throw new TwirpError("not_found", "the repository is gone");
  const id = 3_000_000_000 + github.store.nextId("artifact");
  const expiresAt = textField(call, "expires_at");
  const defaultExpiry = new Date(Date.now() + retentionDays * 86_400_000).toISOString();
  const at = now();
  return github.records.artifacts.put(id, {
    id,
    repositoryId: repository.id,
    runId: job.runId,
    name,
    mimeType: textField(call, "mime_type") || "application/zip",
    finalized: false,
    sizeBytes: 0,
    digest: null,
    headBranch: job.ref.replace(/^refs\/(heads|tags)\//, ""),
    headSha: job.sha,
    expiresAt: (expiresAt === "" ? defaultExpiry : expiresAt).replace(/\.\d+Z$/, "Z"),
    createdAt: at,
    updatedAt: at,
  });
}

async function finalizeArtifact(call: TwirpCall): Promise<Readonly<Record<string, unknown>>> {
  requireOwnRun(call);
  const artifact = findByName(call);
  if (artifact === undefined) throw new TwirpError("not_found", "artifact not found");
  // A repeated request, after a lost answer, is answered as the first was.
  if (artifact.finalized) return { ok: true, artifact_id: String(artifact.id) };
  const measured = await measureBlob(call.github, artifactBlob(artifact));
  if (measured === undefined) {
    throw new TwirpError("failed_precondition", "the artifact's content has not been uploaded");
  }
  const [size, hash] = [Number(call.message["size"] ?? 0), textField(call, "hash")];
  if (size !== measured.sizeBytes) {
    throw new TwirpError("invalid_argument", `size ${size} does not match ${measured.sizeBytes}`);
  }
  if (hash !== "" && hash !== measured.digest) {
    throw new TwirpError("invalid_argument", `hash ${hash} does not match ${measured.digest}`);
  }
  const finalized = { ...artifact, ...measured, finalized: true, updatedAt: now() };
  call.github.records.artifacts.put(artifact.id, finalized);
  return { ok: true, artifact_id: String(artifact.id) };
}

function listArtifacts(call: TwirpCall): Readonly<Record<string, unknown>> {
  requireOwnRun(call);
  const [name, id] = [textField(call, "name_filter"), textField(call, "id_filter")];
  const found = artifactsOf(call)
    .filter((artifact) => artifact.finalized)
    .filter((artifact) => name === "" || artifact.name === name)
    .filter((artifact) => id === "" || String(artifact.id) === id);
  return {
    artifacts: found.map((artifact) => ({
      workflow_run_backend_id: backendId("run", artifact.runId),
      workflow_job_run_backend_id: backendId("job", call.job.jobId),
      database_id: String(artifact.id),
      name: artifact.name,
      size: String(artifact.sizeBytes),
      created_at: artifact.createdAt,
      ...(artifact.digest === null ? {} : { digest: artifact.digest }),
    })),
  };
}

function getSignedUrl(call: TwirpCall): Readonly<Record<string, unknown>> {
  requireOwnRun(call);
  const artifact = findByName(call);
  if (artifact?.finalized !== true) throw new TwirpError("not_found", "artifact not found");
  return { signed_url: signArtifactUrl(call.github, artifact) };
}

async function removeArtifact(call: TwirpCall): Promise<Readonly<Record<string, unknown>>> {
  requireOwnRun(call);
  const artifact = findByName(call);
  if (artifact === undefined) throw new TwirpError("not_found", "artifact not found");
  await deleteArtifact(call.github, artifact);
  return { ok: true, artifact_id: String(artifact.id) };
}

const service = "github.actions.results.api.v1.ArtifactService";

/** The artifact service, version 4, as `@actions/artifact` speaks it. */
export const artifactMethods: Readonly<Record<string, TwirpMethod>> = {
  [`${service}/CreateArtifact`]: createArtifact,
  [`${service}/FinalizeArtifact`]: finalizeArtifact,
  [`${service}/ListArtifacts`]: listArtifacts,
  [`${service}/GetSignedArtifactURL`]: getSignedUrl,
  [`${service}/DeleteArtifact`]: removeArtifact,
};
