import type { Signature } from "#core";
import type { TensorDeclaration } from "./onnx-graph.ts";

/** The file's own word for the inputs that count days: a JSON list of their names. */
const metadataKey = "date_inputs";

/** The inputs that a model file itself says take days since 1970-01-01 UTC. */
export function dateInputsOf(
  metadata: Readonly<Record<string, string>> | undefined,
): ReadonlySet<string> {
  const text = metadata?.[metadataKey];
  if (text === undefined) return new Set();
  try {
    const names: unknown = JSON.parse(text);
    return new Set(Array.isArray(names) ? names.filter((name) => typeof name === "string") : []);
  } catch {
    return new Set();
  }
}

/** Whether an input takes numbers that can count days; whole numbers would lose the time of day. */
export function canCountDays({ type }: Pick<TensorDeclaration, "type">): boolean {
  return type === "double" || type === "float";
}

/** The columns that a signature calls dates, by name. */
export function dateColumnsOf(signature: Signature | undefined): ReadonlySet<string> {
  const dates = (signature?.columns ?? []).filter(({ kind }) => kind === "date");
  return new Set(dates.map(({ name }) => name));
}
