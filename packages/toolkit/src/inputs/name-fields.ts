import { isModelName, parseVersion } from "#core";
import { field, type FieldFor, type FieldOptions } from "./field.ts";

/** A model's name in GTO's grammar. */
export function modelName<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  return field({
    description,
    ...(options as O),
    read: (raw: string) => {
      const name = raw.trim();
      if (isModelName(name)) return name;
      throw new Error(
        "expected a model name: letters, digits, -, _ and /, beginning and ending with a letter or digit.",
      );
    },
  });
}

/** `latest`, `previous`, a stage's name or `v1.2.3`; versions come back with their `v`. */
export function versionSelector<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  return field({
    description,
    ...(options as O),
    read: (raw: string) => {
      const selector = raw.trim();
      const version = parseVersion(selector);
      if (version !== undefined) return version;
      if (/^[a-zA-Z][\w/-]*$/.test(selector) && !/^v\d/.test(selector)) return selector;
      throw new Error("expected latest, previous, a stage or a version such as v1.2.3.");
    },
  });
}

/** A URL of one of the protocols. */
export function url<const O extends FieldOptions & { readonly protocols?: readonly string[] }>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  const protocols = options?.protocols ?? ["https:", "http:"];
  return field({
    description,
    ...(options as O),
    read: (raw: string) => {
      const parsed = URL.parse(raw.trim());
      if (parsed !== null && protocols.includes(parsed.protocol)) return raw.trim();
      throw new Error(
        `expected a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}.`,
      );
    },
  });
}
