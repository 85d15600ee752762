import {
  factsOfResource,
  getObject,
  listObjects,
  type GcsObject,
  type GcsParts,
} from "./gcs-api.ts";
import { readGcsObject } from "./gcs-read.ts";
import { createGcsObject, swapGcsObject } from "./gcs-upload.ts";
import type { ObjectStore } from "./object-store.ts";
import { checkObjectName, globPrefix, isGlob, matchesGlob, parseObjectUri } from "./object-uri.ts";

/** Cloud Storage as an {@link ObjectStore}: `gs://` URIs over the JSON API. */
export function gcsStore(parts: GcsParts): ObjectStore {
  return {
    async stat(uri, { signal } = {}) {
      const resource = await getObject(parts, gcsObject(uri), signal);
      return resource === null ? null : factsOfResource(resource);
    },
    async *list(prefixOrGlob, { signal } = {}) {
      const object = gcsObject(prefixOrGlob);
      const pattern = object.name;
      const narrowed = { ...object, name: globPrefix(pattern) };
      for await (const resource of listObjects(parts, narrowed, signal)) {
        if (isGlob(pattern) && !matchesGlob(resource.name, pattern)) continue;
        yield factsOfResource(resource);
      }
    },
    read: (uri, options) => readGcsObject(parts, gcsObject(uri), options),
    async readText(uri, options) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of readGcsObject(parts, gcsObject(uri), options)) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    },
    async createOnly(uri, source, options = {}) {
      const object = gcsObject(uri);
      checkObjectName(object.name);
      return await createGcsObject(parts, object, { source, options });
    },
    async compareAndSwap(uri, bytes, swap) {
      const object = gcsObject(uri);
      checkObjectName(object.name);
      return await swapGcsObject(parts, object, { bytes, swap });
    },
  };
}

function gcsObject(uri: string): GcsObject {
  const place = parseObjectUri(uri);
  if (place.kind !== "gs") throw new TypeError(`${uri} is not a gs:// URI`);
  return { uri, bucket: place.bucket, name: place.name };
}
