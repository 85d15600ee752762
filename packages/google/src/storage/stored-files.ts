import type { Environment } from "../endpoints.ts";
import type { ByteRange, ObjectStore } from "./object-store.ts";

/** The files of a store in the form in which tables are read from any place. */
export interface StoredFiles {
  /** The objects that a URI or glob names; empty when none does. */
  list(pattern: string): Promise<readonly { readonly uri: string; readonly sizeBytes: number }[]>;
  /** The bytes of one object as they come, whole or a range of them. */
  open(uri: string, range?: ByteRange): AsyncIterable<Uint8Array>;
}

type ReadableStore = Pick<ObjectStore, "list" | "stat" | "read">;

/** The files of an object store, as data is read from it; the store is opened when first used. */
export function storedFiles(openStore: () => Promise<ReadableStore>): StoredFiles {
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

/** The files of every bucket that the job's credentials reach; nothing is loaded before the first. */
export function cloudStorageFiles(environment: Environment): StoredFiles {
  return storedFiles(async () => {
    const [{ googleCredentials }, { objectStore }] = await Promise.all([
      import("../credentials/credentials.ts"),
      import("./stores.ts"),
    ]);
    return objectStore({ environment, credentials: googleCredentials({ environment }) });
  });
}
