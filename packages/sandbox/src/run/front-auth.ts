import type { IncomingMessage } from "node:http";
import { isGranted, type Binding } from "../google-identity/iam-policy.ts";
import { serviceAccountPrincipal } from "../google-identity/principal.ts";
import { createTokenVerifier } from "../google-identity/tokens.ts";
import type { ServiceRecord } from "./model.ts";

/** Whether a request may reach a service's container. */
export type InvokerVerdict =
  | { readonly kind: "allowed" }
  | { readonly kind: "refused"; readonly status: 401 | 403; readonly header?: string };

/** Checks who calls a service. */
export type AuthenticateInvoker = (
  service: ServiceRecord,
  request: IncomingMessage,
) => Promise<InvokerVerdict>;

const permission = "run.routes.invoke";
const unverified: InvokerVerdict = {
  kind: "refused",
  status: 401,
  header: 'Bearer error="invalid_token" error_description="The access token could not be verified"',
};

/**
 * The front's check of callers: open to all with `allUsers`, else an identity token for the
 * service's URL (or a custom audience) of somebody who is an invoker.
 *
 * @param identityUrl without it no token can be verified and only open services answer
 */
export function createInvokerAuthentication(
  identityUrl: string | undefined,
  options: {
    readonly projectPolicy: readonly Binding[];
    readonly serviceUrl: (service: ServiceRecord) => string;
  },
): AuthenticateInvoker {
  const verifier = identityUrl === undefined ? undefined : createTokenVerifier(identityUrl);

  return async (service, request) => {
    const { spec, bindings } = service;
    if (spec.invokerIamDisabled === true || isGranted(bindings, undefined, permission)) {
      return { kind: "allowed" };
    }
    const header =
      request.headers["x-serverless-authorization"] ?? request.headers.authorization ?? "";
    const token = /^Bearer\s+(\S+)$/i.exec(String(header))?.[1];
    if (token === undefined) return { kind: "refused", status: 403 };
    const verified = await verifier?.verifyIdentityToken(token);
    if (verified?.kind !== "valid") return unverified;
    const { aud, email } = verified.value;
    const audiences = [options.serviceUrl(service), ...(spec.customAudiences ?? [])];
    if (typeof aud !== "string" || !audiences.includes(aud.replace(/\/$/, ""))) return unverified;
    const principal = serviceAccountPrincipal(typeof email === "string" ? email : "");
    const granted = isGranted([...options.projectPolicy, ...bindings], principal, permission);
    return granted ? { kind: "allowed" } : { kind: "refused", status: 403 };
  };
}
