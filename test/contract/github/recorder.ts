import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

/** What GitHub publishes of one operation, as far as responses go. */
interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> }>
  >;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Checks what the local GitHub answers against GitHub's published description. */
export interface Recorder {
  /** A `fetch` that checks each response and throws where one does not conform. */
  readonly fetch: typeof fetch;
  /** Operations with a good answer so far, e.g. `GET /repos/{owner}/{repo}`. */
  readonly checked: ReadonlySet<string>;
  /** Every way in which a response did not conform. */
  readonly violations: readonly string[];
}

const errorStatuses = new Set([400, 401, 403, 404, 405, 409, 410, 413, 422, 429]);
const require = createRequire(import.meta.url);

/** Reads GitHub's description; schemas are compiled when first needed. */
export function createRecorder(apiUrl: string): Recorder {
  const path = require.resolve("@octokit/openapi/generated/api.github.com.json");
  const openApi = translate(JSON.parse(readFileSync(path, "utf8"))) as OpenApi;
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  addFormats.default(ajv);
  ajv.addSchema(openApi, "github");
  const compiled = new Map<string, ValidateFunction>();
  const checked = new Set<string>();
  const violations: string[] = [];
  // Of a comparison there are two descriptions; this is the older one.
  const templates = Object.keys(openApi.paths)
    .filter((path) => !path.includes("{base}...{head}"))
    .map(compileTemplate);

  function validate(pointer: string, body: unknown): string | undefined {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `github#${pointer}` });
    compiled.set(pointer, known);
    return known(body) ? undefined : ajv.errorsText(known.errors, { separator: "\n  " });
  }

  async function judge(method: string, url: URL, response: Response): Promise<string | undefined> {
    const found = findTemplate(templates, nameTarget(url), method, openApi);
    if (found === undefined) return response.status === 501 ? undefined : "GitHub has no such path";
    const operation = openApi.paths[found]?.[method.toLowerCase()];
    // A redirect was followed: its target is no part of the API.
    const status = response.redirected ? 302 : response.status;
    const published = operation?.responses[String(status)];
    if (operation === undefined) return "GitHub has no such operation";
    if (published === undefined && status === 501) return undefined;
    if (published === undefined && !errorStatuses.has(status))
      return `status ${status} is not published`;
    if (!errorStatuses.has(status)) checked.add(`${method} ${found}`);
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    if (response.redirected || !isJson) return undefined;
    const body: unknown = await response.clone().json();
    const resolved = resolvePointer(found, method, status, openApi);
    return validate(resolved ?? "/components/schemas/basic-error", body);
  }

  return {
    checked,
    violations,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const request = new Request(input, { method: init?.method ?? "GET" });
      const url = new URL(request.url);
      if (!url.href.startsWith(apiUrl)) return response;
      const fault = await judge(request.method, url, response);
      if (fault === undefined) return response;
      const violation = `${request.method} ${url.pathname} -> ${response.status}: ${fault}`;
      violations.push(violation);
      throw new Error(violation);
    },
  };
}

interface Template {
  readonly path: string;
  readonly pattern: RegExp;
  readonly fixedLength: number;
}

// These parameters may hold slashes.
const longParameters = new Set(["path", "ref", "basehead", "branch", "tag", "commit_sha"]);

function compileTemplate(path: string): Template {
  const source = path
    .replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&")
    .replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
      longParameters.has(name) ? "(?:.+)" : "(?:[^/]+)",
    );
  return {
    path,
    pattern: new RegExp(`^${source}$`),
    fixedLength: path.replaceAll(/\{\w+\}/g, "").length,
  };
}

function findTemplate(
  templates: readonly Template[],
  pathname: string,
  method: string,
  { paths }: OpenApi,
): string | undefined {
  const matching = templates
    .filter(({ pattern }) => pattern.test(pathname))
    .toSorted((left, right) => right.fixedLength - left.fixedLength);
  const exact = matching.find(({ path }) => paths[path]?.[method.toLowerCase()] !== undefined);
  return (exact ?? matching[0])?.path;
}

function resolvePointer(
  path: string,
  method: string,
  status: number,
  { paths }: OpenApi,
): string | undefined {
  const published = paths[path]?.[method.toLowerCase()]?.responses[String(status)];
  const reference = (published as { readonly $ref?: string } | undefined)?.$ref;
  const schema = published?.content?.["application/json"]?.schema;
  const escape = (text: string) =>
    encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
  if (reference !== undefined) return `${reference.slice(1)}/content/application~1json/schema`;
  if (schema === undefined) return undefined;
  return `/paths/${escape(path)}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`;
}

// Uploads have another host at GitHub, and the root folder has an empty path.
function nameTarget({ pathname }: URL): string {
  return pathname.replace(/^\/uploads\//, "/").replace(/\/(contents|tarball|zipball)$/, "/$1/.");
}

// OpenAPI 3.0 says `nullable` beside any schema; JSON Schema only knows it beside `type`.
function translate(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(translate);
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).filter(([key]) => key !== "example" && key !== "examples");
  // The alternatives overlap here and there (two kinds of error, say): one or more may fit.
  const { nullable, oneOf, ...rest }: Record<string, unknown> = Object.fromEntries(
    entries.map(([key, value]) => [key, translate(value)]),
  );
  // A text that is empty by default cannot also be an address by default.
  if (rest["default"] === "") delete rest["format"];
  const whole = oneOf === undefined ? rest : { ...rest, anyOf: oneOf };
  if (nullable !== true) return whole;
  return { anyOf: [whole, { type: "null" }] };
}
