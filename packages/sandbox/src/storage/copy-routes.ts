import { constants } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { createReadStream } from "node:fs";
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
import { checkObjectName, commitObject } from "./commit-object.ts";
import { appendStream, startDigest } from "./content-writer.ts";
import { parseObjectDraft, type ObjectDraft } from "./object-settings.ts";
import {
  checkPreconditions,
  parsePreconditions,
  preconditionNames,
  sourcePreconditionNames,
} from "./preconditions.ts";
import { renderObject, type ObjectRecord, type ObjectSettings } from "./records.ts";
import {
  openBucket,
  requireBucket,
  requireObject,
  requirePermission,
  type OpenBucket,
  type StorageContext,
} from "./storage-context.ts";
import { invalid } from "./storage-errors.ts";
import { checkProjection } from "./upload-settings.ts";

const copyParameters = [
  "sourceGeneration",
  "projection",
  ...preconditionNames,
  ...sourcePreconditionNames,
];
const maxComponents = 32;

/** Objects made of objects: copy, rewrite, compose. */
export function copyRoutes(context: StorageContext): readonly ApiRoute[] {
  async function copy(request: ApiRequest): Promise<ObjectRecord> {
    const { parameters, query, incoming } = request;
    const opened = await openBucket(context, incoming, {
      name: parameters["source"],
      permission: "storage.objects.get",
    });
    const target = requireBucket(context, opened.caller, {
      name: parameters["bucket"],
      permission: "storage.objects.create",
    });
    const body = await readJsonObject(incoming);
    const source = requireObject(context, opened, {
      name: parameters["sourceObject"] ?? "",
      generation: query.get("sourceGeneration"),
    });
    checkPreconditions(parsePreconditions(query, "ifSource"), source);
    const settings =
      Object.keys(body).length === 0 ? copied(source) : parseObjectDraft(body).settings;
    const path = context.store.incomingPath();
    try {
      await copyFile(context.store.contentPath(source), path, constants.COPYFILE_FICLONE);
      return commitObject(context, {
        bucket: target.name,
        name: checkObjectName(parameters["object"]),
        settings,
        preconditions: parsePreconditions(query),
        path,
        digest: {
          sizeBytes: source.sizeBytes,
          crc32c: source.crc32c,
          ...(source.md5 === undefined ? {} : { md5: source.md5 }),
        },
        declared: {},
        ...(source.componentCount === undefined ? {} : { componentCount: source.componentCount }),
        checkMayOverwrite: (live) =>
          requirePermission(opened.caller, "storage.objects.delete", live),
      });
    } finally {
      await rm(path, { force: true });
    }
  }

  const render = (object: ObjectRecord): Record<string, unknown> => {
    const bucket = context.store.bucket(object.bucket);
    if (bucket === undefined) throw invalid("The bucket was deleted.");
    return renderObject(object, bucket, context.url());
  };

  async function copyTo(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, copyParameters);
    checkProjection(request.query);
    return json(selectFields(render(await copy(request)), request.query.get("fields")));
  }

  /** Always done in one call, as the live service is within one location and storage class. */
  async function rewriteTo(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, [...copyParameters, "maxBytesRewrittenPerCall"]);
    checkProjection(request.query);
    const object = await copy(request);
    const body = {
      kind: "storage#rewriteResponse",
      totalBytesRewritten: String(object.sizeBytes),
      objectSize: String(object.sizeBytes),
      done: true,
      resource: render(object),
    };
    return json(selectFields(body, request.query.get("fields")));
  }

  async function compose(request: ApiRequest): Promise<ApiReply> {
    const { parameters, query, incoming } = request;
    checkQuery(query, ["ifGenerationMatch", "ifMetagenerationMatch"]);
    const opened = await openBucket(context, incoming, {
      name: parameters["bucket"],
      permission: "storage.objects.create",
    });
    requirePermission(opened.caller, "storage.objects.get", opened.bucket);
    const { sources, draft } = readComposition(await readJsonObject(incoming));
    const objects = sources.map((source) => findComponent(opened, source));
    const path = context.store.incomingPath();
    try {
      const running = startDigest();
      for (const object of objects) {
        const bytes = createReadStream(context.store.contentPath(object));
        const outcome = await appendStream(path, bytes, { digest: running });
        if (outcome.kind === "broken") throw invalid(`${object.name} was deleted meanwhile.`);
      }
      const { sizeBytes, crc32c } = running.digest();
      const composed = commitObject(context, {
        bucket: opened.bucket.name,
        name: checkObjectName(parameters["object"]),
        settings: draft.settings,
        preconditions: parsePreconditions(query),
        path,
        digest: { sizeBytes, crc32c },
        declared: {},
        componentCount: objects.reduce((sum, { componentCount = 1 }) => sum + componentCount, 0),
        checkMayOverwrite: (live) =>
          requirePermission(opened.caller, "storage.objects.delete", live),
      });
      return json(selectFields(render(composed), query.get("fields")));
    } finally {
      await rm(path, { force: true });
    }
  }

  function findComponent(
    opened: OpenBucket,
    { name, generation, ifGenerationMatch }: Component,
  ): ObjectRecord {
    const object = requireObject(context, opened, { name, generation });
    const wanted = ifGenerationMatch === undefined ? {} : { generationMatch: ifGenerationMatch };
    checkPreconditions(wanted, object);
    return object;
  }

  const pair = "/storage/v1/b/:source/o/:sourceObject";
  return [
    { method: "POST", path: `${pair}/copyTo/b/:bucket/o/:object`, handle: copyTo },
    { method: "POST", path: `${pair}/rewriteTo/b/:bucket/o/:object`, handle: rewriteTo },
    { method: "POST", path: "/storage/v1/b/:bucket/o/:object/compose", handle: compose },
  ];
}

// Holds and retention are of the object, not of its content: a copy starts without.
function copied({ settings }: ObjectRecord): ObjectSettings {
  const { temporaryHold: _held, eventBasedHold: _event, retention: _kept, ...rest } = settings;
  return rest;
}

interface Component {
  readonly name: string;
  readonly generation: string | null;
  readonly ifGenerationMatch?: string;
}

function readComposition(body: Readonly<Record<string, unknown>>): {
  readonly sources: readonly Component[];
  readonly draft: ObjectDraft;
} {
  const { kind: _kind, sourceObjects, destination = {}, ...rest } = body;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw notImplemented(`The compose field ${unknown}`);
  const list: readonly unknown[] = Array.isArray(sourceObjects) ? sourceObjects : [];
  if (list.length === 0) throw invalid("You must provide at least one source component.");
  if (list.length > maxComponents) {
    throw invalid(
      `The number of source components provided (${list.length}) exceeds the maximum (${maxComponents})`,
    );
  }
  const draft = parseObjectDraft(destination as Record<string, unknown>);
  return { sources: list.map(readComponent), draft };
}

function readComponent(value: unknown): Component {
  const { name, generation, objectPreconditions } = value as Record<string, unknown>;
  if (typeof name !== "string") throw invalid("A source component has no name.");
  const match = (objectPreconditions as Record<string, unknown> | undefined)?.["ifGenerationMatch"];
  const isText = (text: unknown): text is string | number =>
    typeof text === "string" || typeof text === "number";
  return {
    name,
    generation: isText(generation) ? String(generation) : null,
    ...(isText(match) ? { ifGenerationMatch: String(match) } : {}),
  };
}
