import { RemoteError } from "#core";
import type { Environment } from "../endpoints.ts";
import { errorOfFailure, errorOfResponse } from "../remote-errors.ts";
import type { AccessToken, TokenSource } from "./token-source.ts";

const probeTimeoutMs = 1_000;
const callTimeoutMs = 10_000;

/**
 * Credentials of the machine itself (Cloud Run, Compute Engine, GKE), or `null` where there is no
 * metadata server. Spoken to directly: a model server that starts on Cloud Run need not load an
 * authentication library for two GET requests.
 */
export async function findMetadataServer(
  environment: Environment,
  fetch: typeof globalThis.fetch,
): Promise<TokenSource | null> {
  const host = environment["GCE_METADATA_HOST"] || environment["GCE_METADATA_IP"];
  const server = metadataSource(host || "metadata.google.internal", fetch);
  // K_SERVICE is set by Cloud Run, where the metadata server is always there.
  if (host || environment["K_SERVICE"]) return server;
  if (environment["METADATA_SERVER_DETECTION"] === "none") return null;
  return (await answersAsMetadataServer(fetch)) ? server : null;
}

async function answersAsMetadataServer(fetch: typeof globalThis.fetch): Promise<boolean> {
  try {
    const response = await fetch("http://metadata.google.internal/computeMetadata/v1/instance", {
      headers: metadataFlavor,
      redirect: "manual",
      signal: AbortSignal.timeout(probeTimeoutMs),
    });
    await response.body?.cancel();
    // Other clouds answer on the same address, without this header.
    return response.headers.get("metadata-flavor") === "Google";
  } catch {
    return false;
  }
}

const metadataFlavor = { "metadata-flavor": "Google" };

function metadataSource(host: string, fetch: typeof globalThis.fetch): TokenSource {
  const base = `${/^https?:\/\//.test(host) ? host : `http://${host}`}/computeMetadata/v1`;
  const read = (path: string) => readMetadata(fetch, `${base}/${path}`, path);
  return {
    kind: "metadata-server",
    projectIdInFile: null,
    async fetchAccessToken(): Promise<AccessToken> {
      const answer = JSON.parse(await read("instance/service-accounts/default/token")) as {
        readonly access_token: string;
        readonly expires_in: number;
      };
      return { token: answer.access_token, lifetimeMs: answer.expires_in * 1000 };
    },
    fetchIdentityToken: (audience) =>
      read(
        `instance/service-accounts/default/identity?audience=${encodeURIComponent(audience)}&format=full`,
      ),
    principal: () => read("instance/service-accounts/default/email"),
    fetchProjectId: () => read("project/project-id"),
  };
}

async function readMetadata(
  fetch: typeof globalThis.fetch,
  url: string,
  path: string,
): Promise<string> {
  const call = `GET metadata server ${path}`;
  let response: Response;
  try {
    response = await fetch(url, {
      headers: metadataFlavor,
      redirect: "manual",
      signal: AbortSignal.timeout(callTimeoutMs),
    });
  } catch (cause) {
    throw errorOfFailure(call, cause);
  }
  if (response.status === 404) {
    throw new RemoteError({
      code: "NO_SERVICE_ACCOUNT",
      message: `${call} was answered with 404: this machine has no service account.`,
      hint: "Give the service or machine a service account, or set GOOGLE_APPLICATION_CREDENTIALS.",
      call,
      status: 404,
      retryable: false,
    });
  }
  if (!response.ok) throw await errorOfResponse(call, response, Date.now());
  return (await response.text()).trim();
}
