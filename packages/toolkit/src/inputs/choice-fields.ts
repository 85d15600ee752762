import { findNearest } from "#core";
import { field, type FieldFor, type FieldOptions } from "./field.ts";

/** One of a few words. */
export function oneOf<const W extends readonly string[], const O extends FieldOptions>(
  words: W,
  description: string,
  options?: O,
): FieldFor<W[number], O> {
  return field({
    description,
    ...(options as O),
    json: { enum: words },
    read: (raw: string): W[number] => {
      const found = words.find((word) => word === raw.trim());
      if (found !== undefined) return found;
      const nearest = findNearest(raw.trim(), words);
      const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
      throw new Error(`expected one of ${words.join(", ")}.${hint}`);
    },
  });
}

/** `true` or `false`, as YAML 1.2 writes them. */
export function flag<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<boolean, O> {
  return field({
    description,
    ...(options as O),
    json: { type: "boolean" },
    read: (raw: string) => {
      const found = raw.trim().toLowerCase();
      if (found === "true") return true;
      if (found === "false") return false;
      throw new Error("expected true or false.");
    },
  });
}
