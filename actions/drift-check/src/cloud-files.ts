import type { FileSource } from "#data";
import type { ObjectStore } from "#google";

type ReadableStore = Pick<ObjectStore, "list" | "stat" | "read">;

/** The files of an object store, as data is read from it; the store is opened when first used. */
export function storedFiles(openStore: () => Promise<ReadableStore>): FileSource {
  let opened: Promise<ReadableStore> | undefined;
  const store = (): Promise<ReadableStore> => (opened ??= openStore());
  return {
    list: async (pattern) => {
      const { stat, list } = await store();
      if (!/[*?[\]{}]/.test(pattern)) {
        const facts = await stat(pattern);
        return facts === null ? [] : [{ uri: facts.uri, sizeBytes: facts.bytes }];
      }
      const found = [];
      for await (const { uri, bytes } of list(pattern)) found.push({ uri, sizeBytes: bytes });
      return found;
    },
    open: async function* (uri, range) {
      yield* (await store()).read(uri, range === undefined ? {} : { range });
    },
  };
}
