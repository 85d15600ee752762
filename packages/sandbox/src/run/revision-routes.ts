import { ApiError, notImplemented } from "../google-identity/api-error.ts";
import {
  checkQuery,
  type ApiReply,
  type ApiRequest,
  type ApiRoute,
} from "../google-identity/api-server.ts";
import type { RevisionRecord, ServiceRecord } from "./model.ts";
import { asAny, renderOperation } from "./operations.ts";
import { renderRevision, serviceEtag } from "./render-service.ts";
import {
  openService,
  pageOfList,
  readFlag,
  replyMessage,
  servicePath,
  type RunContext,
} from "./run-context.ts";

/** Cloud Run revisions: get, list, delete. */
export function revisionRoutes(context: RunContext): readonly ApiRoute[] {
  const { store, operations, addresses } = context;
  const path = `${servicePath}/revisions/:revision`;

  async function get(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, []);
    const { service } = await openService(context, request, "run.revisions.get");
    const revision = findRevision(service, request);
    return replyMessage(request, "Revision", renderRevision(service, revision, addresses));
  }

  async function list(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, ["pageSize", "pageToken", "showDeleted"]);
    if (readFlag(request.query, "showDeleted")) throw notImplemented("showDeleted");
    const { service } = await openService(context, request, "run.revisions.list");
    const newestFirst = service.revisions.toReversed();
    const { items, nextPageToken } = pageOfList(newestFirst, request.query);
    return replyMessage(request, "ListRevisionsResponse", {
      ...(items.length === 0
        ? {}
        : { revisions: items.map((each) => renderRevision(service, each, addresses)) }),
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    const { query } = request;
    checkQuery(query, ["validateOnly", "etag"]);
    const { name, service } = await openService(context, request, "run.revisions.delete");
    const revision = findRevision(service, request);
    const etag = query.get("etag");
    if (etag !== null && etag !== serviceEtag(service)) {
      throw new ApiError(
        "ABORTED",
        `Conflict for resource '${revision.name}': the etag is not current.`,
      );
    }
    const isRouted = service.routes.some((route) => route.revision === revision.name);
    if (isRouted || service.latestReady === revision.name) {
      throw new ApiError(
        "FAILED_PRECONDITION",
        `Revision '${revision.name}' is ${isRouted ? "actively referenced by the service's traffic" : "the latest ready revision"} and cannot be deleted.`,
      );
    }
    const rendered = asAny("Revision", renderRevision(service, revision, addresses));
    if (!readFlag(query, "validateOnly")) {
      store.updateService(name, ({ revisions }) => ({
        revisions: revisions.filter((each) => each.name !== revision.name),
      }));
    }
    const operation = operations.immediate(service, rendered);
    if (!readFlag(query, "validateOnly")) store.saveOperation(operation);
    return replyMessage(request, "google.longrunning.Operation", renderOperation(operation));
  }

  return [
    { method: "GET", path, handle: get },
    { method: "GET", path: `${servicePath}/revisions`, handle: list },
    { method: "DELETE", path, handle: remove },
  ];
}

function findRevision(service: ServiceRecord, { parameters }: ApiRequest): RevisionRecord {
  const wanted = parameters["revision"] ?? "";
  const revision = service.revisions.find(({ name }) => name === wanted);
  if (revision !== undefined) return revision;
  throw new ApiError(
    "NOT_FOUND",
    `Resource '${wanted}' of kind 'REVISION' in region '${service.location}' in project '${service.project}' does not exist.`,
  );
}
