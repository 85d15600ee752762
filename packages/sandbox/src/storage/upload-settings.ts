import { notImplemented } from "../google-identity/api-error.ts";
import type { ObjectDraft } from "./object-settings.ts";
import type { ObjectSettings } from "./records.ts";

/** Object settings with what the query and the headers say where the metadata does not. */
export function withHeaders(
  { settings }: ObjectDraft,
  query: URLSearchParams,
  contentType: string | undefined,
): ObjectSettings {
  const contentEncoding = query.get("contentEncoding");
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...settings,
    ...(contentEncoding === null ? {} : { contentEncoding }),
  };
}

/**
 * Refuses a projection with access control lists, which are not kept.
 *
 * @throws ApiError 501
 */
export function checkProjection(query: URLSearchParams): void {
  if (query.get("projection") === "full") throw notImplemented("projection=full");
}
