import type { Authenticate, Caller } from "../google-identity/access-control.ts";
import { ApiError } from "../google-identity/api-error.ts";
import type { ApiReply, ApiRequest } from "../google-identity/api-server.ts";
import { json } from "../google-identity/api-server.ts";
import { selectFields } from "../google-identity/partial-response.ts";
import { requirePermission } from "./access.ts";
import type { Fronts } from "./front.ts";
import type { ServiceRecord } from "./model.ts";
import type { Operations } from "./operations.ts";
import { encodeEnumsAsNumbers, type JsonObject } from "./proto-json.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Addresses } from "./render-service.ts";
import type { RunStore } from "./run-store.ts";

/** What the Cloud Run routes work on. */
export interface RunContext {
  readonly store: RunStore;
  readonly operations: Operations;
  readonly reconciler: Reconciler;
  readonly fronts: Fronts;
  readonly addresses: Addresses;
  readonly authenticate: Authenticate;
  readonly defaultServiceAccount: string;
}

/** Path of a location's resources. */
export const locationPath = "/v2/projects/:project/locations/:location";
/** Path of one service; a custom verb may follow. */
export const servicePath = `${locationPath}/services/:service`;

/** A service and who asks about it. */
export interface OpenService {
  readonly name: string;
  readonly service: ServiceRecord;
  readonly caller: Caller;
}

/** Full name of the service that a request's path names. */
export function nameOf({ parameters }: ApiRequest): string {
  const { project, location, service } = parameters;
  return `projects/${project}/locations/${location}/services/${service}`;
}

/**
 * The service a request is about, once its caller is known to have the permission.
 *
 * @throws ApiError 401, 403 or 404
 */
export async function openService(
  context: RunContext,
  request: ApiRequest,
  permission: string,
): Promise<OpenService> {
  const name = nameOf(request);
  const caller = await context.authenticate(request.incoming);
  const service = context.store.service(name);
  requirePermission(caller, permission, `//run.googleapis.com/${name}`, service?.bindings ?? []);
  if (service === undefined) {
    throw new ApiError(
      "NOT_FOUND",
      `Resource '${request.parameters["service"]}' of kind 'SERVICE' in region '${request.parameters["location"]}' in project '${request.parameters["project"]}' does not exist.`,
    );
  }
  return { name, service, caller };
}

/** A message as the caller wants it: its enums as numbers, its fields selected. */
export function replyMessage(
  { query }: ApiRequest,
  typeName: string,
  message: JsonObject,
): ApiReply {
  const wantsNumbers = (query.get("$alt") ?? query.get("alt"))?.includes("enum-encoding=int");
  const body = wantsNumbers === true ? encodeEnumsAsNumbers(typeName, message) : message;
  return json(selectFields(body, query.get("fields") ?? query.get("$fields")));
}

/** Reads a boolean query parameter. */
export function readFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === "false") return false;
  if (value === "true") return true;
  throw new ApiError("INVALID_ARGUMENT", `Invalid value at '${name}' (TYPE_BOOL), "${value}"`);
}

/** One page of a list, with the token of the next. */
export function pageOfList<Item>(
  items: readonly Item[],
  query: URLSearchParams,
): { readonly items: readonly Item[]; readonly nextPageToken?: string } {
  const size = Number(query.get("pageSize") ?? 0) || 100;
  const token = query.get("pageToken") ?? "";
  const start = token === "" ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(start) || start < 0 || size < 0) {
    throw new ApiError("INVALID_ARGUMENT", "Request contains an invalid argument: page_token.");
  }
  const end = start + size;
  const page = items.slice(start, end);
  if (end >= items.length) return { items: page };
  return { items: page, nextPageToken: Buffer.from(String(end)).toString("base64url") };
}
