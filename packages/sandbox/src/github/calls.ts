import type { IncomingMessage } from "node:http";
import type * as z from "zod/mini";
import type { Github } from "./github.ts";
import type { Repository } from "./records.ts";
import { ApiError, invalid, notFound, type FieldError, type Reply } from "./replies.ts";
import type { Caller, Need } from "./tokens.ts";

/** One request, as a handler sees it. */
export interface Call {
  readonly github: Github;
  readonly caller: Caller;
  /** Values of the path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly url: URL;
  readonly incoming: IncomingMessage;
}

/** One request about a repository that the caller may see. */
export interface RepositoryCall extends Call {
  readonly repository: Repository;
  /** The bare git repository. */
  readonly directory: string;
}

/** One thing the REST API can do. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** `:name` stands for one path segment, `:name+` for one or more. */
  readonly path: string;
  readonly handle: (call: Call) => Promise<Reply> | Reply;
}

/** One thing the REST API can do with a repository, and the permission it needs. */
export interface RepositoryRoute {
  readonly method: Route["method"];
  /** Below `/repos/:owner/:repo`. */
  readonly path: string;
  readonly need: Need;
  readonly handle: (call: RepositoryCall) => Promise<Reply> | Reply;
}

/** A path parameter; its absence is a mistake in the route table. */
export function param(call: Call, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`The route has no parameter ${name}.`);
  return value;
}

/** A numeric path parameter; anything else is not found. */
export function idParam(call: Call, name: string): number {
  const value = param(call, name);
  if (!/^\d+$/.test(value)) throw notFound();
  return Number(value);
}

const maxBodyBytes = 64 * 1024 * 1024;

/** The whole body of a request. */
export async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming) {
    const bytes = chunk as Buffer;
    sizeBytes += bytes.length;
    if (sizeBytes > maxBodyBytes) throw new ApiError(413, "Payload Too Large");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** The JSON object in a request's body; `{}` when there is none. */
export async function readJsonObject(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await readBytes(incoming)).toString("utf8");
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError(400, "Problems parsing JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ApiError(400, "Body should be a JSON object");
  }
  return value as Record<string, unknown>;
}

/**
 * The request's body as a schema wants it; 422 names the fields at fault. Read it before the record
 * that it changes: while it comes in, another request may change that record.
 */
export async function readBody<Schema extends z.ZodMiniType>(
  call: Call,
  schema: Schema,
  resource: string,
): Promise<z.output<Schema>> {
  const body = await readJsonObject(call.incoming);
  return checkBody(body, schema, resource);
}

/** A value as a schema wants it; 422 names the fields at fault. */
export function checkBody<Schema extends z.ZodMiniType>(
  body: Record<string, unknown>,
  schema: Schema,
  resource: string,
): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue): FieldError => {
    const field = issue.path.join(".");
    const isMissing = issue.path.length === 1 && body[String(issue.path[0])] === undefined;
    return isMissing
      ? { resource, code: "missing_field", field }
      : { resource, code: "invalid", field, message: issue.message };
  });
  throw invalid(...errors);
}

/** One page of a list, with GitHub's `Link` header. */
export function paginate<T>(
  call: Call,
  items: readonly T[],
  present: (page: readonly T[]) => unknown,
): Reply {
  const { page, perPage } = readPaging(call);
  const lastPage = Math.max(1, Math.ceil(items.length / perPage));
  const shown = items.slice((page - 1) * perPage, page * perPage);
  const links: (readonly [string, number])[] = [];
  if (page > 1) links.push(["prev", Math.min(page - 1, lastPage)]);
  if (page < lastPage) links.push(["next", page + 1], ["last", lastPage]);
  if (page > 1) links.push(["first", 1]);
  const link = links.map(([rel, target]) => `<${pageUrl(call, target)}>; rel="${rel}"`).join(", ");
  return {
    kind: "json",
    status: 200,
    body: present(shown),
    ...(link === "" ? {} : { headers: { link } }),
  };
}

function readPaging(call: Call): { readonly page: number; readonly perPage: number } {
  const read = (name: string, fallback: number) => {
    const value = Number(call.url.searchParams.get(name) ?? fallback);
    return Number.isInteger(value) && value >= 1 ? value : fallback;
  };
  return { page: read("page", 1), perPage: Math.min(read("per_page", 30), 100) };
}

function pageUrl(call: Call, page: number): string {
  const url = new URL(call.url.pathname + call.url.search, call.github.url);
  url.searchParams.set("page", String(page));
  return url.href;
}
