import { InputError } from "#core";
import type { Inputs } from "./inputs.ts";

/** How an identity token for a URL is had. */
export type IdentityTokenSource = (audience: string) => Promise<string>;

/**
 * Headers that let a request in: the user's own, an identity token that was given, or one of the
 * Google credentials. `auto` asks the server first and sends none where it wants none.
 */
export async function authoriseRequests(
  inputs: Inputs,
  {
    identityToken,
    maskSecret,
    signal,
  }: {
    readonly identityToken: IdentityTokenSource;
    readonly maskSecret: (value: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<Readonly<Record<string, string>>> {
  if (inputs.authHeader !== null) return readHeader(inputs.authHeader, maskSecret);
  if (inputs.idToken !== null) return bearer(inputs.idToken);
  if (inputs.auth === "none") return {};
  const audience = new URL(inputs.url).origin;
  if (inputs.auth === "auto" && !(await wantsToken(inputs.url, inputs.timeout, signal))) return {};
  const token = await identityToken(audience);
  maskSecret(token);
  return bearer(token);
}

function readHeader(
  header: string,
  maskSecret: (value: string) => void,
): Readonly<Record<string, string>> {
  const match = /^([A-Za-z0-9-]+):\s*(\S.*)$/.exec(header);
  const [, name, value] = match ?? [];
  if (name === undefined || value === undefined) {
    throw new InputError({
      code: "INVALID_AUTH_HEADER",
      message: "Input auth-header is no header.",
      hint: "Write it as `name: value`, with the value from secrets.*.",
    });
  }
  maskSecret(value);
  return { [name.toLowerCase()]: value };
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

/** Cloud Run's front answers a caller without a token with 401 or 403 before the server is reached. */
async function wantsToken(url: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
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
