import type { Clock } from "#core";
import { systemClock } from "../clock.ts";
import type { GoogleCredentials } from "../credentials/credentials.ts";
import { endpointsOf, type Environment } from "../endpoints.ts";
import { standardRetryPolicy, type RetryPolicy } from "../retry.ts";
import { createTransport } from "../transport.ts";
import { fileStore } from "./file-store.ts";
import { gcsStore } from "./gcs-store.ts";
import { httpsReader } from "./https-reader.ts";
import type { ObjectStore } from "./object-store.ts";
import { parseObjectUri } from "./object-uri.ts";

/** What {@link objectStore} is made of. */
export interface ObjectStoreOptions {
  readonly environment: Environment;
  /** Asked for a token only when a `gs://` URI is used. */
  readonly credentials: Pick<GoogleCredentials, "accessToken">;
  /** Rules over the environment's endpoint of Cloud Storage. */
  readonly endpoint?: string | undefined;
  /** Project to bill for buckets whose requester pays. */
  readonly userProject?: string | undefined;
  /** MiB a request of a resumable upload; 16 by default. */
  readonly chunkMib?: number | undefined;
  /** Files larger than this are uploaded resumably; 8 MiB by default. */
  readonly resumableAboveBytes?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

const mib = 1024 * 1024;

/** An {@link ObjectStore} over `gs://`, `file://` and, read only, `https://`. */
export function objectStore(options: ObjectStoreOptions): ObjectStore {
  const common = {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    retryPolicy: options.retryPolicy ?? standardRetryPolicy,
  };
  const stores = {
    gs: gcsStore({
      ...common,
      transport: createTransport({
        ...common,
        accessToken: (wanted) => options.credentials.accessToken(wanted),
        fetch: options.fetch,
      }),
      endpoint: options.endpoint?.replace(/\/+$/, "") ?? endpointsOf(options.environment).storage,
      userProject: options.userProject,
      resumableAboveBytes: options.resumableAboveBytes ?? 8 * mib,
      chunkBytes: Math.max(1, Math.ceil((options.chunkMib ?? 16) * 4)) * (mib / 4),
    }),
    file: fileStore(common),
    https: httpsReader({ ...common, fetch: options.fetch ?? globalThis.fetch }),
  };
  const storeOf = (uri: string) => stores[parseObjectUri(uri).kind];
  return {
    stat: async (uri, more) => await storeOf(uri).stat(uri, more),
    list: (uri, more) => storeOf(uri).list(uri, more),
    read: (uri, more) => storeOf(uri).read(uri, more),
    readText: async (uri, more) => await storeOf(uri).readText(uri, more),
    createOnly: async (uri, source, more) => await storeOf(uri).createOnly(uri, source, more),
    compareAndSwap: async (uri, bytes, swap) => await storeOf(uri).compareAndSwap(uri, bytes, swap),
  };
}
