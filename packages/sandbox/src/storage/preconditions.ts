import { conditionNotMet, invalid } from "./storage-errors.ts";
import { ApiError } from "../google-identity/api-error.ts";
import type { ObjectRecord } from "./records.ts";

/** What must hold of an object for a call to go on; generation 0 stands for "there is none". */
export interface Preconditions {
  readonly generationMatch?: string;
  readonly generationNotMatch?: string;
  readonly metagenerationMatch?: string;
  readonly metagenerationNotMatch?: string;
}

/** Query parameters of preconditions on the object that a call is about. */
export const preconditionNames: readonly string[] = [
  "ifGenerationMatch",
  "ifGenerationNotMatch",
  "ifMetagenerationMatch",
  "ifMetagenerationNotMatch",
];

/** Query parameters of preconditions on the source of a copy. */
export const sourcePreconditionNames: readonly string[] = preconditionNames.map((name) =>
  name.replace(/^if/, "ifSource"),
);

/**
 * The preconditions in a query.
 *
 * @param prefix `if`, or `ifSource` for the source of a copy
 * @throws ApiError 400 when one is not a number
 */
export function parsePreconditions(query: URLSearchParams, prefix = "if"): Preconditions {
  const read = (name: string): string | undefined => {
    const value = query.get(prefix + name);
    if (value === null) return undefined;
    if (/^\d{1,19}$/.test(value)) return value;
    throw invalid(`Invalid value for ${prefix}${name}: ${value}`, { reason: "invalidParameter" });
  };
  const found = {
    generationMatch: read("GenerationMatch"),
    generationNotMatch: read("GenerationNotMatch"),
    metagenerationMatch: read("MetagenerationMatch"),
    metagenerationNotMatch: read("MetagenerationNotMatch"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/**
 * Checks preconditions against the object there is.
 *
 * @param reading for a read, an unmet `NotMatch` is a 304 and no error
 * @throws ApiError 412 (or 304) when one does not hold
 */
export function checkPreconditions(
  wanted: Preconditions,
  object: ObjectRecord | undefined,
  reading = false,
): void {
  const generation = object?.generation ?? "0";
  const metageneration = String(object?.metageneration ?? 0);
  const { generationMatch, metagenerationMatch } = wanted;
  if (generationMatch !== undefined && generationMatch !== generation) throw conditionNotMet();
  if (metagenerationMatch !== undefined && metagenerationMatch !== metageneration) {
    throw conditionNotMet();
  }
  if (
    wanted.generationNotMatch === generation ||
    wanted.metagenerationNotMatch === metageneration
  ) {
    throw reading ? notModified() : conditionNotMet();
  }
}

function notModified(): ApiError {
  return new ApiError("FAILED_PRECONDITION", "Not Modified", { code: 304, reason: "notModified" });
}
