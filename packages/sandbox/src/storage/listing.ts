import type { ObjectRecord } from "./records.ts";
import { invalid } from "./storage-errors.ts";

/** What a list asks for. */
export interface ListOptions {
  readonly prefix: string;
  readonly delimiter: string;
  readonly includeTrailingDelimiter: boolean;
  readonly startOffset: string;
  readonly endOffset: string;
  readonly maxResults: number;
  readonly pageToken: string | null;
}

/** One page of a list. */
export interface ListPage {
  readonly objects: readonly ObjectRecord[];
  readonly prefixes: readonly string[];
  readonly nextPageToken?: string;
}

const pageLimit = 1000;

/** Query parameters of a list. */
export const listParameters: readonly string[] = [
  "prefix",
  "delimiter",
  "includeTrailingDelimiter",
  "startOffset",
  "endOffset",
  "maxResults",
  "pageToken",
  "projection",
];

/**
 * The list options in a query.
 *
 * @throws ApiError 400 when one is malformed
 */
export function parseListOptions(query: URLSearchParams): ListOptions {
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    includeTrailingDelimiter: query.get("includeTrailingDelimiter") === "true",
    startOffset: query.get("startOffset") ?? "",
    endOffset: query.get("endOffset") ?? "",
    maxResults: parseMaxResults(query),
    pageToken: query.get("pageToken"),
  };
}

/** The page size asked for, at most 1,000. */
export function parseMaxResults(query: URLSearchParams): number {
  const text = query.get("maxResults") ?? String(pageLimit);
  if (!/^\d{1,9}$/.test(text)) throw invalid(`Invalid value for maxResults: ${text}`);
  const wanted = Number(text);
  return wanted === 0 ? pageLimit : Math.min(wanted, pageLimit);
}

/**
 * One page of the objects of a bucket, in the order of their names' UTF-8 bytes. Objects and
 * prefixes count together towards the page size.
 */
export function listPage(objects: readonly ObjectRecord[], options: ListOptions): ListPage {
  const { prefix, startOffset, endOffset, maxResults } = options;
  const after = options.pageToken === null ? undefined : decodePageToken(options.pageToken);
  const sorted = objects
    .filter(({ name }) => name.startsWith(prefix))
    .filter(({ name }) => startOffset === "" || compareNames(name, startOffset) >= 0)
    .filter(({ name }) => endOffset === "" || compareNames(name, endOffset) < 0)
    .sort((a, b) => compareNames(a.name, b.name));
  const found: ObjectRecord[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (const object of sorted) {
    const group = groupOf(object.name, options);
    const key = group ?? object.name;
    // A group's objects follow one another, so what was listed last is all there is to compare.
    if (after !== undefined && compareNames(key, after) <= 0) continue;
    if (key !== last && found.length + prefixes.length >= maxResults) {
      return { objects: found, prefixes, nextPageToken: encodePageToken(last ?? "") };
    }
    if (group !== undefined && key !== last) prefixes.push(group);
    const isListed =
      group === undefined || (options.includeTrailingDelimiter && key === object.name);
    if (isListed) found.push(object);
    last = key;
  }
  return { objects: found, prefixes };
}

function groupOf(name: string, { prefix, delimiter }: ListOptions): string | undefined {
  if (delimiter === "") return undefined;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : name.slice(0, at + delimiter.length);
}

function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function encodePageToken(name: string): string {
  return Buffer.from(name).toString("base64url");
}

function decodePageToken(token: string): string {
  const name = Buffer.from(token, "base64url").toString("utf8");
  if (encodePageToken(name) !== token) throw invalid("Invalid page token.");
  return name;
}
