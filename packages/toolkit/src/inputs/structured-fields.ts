import { parseThresholds, type Threshold, type ThresholdVocabulary } from "#core";
import { parseDocument as parseYaml } from "yaml";
import { field, type FieldFor, type FieldOptions } from "./field.ts";

/** A map written as YAML or JSON. */
export function yamlMap<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<Readonly<Record<string, unknown>>, O> {
  return field({
    description,
    ...(options as O),
    json: { type: ["object", "string"] },
    read: readYamlMap,
  });
}

function readYamlMap(raw: string): Readonly<Record<string, unknown>> {
  const document = parseYaml(raw);
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`expected YAML; ${fault.message.split("\n")[0]}`);
  const value: unknown = document.toJS();
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error("expected a YAML map of names and values, such as `depth: 6`.");
}

/** Thresholds, one a line. */
export function thresholds<const O extends FieldOptions>(
  description: string,
  options: O & { readonly vocabulary: ThresholdVocabulary },
): FieldFor<readonly Threshold[], O> {
  return field({
    description,
    ...options,
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: (raw: string) => parseThresholds(raw, options.vocabulary),
  });
}
