import type { FileSource } from "#data";
import { isGlob, type ObjectStore } from "#google";

/** The files of an object store, as data is read from it. */
export function storedFiles(store: Pick<ObjectStore, "list" | "stat" | "read">): FileSource {
  return {
    list: async (pattern) => {
      if (!isGlob(pattern)) {
        const facts = await store.stat(pattern);
        return facts === null ? [] : [{ uri: facts.uri, sizeBytes: facts.bytes }];
      }
      const found = [];
      for await (const { uri, bytes } of store.list(pattern)) found.push({ uri, sizeBytes: bytes });
      return found;
    },
    open: (uri, range) => store.read(uri, range === undefined ? {} : { range }),
  };
}
