import { notImplemented } from "../google-identity/api-error.ts";
import {
  checkQuery,
  json,
  readJsonObject,
  type ApiReply,
  type ApiRequest,
  type ApiRoute,
} from "../google-identity/api-server.ts";
import { selectFields } from "../google-identity/partial-response.ts";
import { listPage, listParameters, parseListOptions } from "./listing.ts";
import { openDownload } from "./object-download.ts";
import { applySettings } from "./object-settings.ts";
import { checkPreconditions, parsePreconditions, preconditionNames } from "./preconditions.ts";
import { renderObject, type ObjectRecord, type ObjectSettings } from "./records.ts";
import { checkMayGo, checkRetentionChange } from "./retention.ts";
import {
  openBucket,
  requireObject,
  requirePermission,
  type OpenBucket,
  type StorageContext,
} from "./storage-context.ts";
import { checkProjection } from "./upload-settings.ts";

const objectPath = "/storage/v1/b/:bucket/o/:object";
const objectParameters = ["generation", "projection", ...preconditionNames];

/** Objects: read, list, change, delete. */
export function objectRoutes(context: StorageContext): readonly ApiRoute[] {
  const { store } = context;

  const open = (request: ApiRequest, permission: string): Promise<OpenBucket> =>
    openBucket(context, request.incoming, { name: request.parameters["bucket"], permission });

  const find = ({ parameters, query }: ApiRequest, bucket: OpenBucket): ObjectRecord =>
    requireObject(context, bucket, {
      name: parameters["object"] ?? "",
      generation: query.get("generation"),
    });

  async function get(request: ApiRequest): Promise<ApiReply> {
    const { query, incoming } = request;
    checkQuery(query, objectParameters);
    checkProjection(query);
    const opened = await open(request, "storage.objects.get");
    const object = find(request, opened);
    checkPreconditions(parsePreconditions(query), object, true);
    if (query.get("alt") === "media") return openDownload(context, object, incoming);
    return render(opened, object, query);
  }

  async function download(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, objectParameters);
    const opened = await open(request, "storage.objects.get");
    const object = find(request, opened);
    checkPreconditions(parsePreconditions(request.query), object, true);
    return openDownload(context, object, request.incoming);
  }

  async function list(request: ApiRequest): Promise<ApiReply> {
    const { query } = request;
    if (query.get("versions") === "true" || query.get("softDeleted") === "true") {
      throw notImplemented("Listing noncurrent or soft-deleted versions");
    }
    checkQuery(query, [...listParameters, "versions", "softDeleted"]);
    checkProjection(query);
    const { bucket } = await open(request, "storage.objects.list");
    const page = listPage(store.objects(bucket.name), parseListOptions(query));
    const body = {
      kind: "storage#objects",
      ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
      ...(page.prefixes.length === 0 ? {} : { prefixes: page.prefixes }),
      ...(page.objects.length === 0
        ? {}
        : { items: page.objects.map((object) => renderObject(object, bucket, context.url())) }),
    };
    return json(selectFields(body, query.get("fields")));
  }

  /** PATCH changes what it names; PUT replaces all that can be written. */
  function change(startFrom: (before: ObjectSettings) => ObjectSettings) {
    return async (request: ApiRequest): Promise<ApiReply> => {
      const { query, incoming } = request;
      checkQuery(query, [...objectParameters, "overrideUnlockedRetention"]);
      checkProjection(query);
      const opened = await open(request, "storage.objects.update");
      const body = await readJsonObject(incoming);
      const before = find(request, opened);
      checkPreconditions(parsePreconditions(query), before);
      const settings = applySettings(startFrom(before.settings), body);
      const { bucket, caller } = opened;
      if (JSON.stringify(settings.retention) !== JSON.stringify(before.settings.retention)) {
        requirePermission(caller, "storage.objects.setRetention", bucket);
      }
      const override =
        query.get("overrideUnlockedRetention") === "true" &&
        caller.may("storage.objects.overrideUnlockedRetention", bucket.bindings);
      const now = new Date();
      checkRetentionChange(bucket, { before: before.settings, after: settings, now }, override);
      const isLifted = before.settings.eventBasedHold === true && settings.eventBasedHold !== true;
      const after: ObjectRecord = {
        ...before,
        settings,
        metageneration: before.metageneration + 1,
        updated: now.toISOString(),
        ...(isLifted ? { holdLifted: now.toISOString() } : {}),
      };
      store.saveObject(after);
      return render(opened, after, query);
    };
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, ["generation", ...preconditionNames]);
    const opened = await open(request, "storage.objects.delete");
    const object = find(request, opened);
    checkPreconditions(parsePreconditions(request.query), object);
    checkMayGo(opened.bucket, object, new Date());
    store.removeObject(object);
    return { kind: "bytes", status: 204, headers: {}, body: "" };
  }

  const render = ({ bucket }: OpenBucket, object: ObjectRecord, query: URLSearchParams): ApiReply =>
    json(selectFields(renderObject(object, bucket, context.url()), query.get("fields")));

  return [
    { method: "GET", path: objectPath, handle: get },
    { method: "GET", path: `/download${objectPath}`, handle: download },
    { method: "GET", path: "/storage/v1/b/:bucket/o{/}?", handle: list },
    { method: "PATCH", path: objectPath, handle: change((before) => before) },
    { method: "PUT", path: objectPath, handle: change(keepRetention) },
    { method: "DELETE", path: objectPath, handle: remove },
  ];
}

function keepRetention({ retention }: ObjectSettings): ObjectSettings {
  return retention === undefined ? {} : { retention };
}
