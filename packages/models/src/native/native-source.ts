import { createRequire } from "node:module";

/** Where the native runtime comes from. */
export interface NativeSource {
  /** The entry file of one that is here already, without any network; `null` where none is. */
  readonly find: () => Promise<string | null>;
  /** Brings one here, and gives its entry file; `null` for a source that only looks. */
  readonly fetch: (() => Promise<string>) | null;
}

/** `onnxruntime-node` where this code is installed, and nowhere else. */
export const installedNative: NativeSource = {
  find: () => {
    try {
      return Promise.resolve(createRequire(import.meta.url).resolve("onnxruntime-node"));
    } catch {
      return Promise.resolve(null);
    }
  },
  fetch: null,
};
