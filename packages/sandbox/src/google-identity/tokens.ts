import { randomUUID } from "node:crypto";
import { join } from "node:path";
import {
  createRemoteJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from "jose";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import type { Principal } from "./principal.ts";

/** Path of the public keys below the identity service's URL. */
export const certsPath = "/oauth2/v3/certs";

const accessTokenType = "at+jwt";
const accessTokenPrefix = "ya29.";

/** The identity service's own signing key. */
export interface Signer {
  /** The key set that verifiers read. */
  readonly publicKeys: { readonly keys: readonly JWK[] };
  signAccessToken(grant: AccessGrant): Promise<string>;
  signIdentityToken(claims: JWTPayload, lifetimeSeconds: number): Promise<string>;
}

/** What an access token stands for. */
export interface AccessGrant {
  readonly principal: Principal;
  readonly scopes: readonly string[];
  readonly lifetimeSeconds: number;
}

/** Opens the signing key kept in `stateDirectory`, made there the first time. */
export async function openSigner(stateDirectory: string): Promise<Signer> {
  const { keyId, privateKey, publicJwk } = await openKey(join(stateDirectory, "signing-key.json"));

  function sign(claims: JWTPayload, lifetimeSeconds: number, type: string): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: keyId, typ: type })
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(privateKey);
  }

  return {
    publicKeys: { keys: [publicJwk] },
    signAccessToken: async ({ principal, scopes, lifetimeSeconds }) =>
      accessTokenPrefix +
      (await sign(
        {
          jti: randomUUID(),
          sub: principal.member,
          email: principal.email,
          sets: [...principal.sets],
          scope: scopes.join(" "),
        },
        lifetimeSeconds,
        accessTokenType,
      )),
    signIdentityToken: (claims, lifetimeSeconds) => sign(claims, lifetimeSeconds, "JWT"),
  };
}

async function openKey(
  file: string,
): Promise<{ keyId: string; privateKey: CryptoKey; publicJwk: JWK }> {
  const kept = readJsonFile(file) as JWK | undefined;
  const privateJwk = kept ?? (await createPrivateJwk());
  if (kept === undefined) writeJsonFile(file, privateJwk);
  const { kty, n, e, kid } = privateJwk;
  if (kid === undefined || kty === undefined || n === undefined || e === undefined) {
    throw new Error(`${file} holds no RSA key. Delete it to have a new one made.`);
  }
  const privateKey = await importJWK(privateJwk, "RS256");
  if (privateKey instanceof Uint8Array) throw new Error(`${file} holds a symmetric key.`);
  return { keyId: kid, privateKey, publicJwk: { kty, n, e, kid, alg: "RS256", use: "sig" } };
}

async function createPrivateJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID() };
}

/** A token that was checked, or why it is refused. */
export type Verified<Value> =
  | { readonly kind: "valid"; readonly value: Value }
  | { readonly kind: "refused"; readonly why: "expired" | "malformed" };

/** Checks tokens that the identity service issued; needs nothing but its address. */
export interface TokenVerifier {
  verifyAccessToken(
    token: string,
  ): Promise<Verified<{ readonly principal: Principal; readonly scopes: readonly string[] }>>;
  verifyIdentityToken(token: string): Promise<Verified<JWTPayload>>;
}

/** A verifier over the public keys of the identity service at `identityUrl`. */
export function createTokenVerifier(identityUrl: string): TokenVerifier {
  const keys = createRemoteJWKSet(new URL(identityUrl + certsPath));

  async function verify(token: string, type: string): Promise<Verified<JWTPayload>> {
    try {
      const { payload } = await jwtVerify(token, keys, { algorithms: ["RS256"], typ: type });
      return { kind: "valid", value: payload };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { kind: "refused", why: "expired" };
      if (error instanceof errors.JOSEError) return { kind: "refused", why: "malformed" };
      throw error;
    }
  }

  return {
    verifyAccessToken: async (token) => {
      if (!token.startsWith(accessTokenPrefix)) return { kind: "refused", why: "malformed" };
      const verified = await verify(token.slice(accessTokenPrefix.length), accessTokenType);
      if (verified.kind === "refused") return verified;
      const { sub, email, sets, scope } = verified.value;
      if (typeof sub !== "string" || typeof email !== "string") {
        return { kind: "refused", why: "malformed" };
      }
      const principal = {
        member: sub,
        email,
        sets: Array.isArray(sets) ? sets.filter((set) => typeof set === "string") : [],
      };
      const scopes = typeof scope === "string" ? scope.split(" ") : [];
      return { kind: "valid", value: { principal, scopes } };
    },
    verifyIdentityToken: (token) => verify(token, "JWT"),
  };
}
