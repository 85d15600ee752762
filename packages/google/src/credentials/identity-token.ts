import { InputError } from "#core";

/** The claims of an identity token that matter to a caller. */
export interface IdentityClaims {
  readonly audience: string;
  readonly expiresAtMs: number;
  readonly email: string | null;
}

/**
 * Reads an identity token's claims without checking its signature (its receiver does that).
 *
 * @throws InputError when it is not a JSON Web Token
 */
export function readIdentityToken(token: string): IdentityClaims {
  try {
    const [, payload = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as {
      readonly aud?: unknown;
      readonly exp?: unknown;
      readonly email?: unknown;
    };
    if (typeof claims.aud !== "string" || typeof claims.exp !== "number") throw new Error("claims");
    return {
      audience: claims.aud,
      expiresAtMs: claims.exp * 1000,
      email: typeof claims.email === "string" ? claims.email : null,
    };
  } catch {
    throw new InputError({
      code: "IDENTITY_TOKEN_INVALID",
      message: "The identity token is not a JSON Web Token with an audience and an expiry.",
      hint: "Give the token as google-github-actions/auth puts it out with `token_format: id_token`.",
    });
  }
}

/**
 * Refuses an identity token that Cloud Run would refuse: made for another audience, or expired.
 *
 * @throws InputError naming both audiences, or the time of expiry
 */
export function checkIdentityToken(
  token: string,
  { audience, nowMs }: { readonly audience: string; readonly nowMs: number },
): IdentityClaims {
  const claims = readIdentityToken(token);
  if (claims.audience !== audience) {
    throw new InputError({
      code: "IDENTITY_TOKEN_WRONG_AUDIENCE",
      message: `The identity token is for ${claims.audience}, but the service expects ${audience}.`,
      hint: `Make it with id_token_audience: ${audience} (the service's URL, without a path; for a tag URL still the service's own).`,
    });
  }
  if (claims.expiresAtMs <= nowMs) {
    throw new InputError({
      code: "IDENTITY_TOKEN_EXPIRED",
      message: `The identity token expired at ${new Date(claims.expiresAtMs).toISOString()}.`,
      hint: "Identity tokens last an hour: make it in this job, shortly before this step.",
    });
  }
  return claims;
}
