import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "./store.ts";

/** The service's RSA key, kept in its state so that tokens survive a restart. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Signs addresses of blobs. */
  signUrl(text: string): string;
}

/** Reads the key of a state folder, or makes one. */
export function openSigningKey(directory: string): SigningKey {
  const path = join(directory, "signing-key.pem");
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileAtomically(path, privateKey.export({ type: "pkcs8", format: "pem" }));
  }
  const pem = readFileSync(path, "utf8");
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const keyId = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 32);
  return {
    keyId,
    privateKey,
    publicKey,
    signUrl: (text) => createHmac("sha256", pem).update(text).digest("base64url"),
  };
}

function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A JSON Web Token signed with RS256. */
export function signJwt(key: SigningKey, claims: Readonly<Record<string, unknown>>): string {
  const header = { typ: "JWT", alg: "RS256", x5t: key.keyId, kid: key.keyId };
  const signed = `${encodePart(header)}.${encodePart(claims)}`;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

/** The claims of a token that this key signed and that has not expired, else `undefined`. */
export function verifyJwt(
  key: SigningKey,
  token: string,
): Readonly<Record<string, unknown>> | undefined {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify("RSA-SHA256", signed, key.publicKey, Buffer.from(signature, "base64url"))) {
    return undefined;
  }
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<
    string,
    unknown
  >;
  const isCurrent = typeof claims["exp"] === "number" && claims["exp"] * 1000 > Date.now();
  return isCurrent ? claims : undefined;
}

/** Compares two signatures without telling by time where they differ. */
export function equalSignatures(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
