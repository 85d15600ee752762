import { ApiError } from "../google-identity/api-error.ts";
import {
  checkQuery,
  json,
  readJsonObject,
  type ApiReply,
  type ApiRequest,
  type ApiRoute,
} from "../google-identity/api-server.ts";
import { parseBindings, policyEtag } from "../google-identity/iam-policy.ts";
import { selectFields } from "../google-identity/partial-response.ts";
import { applyBucketSettings, parseBucketSettings } from "./bucket-settings.ts";
import { parseMaxResults } from "./listing.ts";
import { renderBucket, type BucketRecord } from "./records.ts";
import { openBucket, requirePermission, type StorageContext } from "./storage-context.ts";
import { conditionNotMet, invalid } from "./storage-errors.ts";
import { checkProjection } from "./upload-settings.ts";

const bucketPath = "/storage/v1/b/:bucket";
const bucketNameForm = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;
const metagenerationParameters = ["ifMetagenerationMatch", "ifMetagenerationNotMatch"];

/** Buckets: insert, get, list, patch, delete, lock their retention, and their IAM policy. */
export function bucketRoutes(context: StorageContext): readonly ApiRoute[] {
  const { store } = context;
  const render = (bucket: BucketRecord, query: URLSearchParams): ApiReply =>
    json(selectFields(renderBucket(bucket, context.url()), query.get("fields")));
  const open = async (
    { incoming, parameters }: ApiRequest,
    permission: string,
  ): Promise<BucketRecord> =>
    (await openBucket(context, incoming, { name: parameters["bucket"], permission })).bucket;

  async function insert({ query, incoming }: ApiRequest): Promise<ApiReply> {
    checkQuery(query, ["project", "projection", "enableObjectRetention"]);
    checkProjection(query);
    requireProject(query);
    const caller = await context.authenticate(incoming);
    requirePermission(caller, "storage.buckets.create", undefined);
    const body = await readJsonObject(incoming);
    const { name } = body;
    if (typeof name !== "string" || !bucketNameForm.test(name) || name.includes("..")) {
      throw invalid(`Invalid bucket name: '${String(name)}'`);
    }
    if (store.bucket(name) !== undefined) {
      throw new ApiError(
        "ALREADY_EXISTS",
        "Your previous request to create the named bucket succeeded and you already own it.",
      );
    }
    const now = new Date().toISOString();
    const bare: BucketRecord = {
      name,
      projectNumber: context.projectNumber,
      metageneration: 0,
      created: now,
      updated: now,
      location: "US",
      storageClass: "STANDARD",
      uniformAccess: true,
      objectRetention: query.get("enableObjectRetention") === "true",
      defaultEventBasedHold: false,
      bindings: [],
    };
    const bucket = applyBucketSettings(bare, parseBucketSettings(body));
    store.saveBucket(bucket);
    return render(bucket, query);
  }

  async function get(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, ["projection", ...metagenerationParameters]);
    checkProjection(request.query);
    const bucket = await open(request, "storage.buckets.get");
    checkMetageneration(request.query, bucket);
    return render(bucket, request.query);
  }

  async function list({ query, incoming }: ApiRequest): Promise<ApiReply> {
    checkQuery(query, ["project", "prefix", "maxResults", "pageToken", "projection"]);
    checkProjection(query);
    requireProject(query);
    requirePermission(await context.authenticate(incoming), "storage.buckets.list", undefined);
    const after = query.get("pageToken") ?? "";
    const found = store
      .buckets()
      .filter(({ name }) => name.startsWith(query.get("prefix") ?? "") && name > after)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = found.slice(0, parseMaxResults(query));
    const last = page.at(-1);
    const body = {
      kind: "storage#buckets",
      ...(last !== undefined && page.length < found.length ? { nextPageToken: last.name } : {}),
      ...(page.length === 0
        ? {}
        : { items: page.map((each) => renderBucket(each, context.url())) }),
    };
    return json(selectFields(body, query.get("fields")));
  }

  async function patch(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, ["projection", ...metagenerationParameters]);
    checkProjection(request.query);
    const before = await open(request, "storage.buckets.update");
    const settings = parseBucketSettings(await readJsonObject(request.incoming));
    checkMetageneration(request.query, before);
    const after = applyBucketSettings(before, settings);
    store.saveBucket(after);
    return render(after, request.query);
  }

  async function remove(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, metagenerationParameters);
    const bucket = await open(request, "storage.buckets.delete");
    checkMetageneration(request.query, bucket);
    if (store.objects(bucket.name).length > 0) {
      throw new ApiError("ABORTED", "The bucket you tried to delete is not empty.");
    }
    store.removeBucket(bucket.name);
    return { kind: "bytes", status: 204, headers: {}, body: "" };
  }

  async function lockRetention(request: ApiRequest): Promise<ApiReply> {
    checkQuery(request.query, ["ifMetagenerationMatch"]);
    const before = await open(request, "storage.buckets.update");
    if (!request.query.has("ifMetagenerationMatch")) {
      throw invalid("Required parameter: ifMetagenerationMatch", { reason: "required" });
    }
    checkMetageneration(request.query, before);
    if (before.retentionPolicy === undefined) throw invalid("The bucket has no retention policy.");
    const after: BucketRecord = {
      ...before,
      retentionPolicy: { ...before.retentionPolicy, locked: true },
      metageneration: before.metageneration + 1,
      updated: new Date().toISOString(),
    };
    store.saveBucket(after);
    return render(after, request.query);
  }

  return [
    { method: "POST", path: "/storage/v1/b{/}?", handle: insert },
    { method: "GET", path: "/storage/v1/b{/}?", handle: list },
    { method: "GET", path: bucketPath, handle: get },
    { method: "PATCH", path: bucketPath, handle: patch },
    { method: "DELETE", path: bucketPath, handle: remove },
    { method: "POST", path: `${bucketPath}/lockRetentionPolicy`, handle: lockRetention },
    ...policyRoutes(context),
  ];
}

