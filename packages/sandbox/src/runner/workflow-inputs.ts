import { literalText } from "./tokens.ts";
import type { Json } from "./json.ts";
import type { WorkflowInput } from "./workflow-model.ts";

function convertInput(name: string, input: WorkflowInput, value: Json): Json {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  switch (input.type) {
    case "boolean":
      if (text !== "true" && text !== "false")
        throw new Error(`input ${name}: expected true or false, found "${text}"`);
      return text === "true";
    case "number": {
      const number = Number(text);
      if (text === "" || !Number.isFinite(number))
        throw new Error(`input ${name}: expected a number, found "${text}"`);
      return number;
    }
    case "choice":
      if (!input.options.includes(text)) {
        throw new Error(`input ${name}: "${text}" is none of ${input.options.join(", ")}`);
      }
      return text;
    case "string":
    case "environment":
      return text;
  }
}

const emptyValues = { boolean: false, number: 0, string: "", choice: "", environment: "" } as const;

/**
 * The `inputs` context: given values and defaults, by the declared types.
 *
 * @throws Error naming an unknown, missing or wrong input
 */
export function resolveInputs(
  declared: ReadonlyMap<string, WorkflowInput>,
  given: Readonly<Record<string, Json>>,
): Record<string, Json> {
  const unknown = Object.keys(given).filter((name) => !declared.has(name));
  if (unknown.length > 0) {
    throw new Error(
      `Unexpected inputs: ${unknown.join(", ")}; the workflow declares ${[...declared.keys()].join(", ") || "none"}`,
    );
  }
  const inputs: Record<string, Json> = {};
  for (const [name, input] of declared) {
    const value = given[name] ?? literalText(input.default);
    if (value !== undefined && value !== null && value !== "")
      inputs[name] = convertInput(name, input, value);
    else if (input.required) throw new Error(`Required input '${name}' not provided`);
    else if (input.type === "choice") inputs[name] = input.options[0] ?? "";
    else inputs[name] = emptyValues[input.type];
  }
  return inputs;
}
