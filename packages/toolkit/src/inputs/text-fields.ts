import { field, type FieldFor, type FieldOptions } from "./field.ts";
import { readNames, writeNames } from "./name-list.ts";

/** Any text, trimmed. */
export function text<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  return field({ description, ...(options as O), read: (raw: string) => raw.trim() });
}

/** Several texts, one a line; empty lines and `#` comments left out. */
export function lines<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<readonly string[], O> {
  return field({
    description,
    ...(options as O),
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: (raw: string): readonly string[] => splitLines(raw),
  });
}

/** Several names, separated by commas or lines; one in double quotes may hold commas itself. */
export function names<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<readonly string[], O> {
  return field({
    description,
    ...(options as O),
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    writeList: writeNames,
    read: readNames,
  });
}

function splitLines(raw: string): readonly string[] {
  return raw
    .split(/\r?\n/)
    .map((item) => item.trim())
    .filter((item) => item !== "" && !item.startsWith("#"));
}
