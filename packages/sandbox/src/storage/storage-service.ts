import type { Service, ServiceOptions } from "../contracts.ts";
import { createAuthentication, type AccessOptions } from "../google-identity/access-control.ts";
import { cloudPlatformScope } from "../google-identity/account-credentials.ts";
import { json, startApiServer, type ApiRoute } from "../google-identity/api-server.ts";
import { bucketRoutes } from "./bucket-routes.ts";
import { copyRoutes } from "./copy-routes.ts";
import { objectRoutes } from "./object-routes.ts";
import { openObjectStore } from "./object-store.ts";
import { renderBucket, renderObject } from "./records.ts";
import type { StorageContext } from "./storage-context.ts";
import { renderStorageError } from "./storage-errors.ts";
import { uploadRoutes } from "./upload-routes.ts";

/** What the local Cloud Storage is started with. */
export interface StorageOptions extends ServiceOptions, AccessOptions {
  readonly projectNumber?: string;
}

const storageScope = "https://www.googleapis.com/auth/devstorage";
const scopes = [cloudPlatformScope, `${storageScope}.full_control`, `${storageScope}.read_write`];

/**
 * Starts a local Cloud Storage that speaks the JSON API and keeps its buckets in `stateDirectory`.
 * Without `identityUrl` everybody may do everything.
 */
export async function startStorage(options: StorageOptions): Promise<Service> {
  let url = "";
  const context: StorageContext = {
    store: openObjectStore(options.stateDirectory),
    projectNumber: options.projectNumber ?? "123456789012",
    url: () => url,
    authenticate: createAuthentication(options, scopes),
  };
  const server = await startApiServer({
    stateDirectory: options.stateDirectory,
    ...(options.port === undefined ? {} : { port: options.port }),
    renderError: renderStorageError,
    routes: [
      ...copyRoutes(context),
      ...objectRoutes(context),
      ...bucketRoutes(context),
      ...uploadRoutes(context, options.stateDirectory),
      stateRoute(context),
    ],
  });
  ({ url } = server);
  return { url, close: server.close };
}

/** For the page that shows the sandbox: all buckets with their objects. */
function stateRoute(context: StorageContext): ApiRoute {
  return {
    method: "GET",
    path: "/_sandbox/state",
    handle: () => {
      const { store } = context;
      const buckets = store.buckets().map((bucket) => ({
        ...renderBucket(bucket, context.url()),
        objects: store
          .objects(bucket.name)
          .map((object) => renderObject(object, bucket, context.url())),
      }));
      return json({ buckets });
    },
  };
}
