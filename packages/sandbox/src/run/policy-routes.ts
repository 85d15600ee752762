import { ApiError, notImplemented } from "../google-identity/api-error.ts";
import { checkQuery, json, readJsonObject, type ApiRoute } from "../google-identity/api-server.ts";
import { parseBindings, policyEtag, type Binding } from "../google-identity/iam-policy.ts";
import { nameOf, openService, servicePath, type RunContext } from "./run-context.ts";

/** A service's IAM policy: who may invoke it. */
export function policyRoutes(context: RunContext): readonly ApiRoute[] {
  const { store } = context;
  return [
    {
      method: "GET",
      path: `${servicePath}\\:getIamPolicy`,
      handle: async (request) => {
        checkQuery(request.query, ["options.requestedPolicyVersion"]);
        const { service } = await openService(context, request, "run.services.getIamPolicy");
        return json(renderPolicy(service.bindings));
      },
    },
    {
      method: "POST",
      path: `${servicePath}\\:setIamPolicy`,
      handle: async (request) => {
        checkQuery(request.query, []);
        const { name, service } = await openService(context, request, "run.services.setIamPolicy");
        const { policy, updateMask } = await readJsonObject(request.incoming);
        if (updateMask !== undefined) throw notImplemented("setIamPolicy's updateMask");
        const {
          bindings,
          etag,
          version: _version,
          ...rest
        } = (policy ?? {}) as Record<string, unknown>;
        const unknown = Object.keys(rest)[0];
        if (unknown !== undefined) throw notImplemented(`policy.${unknown}`);
        if (typeof etag === "string" && etag !== "" && !isCurrent(etag, service.bindings)) {
          throw new ApiError(
            "ABORTED",
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
          );
        }
        const after = parseBindings(bindings);
        store.updateService(name, () => ({ bindings: after }));
        return json(renderPolicy(after));
      },
    },
    {
      method: "POST",
      path: `${servicePath}\\:testIamPermissions`,
      handle: async (request) => {
        checkQuery(request.query, []);
        const caller = await context.authenticate(request.incoming);
        const bindings = store.service(nameOf(request))?.bindings ?? [];
        const { permissions } = await readJsonObject(request.incoming);
        const asked: readonly unknown[] = Array.isArray(permissions) ? permissions : [];
        const granted = asked.filter(
          (permission) => typeof permission === "string" && caller.may(permission, bindings),
        );
        return json(granted.length === 0 ? {} : { permissions: granted });
      },
    },
  ];
}

function renderPolicy(bindings: readonly Binding[]): unknown {
  return {
    version: 1,
    etag: policyEtag(bindings),
    ...(bindings.length === 0 ? {} : { bindings }),
  };
}

// Bytes may come in either base64 alphabet.
function isCurrent(etag: string, bindings: readonly Binding[]): boolean {
  return Buffer.from(etag, "base64").equals(Buffer.from(policyEtag(bindings), "base64"));
}
