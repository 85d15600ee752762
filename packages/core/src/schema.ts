import * as z from "zod/mini";
import english from "zod/v4/locales/en.js";
import { DataError } from "./errors.ts";

/** `sha256:` and 64 hexadecimal digits. */
export const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/));
/** ISO 8601 in UTC. */
export const instant = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/));
/** `v1.4.0` */
export const versionText = z.templateLiteral(["v", z.string()]);
/** A number, or `null` where it does not exist. */
export const numberOrNull = z.nullable(z.number());

/** A file's path below a folder, parted by `/`: documents come from elsewhere, and files are written where they say. */
export const pathInside = z
  .string()
  .check(
    z.regex(
      /^(?![/\\]|[A-Za-z]:[/\\])(?!(?:[\s\S]*[/\\])?\.\.(?:[/\\]|$))[^\0]+$/,
      "expected a path below its folder: relative and without ..",
    ),
  );

/**
 * Reads a document of one kind from JSON text. Unknown fields are kept.
 *
 * @throws DataError `INVALID_DOCUMENT` with the path of each wrong field
 */
export function parseDocument<T>(schema: z.ZodMiniType<T>, text: string, file: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError({
      code: "INVALID_JSON",
      message: `${file} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "The file may be cut off or was edited by hand; write it again with the action that makes it.",
      place: { file },
      cause,
    });
  }
  const result = schema.safeParse(value, { error: english().localeError });
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${describePath(issue.path)}: ${issue.message.replace(/^Invalid input: /, "")}`,
  );
  throw new DataError({
    code: "INVALID_DOCUMENT",
    message: `${file} is not what it should be.\n${faults.map((fault) => `- ${fault}`).join("\n")}`,
    hint: "The paths above are wrong; unknown extra fields are fine. Was it written by another version of Slipway?",
    place: { file },
  });
}

/** `metrics.test.accuracy`, `files[2].digest`, or `the document` for the root. */
export function describePath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "the document";
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

/** A document as it is written to disk: two-space JSON with a final newline. */
export function formatDocument(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
