import { rm } from "node:fs/promises";
import {
  checkQuery,
  json,
  parseJsonObject,
  type ApiReply,
  type ApiRequest,
  type ApiRoute,
} from "../google-identity/api-server.ts";
import { selectFields } from "../google-identity/partial-response.ts";
import { checkObjectName, commitObject } from "./commit-object.ts";
import { appendStream, startDigest } from "./content-writer.ts";
import { splitRelated } from "./multipart.ts";
import { parseHashHeader, parseObjectDraft, type ObjectDraft } from "./object-settings.ts";
import { parsePreconditions, preconditionNames } from "./preconditions.ts";
import { renderObject } from "./records.ts";
import { createResumableUploads } from "./resumable-uploads.ts";
import {
  openBucket,
  requirePermission,
  type OpenBucket,
  type StorageContext,
} from "./storage-context.ts";
import { invalid } from "./storage-errors.ts";
import { checkProjection, withHeaders } from "./upload-settings.ts";

const insertParameters = [
  "uploadType",
  "name",
  "contentEncoding",
  "projection",
  ...preconditionNames,
];

/** The upload endpoints: simple, multipart and resumable. */
export function uploadRoutes(context: StorageContext, stateDirectory: string): readonly ApiRoute[] {
  const resumable = createResumableUploads(context, stateDirectory);
  const path = "{/resumable}?/upload/storage/v1/b/:bucket/o";

  async function insert(request: ApiRequest): Promise<ApiReply> {
    const { query, incoming, parameters } = request;
    const uploadType = query.get("uploadType");
    checkQuery(query, insertParameters);
    checkProjection(query);
    const wanted = { name: parameters["bucket"], permission: "storage.objects.create" };
    const open = await openBucket(context, incoming, wanted);
    switch (uploadType ?? "") {
      case "media":
        return receive(request, open, {
          draft: { settings: {}, declared: {} },
          content: incoming,
          contentType: incoming.headers["content-type"],
        });
      case "multipart": {
        const parts = await splitRelated(incoming.headers["content-type"] ?? "", incoming);
        const draft = parseObjectDraft(parseJsonObject(parts.metadata));
        return receive(request, open, { ...parts, draft });
      }
      case "resumable":
        return resumable.start(request, open);
      default:
        throw invalid(`Invalid upload type: ${uploadType ?? "none"}.`, { reason: "badRequest" });
    }
  }

  async function receive(
    { query, incoming }: ApiRequest,
    { bucket, caller }: OpenBucket,
    upload: {
      readonly draft: ObjectDraft;
      readonly content: AsyncIterable<Uint8Array>;
      readonly contentType?: string | undefined;
    },
  ): Promise<ApiReply> {
    const file = context.store.incomingPath();
    const running = startDigest();
    try {
      const outcome = await appendStream(file, upload.content, { digest: running });
      if (outcome.kind === "broken") throw invalid("The upload broke off.");
      const object = commitObject(context, {
        bucket: bucket.name,
        name: checkObjectName(query.get("name") ?? upload.draft.name),
        settings: withHeaders(upload.draft, query, upload.contentType),
        preconditions: parsePreconditions(query),
        path: file,
        digest: running.digest(),
        declared: { ...upload.draft.declared, ...parseHashHeader(incoming.headers["x-goog-hash"]) },
        checkMayOverwrite: (live) => requirePermission(caller, "storage.objects.delete", live),
      });
      return json(selectFields(renderObject(object, bucket, context.url()), query.get("fields")));
    } finally {
      await rm(file, { force: true });
    }
  }

  return [
    {
      method: "POST",
      path,
      handle: (request) =>
        request.query.has("upload_id") ? resumable.append(request) : insert(request),
    },
    { method: "PUT", path, handle: resumable.append },
    { method: "DELETE", path, handle: resumable.cancel },
  ];
}
