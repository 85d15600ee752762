/** Calls to the local services, as a person (GitHub) and as an account (Google) makes them. */
import type { Sandbox } from "./sandbox.ts";

/** What a call sends; a GET without a body when nothing is said. */
export interface CallOptions {
  readonly method?: string;
  readonly body?: object;
}

/** The REST API of the local GitHub with the owner's token. */
export interface GithubCalls {
  /** @throws Error with the status and GitHub's message unless the answer is 2xx */
  json<T>(route: string, options?: CallOptions): Promise<T>;
  bytes(route: string, accept?: string): Promise<Uint8Array>;
}

async function check(response: Response, what: string): Promise<Response> {
  if (response.ok) return response;
  const text = (await response.text()).slice(0, 500);
  throw new Error(`${what}: the local service answered ${response.status}: ${text}`);
}

/** Calls the local GitHub as the owner of its repositories. */
export function githubCalls({
  url,
  adminToken,
}: {
  readonly url: string;
  readonly adminToken: string;
}): GithubCalls {
  const call = async (route: string, { method, body }: CallOptions, accept: string) => {
    const verb = method ?? (body === undefined ? "GET" : "POST");
    const response = await fetch(`${url}${route}`, {
      method: verb,
      headers: { authorization: `Bearer ${adminToken}`, accept },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return check(response, `${verb} ${route}`);
  };
  return {
    async json<T>(route: string, options: CallOptions = {}): Promise<T> {
      const response = await call(route, options, "application/vnd.github+json");
      const text = await response.text();
      return (text === "" ? undefined : JSON.parse(text)) as T;
    },
    async bytes(route, accept = "application/octet-stream") {
      return new Uint8Array(await (await call(route, {}, accept)).arrayBuffer());
    },
  };
}

/** An object of the local Cloud Storage as a list shows it. */
export interface StoredObject {
  readonly name: string;
  readonly size: string;
  readonly generation: string;
  readonly updated: string;
}

/** The local Cloud Storage as the workflows' own account sees it. */
export interface StorageCalls {
  makeBucket(bucket: string): Promise<void>;
  upload(object: {
    readonly bucket: string;
    readonly name: string;
    readonly text: string;
  }): Promise<void>;
  list(bucket: string, prefix?: string): Promise<readonly StoredObject[]>;
  buckets(): Promise<readonly string[]>;
  download(bucket: string, name: string): Promise<Uint8Array>;
}

/** Calls the local Cloud Storage with an access token of the workflows' account. */
export function storageCalls(
  sandbox: Pick<Sandbox, "urls" | "identity" | "serviceAccount">,
): StorageCalls {
  const { urls, identity, serviceAccount } = sandbox;
  const call = async (route: string, init: RequestInit = {}): Promise<Response> => {
    const token = await identity.mintAccessToken(serviceAccount);
    const headers = {
      ...(init.headers as Record<string, string>),
      authorization: `Bearer ${token}`,
    };
    return check(await fetch(`${urls.storage}${route}`, { ...init, headers }), route);
  };
  const project = `project=${identity.project}`;
  return {
    async makeBucket(bucket) {
      await call(`/storage/v1/b?${project}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: bucket }),
      });
    },
    async upload({ bucket, name, text }) {
      await call(
        `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`,
        {
          method: "POST",
          headers: { "content-type": "text/csv" },
          body: text,
        },
      );
    },
    async list(bucket, prefix = "") {
      const objects: StoredObject[] = [];
      let page = "";
      do {
        const response = await call(
          `/storage/v1/b/${bucket}/o?prefix=${encodeURIComponent(prefix)}${page === "" ? "" : `&pageToken=${encodeURIComponent(page)}`}`,
        );
        const listed = (await response.json()) as {
          readonly items?: readonly StoredObject[];
          readonly nextPageToken?: string;
        };
        objects.push(...(listed.items ?? []));
        page = listed.nextPageToken ?? "";
      } while (page !== "");
      return objects;
    },
    async download(bucket, name) {
      const response = await call(
        `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`,
      );
      return new Uint8Array(await response.arrayBuffer());
    },
    async buckets() {
      const response = await call(`/storage/v1/b?${project}`);
      const listed = (await response.json()) as {
        readonly items?: readonly { readonly name: string }[];
      };
      return (listed.items ?? []).map(({ name }) => name);
    },
  };
}
