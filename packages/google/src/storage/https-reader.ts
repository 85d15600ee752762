import { InputError, type Clock } from "#core";
import { errorOfFailure, errorOfResponse, isStatus, judgeRetry } from "../remote-errors.ts";
import { withRetries, type RetryPolicy } from "../retry.ts";
import { noSuchObject } from "./object-errors.ts";
import type { ObjectFacts, ObjectStore } from "./object-store.ts";
import { rangeHeader, readResuming } from "./resuming-read.ts";

/** What reading over the web needs. */
export interface HttpsParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly retryPolicy: RetryPolicy;
  readonly fetch: typeof globalThis.fetch;
}

/** Public `https://` files, read only and without any token. */
export function httpsReader(parts: HttpsParts): ObjectStore {
  const refuse = (uri: string, what: string) =>
    new InputError({
      code: "READ_ONLY",
      message: `${uri}: https:// addresses are read only, ${what}.`,
      hint: "Use gs://bucket/prefix or file:///folder as the destination.",
    });
  return {
    stat: (uri, { signal } = {}) => statUrl(parts, uri, signal),
    list: (prefix) => refusing(() => refuse(prefix, "nothing can be listed there")),
    read: (uri, { range, signal } = {}) =>
      readResuming({
        label: withoutSecrets(uri),
        range,
        signal,
        ...parts,
        expectedCrc32c: () => null,
        canResume: (first) => strongTag(first) !== null,
        open(start, first) {
          const tag = first === null ? null : strongTag(first);
          return request(parts, uri, {
            method: "GET",
            signal,
            headers: {
              "accept-encoding": "identity",
              ...rangeHeader(start, range),
              ...(tag === null ? {} : { "if-match": tag }),
            },
          });
        },
      }),
    async readText(uri, options) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of this.read(uri, options)) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    },
    createOnly: (uri) => Promise.reject(refuse(uri, "nothing can be stored there")),
    compareAndSwap: (uri) => Promise.reject(refuse(uri, "nothing can be stored there")),
  };
}

function refusing(error: () => InputError): AsyncIterable<ObjectFacts> {
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        throw error();
      },
    }),
  };
}

function strongTag(response: Response): string | null {
  const tag = response.headers.get("etag");
  return tag === null || tag.startsWith("W/") ? null : tag;
}

async function statUrl(
  parts: HttpsParts,
  uri: string,
  signal: AbortSignal | undefined,
): Promise<ObjectFacts | null> {
  try {
    const { headers } = await request(parts, uri, { method: "HEAD", headers: {}, signal });
    return {
      uri,
      bytes: Number(headers.get("content-length") ?? 0),
      generation: headers.get("etag") ?? headers.get("last-modified") ?? "1",
      crc32c: null,
      sha256: null,
      contentType: headers.get("content-type"),
      updated: headers.get("last-modified"),
      metadata: {},
    };
  } catch (error) {
    if (error instanceof InputError && error.code === "OBJECT_NOT_FOUND") return null;
    throw error;
  }
}

interface PlainRequest {
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

async function request(
  parts: HttpsParts,
  uri: string,
  { method, headers, signal }: PlainRequest,
): Promise<Response> {
  refuseUnsafe(uri);
  const call = `${method} ${withoutSecrets(uri)}`;
  return await withRetries(
    { ...parts, policy: parts.retryPolicy, signal, judge: judgeRetry },
    async () => {
      const response = await follow(uri, (address) =>
        parts
          .fetch(address, { method, headers, redirect: "manual", signal: signal ?? null })
          .catch((error: unknown) => {
            signal?.throwIfAborted();
            throw errorOfFailure(call, error);
          }),
      );
      if (response.ok) return response;
      const error = await errorOfResponse(call, response, parts.clock.now().getTime());
      throw isStatus(error, 404, 410) ? noSuchObject(withoutSecrets(uri)) : error;
    },
  );
}

const MOST_REDIRECTS = 10;

/** The answer at the end of redirects; an unsafe address on the way is refused like a first one. */
async function follow(uri: string, ask: (address: string) => Promise<Response>): Promise<Response> {
  let address = uri;
  for (let redirects = 0; ; redirects += 1) {
    const response = await ask(address);
    const location = response.headers.get("location");
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
    if (!isRedirect || redirects === MOST_REDIRECTS) return response;
    await response.body?.cancel();
    address = new URL(location, address).href;
    refuseUnsafe(address);
  }
}

/** A signed URL's query is a credential, and so is a name before an `@`: both stay out of messages. */
function withoutSecrets(uri: string): string {
  return uri.replace(/[?#].*$/s, "").replace(/^(\w+:\/\/)[^/]*@/, "$1");
}

function refuseUnsafe(uri: string): void {
  const { protocol, hostname, username, password } = new URL(uri);
  if (username !== "" || password !== "") {
    throw new InputError({
      code: "CREDENTIALS_IN_URL",
      message: `${withoutSecrets(uri)} is given with a user's name or password in it.`,
      hint: "Use a public or a signed address, or gs:// with the job's own credentials.",
    });
  }
  const loopback = hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
  if (protocol === "https:" || loopback || hostname.endsWith(".localhost")) return;
  throw new InputError({
    code: "PLAIN_HTTP",
    message: `${withoutSecrets(uri)} is not https.`,
    hint: "Use its https:// address: over plain http anybody on the way can change a model.",
  });
}
