import type { Caller } from "../google-identity/access-control.ts";
import { ApiError, notImplemented } from "../google-identity/api-error.ts";
import {
  checkQuery,
  readJsonObject,
  type ApiReply,
  type ApiRequest,
  type ApiRoute,
} from "../google-identity/api-server.ts";
import { requirePermission } from "./access.ts";
import type { ServiceRecord, ServiceSpec } from "./model.ts";
import { serviceName } from "./model.ts";
import { asAny, renderOperation } from "./operations.ts";
import { readMessage, type JsonObject } from "./proto-json.ts";
import { renderService, serviceEtag } from "./render-service.ts";
import {
  locationPath,
  nameOf,
  openService,
  pageOfList,
  readFlag,
  replyMessage,
  servicePath,
  type RunContext,
} from "./run-context.ts";
import {
  changeService,
  mergeSpec,
  newService,
  specOf,
  withTemplateDefaults,
} from "./service-changes.ts";
import { checkSupported } from "./supported-fields.ts";
import { checkService, checkServiceId } from "./validate-service.ts";

const operationType = "google.longrunning.Operation";

/** Cloud Run services: create, get, list, update, delete. */
export function serviceRoutes(context: RunContext): readonly ApiRoute[] {
  const { store, operations, reconciler, addresses } = context;

  async function create(request: ApiRequest): Promise<ApiReply> {
    const { query, incoming, parameters } = request;
    checkQuery(query, ["serviceId", "validateOnly"]);
    const id = query.get("serviceId") ?? "";
    const target = { ...request, parameters: { ...parameters, service: id } };
    const caller = await requireCreate(target);
    checkServiceId(id);
    const message = await readService(incoming);
    if (store.service(nameOf(target)) !== undefined) {
      throw new ApiError("ALREADY_EXISTS", `Resource '${id}' already exists.`);
    }
    return make(target, caller, {
      spec: specOf(message),
      request: "CreateServiceRequest",
    });
  }

  async function make(
    request: ApiRequest,
    caller: Caller,
    wanted: { readonly spec: ServiceSpec; readonly request: string },
  ): Promise<ApiReply> {
    const { project = "", location = "", service: id = "" } = request.parameters;
    const spec = complete(id, wanted.spec, wanted.request);
    requireActAs(caller, spec);
    const service = newService({ project, location, id }, spec, callerName(caller));
    if (readFlag(request.query, "validateOnly")) return replyValidated(request, service);
    store.saveService(service);
    const port = await context.fronts.open(serviceName(service), undefined, undefined);
    return replyStarted(
      request,
      store.updateService(serviceName(service), () => ({ port })),
    );
  }

  async function update(request: ApiRequest): Promise<ApiReply> {
    const { query, incoming, parameters } = request;
    checkQuery(query, ["updateMask", "validateOnly", "allowMissing"]);
    const message = await readService(incoming);
    checkName(message, nameOf(request));
    const mask = query.get("updateMask");
    if (store.service(nameOf(request)) === undefined && readFlag(query, "allowMissing")) {
      checkServiceId(parameters["service"] ?? "");
      const caller = await requireCreate(request);
      return make(request, caller, { spec: specOf(message), request: "UpdateServiceRequest" });
    }
    const { service: before, caller } = await openService(context, request, "run.services.update");
    checkEtag(before, message["etag"]);
    const spec = complete(before.id, mergeSpec(before.spec, message, mask), "UpdateServiceRequest");
    if (JSON.stringify(spec.template) !== JSON.stringify(before.spec.template)) {
      requireActAs(caller, spec);
    }
    const after = changeService(before, spec, callerName(caller));
    if (readFlag(query, "validateOnly")) return replyValidated(request, after);
    store.saveService(after);
    return replyStarted(request, after);
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    const { query } = request;
    checkQuery(query, ["validateOnly", "etag"]);
    const { name, service } = await openService(context, request, "run.services.delete");
    checkEtag(service, query.get("etag") ?? undefined);
    if (readFlag(query, "validateOnly")) return replyValidated(request, service);
    const gone = asAny("Service", {
      ...renderService(service, addresses),
      deleteTime: new Date().toISOString(),
    });
    const operation = operations.begin(service, gone);
    store.removeService(name);
    void reconciler
      .retire(service)
      .then(() => operations.finish(operation.name, { response: gone }, gone));
    return replyMessage(request, operationType, renderOperation(operation));
  }

  async function get(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, []);
    const { service } = await openService(context, request, "run.services.get");
    return replyMessage(request, "Service", renderService(service, addresses));
  }

  async function list(request: ApiRequest): Promise<ApiReply> {
    const { query, incoming, parameters } = request;
    checkQuery(query, ["pageSize", "pageToken", "showDeleted"]);
    if (readFlag(query, "showDeleted")) throw notImplemented("showDeleted");
    const { project = "", location = "" } = parameters;
    const parent = `projects/${project}/locations/${location}`;
    requirePermission(await context.authenticate(incoming), "run.services.list", parent);
    const found = store
      .services()
      .filter((service) => service.project === project && service.location === location)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const { items, nextPageToken } = pageOfList(found, query);
    return replyMessage(request, "ListServicesResponse", {
      ...(items.length === 0
        ? {}
        : { services: items.map((service) => renderService(service, addresses)) }),
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
  }

  async function requireCreate(request: ApiRequest): Promise<Caller> {
    const caller = await context.authenticate(request.incoming);
    const resource = `//run.googleapis.com/${nameOf(request)}`;
    requirePermission(caller, "run.services.create", resource);
    return caller;
  }

  function complete(id: string, spec: ServiceSpec, request: string): ServiceSpec {
    if (spec.template === undefined) {
      throw new ApiError("INVALID_ARGUMENT", `Violation in ${request}.service.template: required.`);
    }
    checkService(id, spec, request);
    const template = withTemplateDefaults(spec.template, context.defaultServiceAccount);
    return { ...spec, template };
  }

  function requireActAs(caller: Caller, { template }: ServiceSpec): void {
    const account = template.serviceAccount ?? context.defaultServiceAccount;
    if (caller.may("iam.serviceAccounts.actAs")) return;
    throw new ApiError(
      "PERMISSION_DENIED",
      `Permission 'iam.serviceaccounts.actAs' denied on service account ${account} (or it may not exist).`,
    );
  }

  function replyStarted(request: ApiRequest, service: ServiceRecord | undefined): ApiReply {
    if (service === undefined) throw new ApiError("ABORTED", "The service was deleted meanwhile.");
    const operation = operations.begin(
      service,
      asAny("Service", renderService(service, addresses)),
    );
    reconciler.enqueue(serviceName(service), operation.name);
    return replyMessage(request, operationType, renderOperation(operation));
  }

  function replyValidated(request: ApiRequest, service: ServiceRecord): ApiReply {
    const rendered = asAny("Service", renderService(service, addresses));
    const operation = operations.immediate(service, rendered);
    return replyMessage(request, operationType, renderOperation(operation));
  }

  return [
    { method: "POST", path: `${locationPath}/services`, handle: create },
    { method: "GET", path: `${locationPath}/services`, handle: list },
    { method: "GET", path: servicePath, handle: get },
    { method: "PATCH", path: servicePath, handle: update },
    { method: "DELETE", path: servicePath, handle: remove },
  ];
}

async function readService(incoming: ApiRequest["incoming"]): Promise<JsonObject> {
  const message = readMessage("Service", await readJsonObject(incoming), "service");
  checkSupported(message);
  return message;
}

function checkName(message: JsonObject, expected: string): void {
  const { name } = message;
  if (name === undefined || name === expected) return;
  throw new ApiError(
    "INVALID_ARGUMENT",
    `The name in the request body, ${JSON.stringify(name)}, is not that of the URL, ${expected}.`,
  );
}

function checkEtag(service: ServiceRecord, etag: unknown): void {
  if (etag === undefined || etag === serviceEtag(service)) return;
  throw new ApiError(
    "ABORTED",
    `Conflict for resource '${service.id}': version '${JSON.stringify(etag)}' was specified but current version is '${serviceEtag(service)}'.`,
  );
}

function callerName({ principal }: Caller): string {
  return principal?.email ?? "anonymous";
}