function policyRoutes(context: StorageContext): readonly ApiRoute[] {
  const path = `${bucketPath}/iam`;
  const render = ({ name, bindings }: BucketRecord): ApiReply =>
    json({
      kind: "storage#policy",
      resourceId: `projects/_/buckets/${name}`,
      version: 1,
      etag: policyEtag(bindings),
      ...(bindings.length === 0 ? {} : { bindings }),
    });
  return [
    {
      method: "GET",
      path,
      handle: async ({ query, incoming, parameters }) => {
        checkQuery(query, ["optionsRequestedPolicyVersion"]);
        const wanted = { name: parameters["bucket"], permission: "storage.buckets.getIamPolicy" };
        return render((await openBucket(context, incoming, wanted)).bucket);
      },
    },
    {
      method: "PUT",
      path,
      handle: async ({ query, incoming, parameters }) => {
        checkQuery(query, []);
        const wanted = { name: parameters["bucket"], permission: "storage.buckets.setIamPolicy" };
        const { bucket } = await openBucket(context, incoming, wanted);
        const { bindings, etag } = await readJsonObject(incoming);
        if (etag !== undefined && etag !== policyEtag(bucket.bindings)) throw conditionNotMet();
        const after = { ...bucket, bindings: parseBindings(bindings) };
        context.store.saveBucket(after);
        return render(after);
      },
    },
    {
      method: "GET",
      path: `${path}/testPermissions`,
      handle: async ({ query, incoming, parameters }) => {
        checkQuery(query, ["permissions"]);
        const caller = await context.authenticate(incoming);
        const bucket = context.store.bucket(parameters["bucket"] ?? "");
        const permissions = query
          .getAll("permissions")
          .filter((permission) => caller.may(permission, bucket?.bindings ?? []));
        return json({ kind: "storage#testIamPermissionsResponse", permissions });
      },
    },
  ];
}

function requireProject(query: URLSearchParams): void {
  if ((query.get("project") ?? "") === "") {
    throw invalid("Required parameter: project", { reason: "required" });
  }
}

function checkMetageneration(query: URLSearchParams, { metageneration }: BucketRecord): void {
  const match = query.get("ifMetagenerationMatch");
  const notMatch = query.get("ifMetagenerationNotMatch");
  if (match !== null && match !== String(metageneration)) throw conditionNotMet();
  if (notMatch === String(metageneration)) throw conditionNotMet();
}
