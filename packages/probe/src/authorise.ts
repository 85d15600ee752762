/** What lets a request to a deployed model in, and how long to ask for it. */
export interface CallerAuthorisation {
  /** Base URL of the model that is asked. */
  readonly url: string;
  /** The URL that an identity token is made for: a service's own, also where a tag's is asked. */
  readonly audience: string;
  /** `auto`, the default, asks the server first and sends nothing where it wants nothing. */
  readonly auth?: "auto" | "google" | "none";
  /** How long the server may take to say so; 10 s unless told otherwise. */
  readonly timeoutMs?: number;
}

const ASK_TIMEOUT_MS = 10_000;

/** What authorising a caller needs of the world. */
export interface CallerParts {
  /** An identity token for a URL. */
  readonly identityToken: (audience: string) => Promise<string>;
  readonly maskSecret: (value: string) => void;
  readonly signal: AbortSignal;
}

/** Headers that let requests in: none where everybody may call, else an identity token. */
export async function authoriseCaller(
  { url, audience, auth = "auto", timeoutMs = ASK_TIMEOUT_MS }: CallerAuthorisation,
  parts: CallerParts,
): Promise<Readonly<Record<string, string>>> {
  if (auth === "none") return {};
  if (auth === "auto" && !(await wantsToken({ url, timeoutMs }, parts.signal))) return {};
  const token = await parts.identityToken(audience);
  parts.maskSecret(token);
  return { authorization: `Bearer ${token}` };
}

/** Cloud Run's front answers a caller without a token with 401 or 403 before the server is reached. */
async function wantsToken(
  { url, timeoutMs }: { readonly url: string; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/health`, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    return response.status === 401 || response.status === 403;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
