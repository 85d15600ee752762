import { digestBytes, type Digests } from "./digests.ts";
import { differentObject, noSuchObject } from "./object-errors.ts";
import type { Created, ObjectFacts, ObjectStore } from "./object-store.ts";
import { checkObjectName, globPrefix, isGlob, matchesGlob, parseObjectUri } from "./object-uri.ts";
import { openSource, readWhole } from "./source.ts";

interface StoredObject extends Digests {
  readonly body: Uint8Array;
  readonly generation: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly updated: string;
}

/** An {@link ObjectStore} that keeps `gs://` objects in memory, for tests. */
export function memoryObjectStore(): ObjectStore {
  const objects = new Map<string, StoredObject>();
  let writes = 0;
  const put = (
    uri: string,
    body: Uint8Array,
    attributes: {
      readonly contentType?: string;
      readonly metadata?: Readonly<Record<string, string>>;
    } = {},
  ): StoredObject => {
    writes += 1;
    const stored: StoredObject = {
      ...digestBytes(body),
      body,
      generation: String(1_700_000_000_000_000 + writes),
      contentType: attributes.contentType ?? "application/octet-stream",
      metadata: attributes.metadata ?? {},
      updated: new Date(1_700_000_000_000 + writes).toISOString(),
    };
    objects.set(uri, stored);
    return stored;
  };
  return {
    stat: async (uri) => {
      const stored = objects.get(uri);
      return stored === undefined ? null : factsOf(uri, stored);
    },
    async *list(prefixOrGlob) {
      const matches = (uri: string) =>
        isGlob(prefixOrGlob) ? matchesGlob(uri, prefixOrGlob) : uri.startsWith(prefixOrGlob);
      const uris = [...objects.keys()].filter(
        (uri) => uri.startsWith(globPrefix(prefixOrGlob)) && matches(uri),
      );
      for (const uri of uris.sort((left, right) =>
        Buffer.compare(Buffer.from(left), Buffer.from(right)),
      )) {
        const stored = objects.get(uri);
        if (stored !== undefined) yield factsOf(uri, stored);
      }
    },
    async *read(uri, { range, signal } = {}) {
      signal?.throwIfAborted();
      const stored = objects.get(uri);
      if (stored === undefined) throw noSuchObject(uri);
      yield stored.body.subarray(range?.start ?? 0, range?.end);
    },
    async readText(uri, options) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of this.read(uri, options)) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    },
    async createOnly(uri, source, options = {}): Promise<Created> {
      const place = parseObjectUri(uri);
      if (place.kind === "gs") checkObjectName(place.name);
      const opened = await openSource(source, options.sha256);
      const body = await readWhole(opened);
      const existing = objects.get(uri);
      if (existing !== undefined && existing.sha256 !== opened.sha256) {
        throw differentObject(uri, existing, opened);
      }
      const stored = existing ?? put(uri, body, options.attributes);
      options.onProgress?.({ uri, confirmedBytes: body.length, totalBytes: body.length });
      return {
        kind: existing === undefined ? "created" : "identical",
        uri,
        generation: stored.generation,
        bytes: stored.bytes,
        crc32c: stored.crc32c,
        sha256: stored.sha256,
      };
    },
    async compareAndSwap(uri, bytes, { expectedGeneration, attributes }) {
      const generation = objects.get(uri)?.generation ?? "0";
      if (generation !== expectedGeneration) return { kind: "conflict", generation };
      return {
        kind: "swapped",
        generation: put(uri, new Uint8Array(bytes), attributes).generation,
      };
    },
  };
}

function factsOf(uri: string, stored: StoredObject): ObjectFacts {
  const { body: _body, ...facts } = stored;
  return {
    ...facts,
    uri,
    metadata: { ...stored.metadata, sha256: stored.sha256.slice("sha256:".length) },
  };
}
