import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FileSource } from "#data";
import { isGlob, type ObjectFacts, type ObjectStore } from "#google";

/**
 * Objects of a store as files. Each object is fetched once into `cache`, so that what is digested
 * is what is read.
 */
export function storedFiles(
  store: Pick<ObjectStore, "stat" | "list" | "read">,
  cache: string,
): FileSource {
  const fetched = new Map<string, Promise<string>>();
  const fetchOnce = (uri: string): Promise<string> => {
    const known = fetched.get(uri) ?? fetchObject(store, uri, cache);
    fetched.set(uri, known);
    return known;
  };
  return {
    list: async (pattern) => {
      if (!isGlob(pattern) && !pattern.endsWith("/")) {
        const facts = await store.stat(pattern);
        return facts === null ? [] : [{ uri: facts.uri, sizeBytes: facts.bytes }];
      }
      const found: ObjectFacts[] = [];
      for await (const facts of store.list(pattern)) found.push(facts);
      return found
        .filter(({ uri }) => !uri.endsWith("/"))
        .map(({ uri, bytes }) => ({ uri, sizeBytes: bytes }))
        .toSorted((left, right) => (left.uri < right.uri ? -1 : 1));
    },
    open: async function* (uri, range) {
      const path = await fetchOnce(uri);
      yield* createReadStream(path, range && { start: range.start, end: range.end - 1 });
    },
  };
}

async function fetchObject(
  store: Pick<ObjectStore, "read">,
  uri: string,
  cache: string,
): Promise<string> {
  await mkdir(cache, { recursive: true });
  const path = join(cache, createHash("sha256").update(uri).digest("hex"));
  await pipeline(store.read(uri), createWriteStream(`${path}.part`));
  await rename(`${path}.part`, path);
  return path;
}
