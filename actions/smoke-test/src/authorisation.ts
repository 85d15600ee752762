import { InputError } from "#core";
import { authoriseCaller, type CallerParts } from "#probe";
import type { Inputs } from "./inputs.ts";

/**
 * Headers that let a request in: the user's own, an identity token that was given, or one of the
 * Google credentials.
 */
export async function authoriseRequests(
  inputs: Inputs,
  parts: CallerParts,
): Promise<Readonly<Record<string, string>>> {
  if (inputs.authHeader !== null) return readHeader(inputs.authHeader, parts.maskSecret);
  if (inputs.idToken !== null) return { authorization: `Bearer ${inputs.idToken}` };
  const { url, auth, timeout } = inputs;
  return authoriseCaller({ url, audience: new URL(url).origin, auth, timeoutMs: timeout }, parts);
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
