import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** An OIDC issuer such as GitHub's, for tests. */
export interface TestIssuer {
  readonly url: string;
  sign(claims: Record<string, string>, audience: string): Promise<string>;
  /** Signed by a key that the issuer does not publish. */
  forge(claims: Record<string, string>, audience: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts an issuer whose `/token?audience=` gives out a token, for who brings the request token. */
export async function startTestIssuer(claims: Record<string, string>): Promise<TestIssuer> {
  const keys = await generateKeyPair("RS256");
  const others = await generateKeyPair("RS256");
  const publicJwk = { ...(await exportJWK(keys.publicKey)), kid: "1", alg: "RS256", use: "sig" };
  let url = "";
  const signWith = (key: typeof keys) => (extra: Record<string, string>, audience: string) =>
    new SignJWT({ ...claims, ...extra })
      .setProtectedHeader({ alg: "RS256", kid: "1" })
      .setIssuer(url)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(key.privateKey);
  const sign = signWith(keys);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const answer = (body: unknown): void => void response.end(JSON.stringify(body));
    if (pathname === "/.well-known/openid-configuration") {
      return answer({ issuer: url, jwks_uri: `${url}/jwks` });
    }
    if (pathname === "/jwks") return answer({ keys: [publicJwk] });
    if (request.headers.authorization !== "Bearer request-token") {
      response.statusCode = 401;
      return answer({});
    }
    void sign({}, searchParams.get("audience") ?? "").then((value) => answer({ value }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    sign,
    forge: signWith(others),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
