/** Finds out what lets a request to a service in. */
export interface CallerParts {
  readonly identityToken: (audience: string) => Promise<string>;
  readonly maskSecret: (value: string) => void;
  readonly signal: AbortSignal;
  readonly fetch?: typeof globalThis.fetch;
}

const ASK_TIMEOUT_MS = 10_000;

/**
 * Headers for requests to a service: none where everybody may call, else an identity token. Its
 * audience is the service's own URL, also for a tag's.
 */
export async function authoriseCaller(
  url: string,
  audience: string,
  parts: CallerParts,
): Promise<Readonly<Record<string, string>>> {
  if (!(await wantsToken(url, parts))) return {};
  const token = await parts.identityToken(audience);
  parts.maskSecret(token);
  return { authorization: `Bearer ${token}` };
}

/** Cloud Run's front answers a caller without a token with 401 or 403 before the server is reached. */
async function wantsToken(url: string, { signal, fetch }: CallerParts): Promise<boolean> {
  try {
    const response = await (fetch ?? globalThis.fetch)(`${url.replace(/\/+$/, "")}/health`, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.status === 401 || response.status === 403;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
