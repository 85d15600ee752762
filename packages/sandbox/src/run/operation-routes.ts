import { ApiError } from "../google-identity/api-error.ts";
import {
  checkQuery,
  readJsonObject,
  type ApiReply,
  type ApiRequest,
  type ApiRoute,
} from "../google-identity/api-server.ts";
import { requirePermission } from "./access.ts";
import type { OperationRecord } from "./model.ts";
import { renderOperation } from "./operations.ts";
import { locationPath, pageOfList, replyMessage, type RunContext } from "./run-context.ts";

const maxWaitMs = 120_000;

/** Long-running operations: get, wait, list. */
export function operationRoutes(context: RunContext): readonly ApiRoute[] {
  const { store, operations } = context;
  const path = `${locationPath}/operations/:operation`;

  async function find(request: ApiRequest): Promise<OperationRecord> {
    const { project, location, operation } = request.parameters;
    const name = `projects/${project}/locations/${location}/operations/${operation}`;
    const caller = await context.authenticate(request.incoming);
    requirePermission(caller, "run.operations.get", name);
    const found = store.operation(name);
    if (found === undefined) {
      throw new ApiError("NOT_FOUND", `Operation with name "${name}" not found.`);
    }
    return found;
  }

  const reply = (request: ApiRequest, operation: OperationRecord): ApiReply =>
    replyMessage(request, "google.longrunning.Operation", renderOperation(operation));

  async function wait(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, ["timeout"]);
    const operation = await find(request);
    const { timeout = request.query.get("timeout") } = await readJsonObject(request.incoming);
    const seconds = typeof timeout === "string" ? Number.parseFloat(timeout) : Number.NaN;
    const asked = Number.isNaN(seconds) ? maxWaitMs : seconds * 1000;
    await operations.wait(operation.name, Math.min(asked, maxWaitMs));
    return reply(request, store.operation(operation.name) ?? operation);
  }

  async function list(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, ["pageSize", "pageToken"]);
    const { project, location } = request.parameters;
    const parent = `projects/${project}/locations/${location}`;
    requirePermission(await context.authenticate(request.incoming), "run.operations.list", parent);
    const found = store.operations().filter(({ name }) => name.startsWith(`${parent}/operations/`));
    const { items, nextPageToken } = pageOfList(found.toReversed(), request.query);
    return replyMessage(request, "google.longrunning.ListOperationsResponse", {
      ...(items.length === 0 ? {} : { operations: items.map(renderOperation) }),
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
  }

  return [
    { method: "POST", path: `${path}\\:wait`, handle: wait },
    {
      method: "GET",
      path,
      handle: async (request) => {
        checkQuery(request.query, []);
        return reply(request, await find(request));
      },
    },
    { method: "GET", path: `${locationPath}/operations`, handle: list },
  ];
}
