import { ensureStatusFunction } from "./language.ts";
import { entriesOf, itemsOf, literalText, placeOf, refuse, type Template } from "./tokens.ts";
import { isBasicExpression } from "./language.ts";
import type { Condition, Step } from "./workflow-model.ts";
import type { Place } from "./tokens.ts";

/** Reads an `if:`; without a status function it also demands success. */
export function readCondition(template: Template | undefined, place: Place): Condition {
  if (template === undefined) return { expression: "success()", place };
  const { token } = template;
  const text = (isBasicExpression(token) ? token.expression : (literalText(template) ?? "")).trim();
  const expression = text === "" ? "success()" : ensureStatusFunction(text, token.definitionInfo);
  return { expression, place: placeOf(template) };
}

const unsupportedStepKeys = ["background", "wait", "wait-all", "cancel", "parallel"];

function readStep(template: Template): Step {
  const place = placeOf(template);
  const keys = entriesOf(template);
  for (const key of unsupportedStepKeys) {
    const value = keys.get(key);
    if (value)
      refuse(placeOf(value), `steps with \`${key}\` are not supported by the local runner`);
  }
  const base = {
    id: literalText(keys.get("id")),
    name: keys.get("name"),
    condition: readCondition(keys.get("if"), place),
    env: keys.get("env"),
    continueOnError: keys.get("continue-on-error"),
    timeoutMinutes: keys.get("timeout-minutes"),
    place,
  };
  const run = keys.get("run");
  if (run !== undefined) {
    return {
      ...base,
      kind: "run",
      run,
      shell: keys.get("shell"),
      workingDirectory: keys.get("working-directory"),
    };
  }
  const uses = keys.get("uses");
  const reference = literalText(uses);
  if (uses === undefined || reference === undefined)
    return refuse(place, "a step needs `run` or `uses`");
  if (reference.startsWith("docker://")) {
    return refuse(
      placeOf(uses),
      `${reference}: container actions are not supported by the local runner`,
    );
  }
  return { ...base, kind: "uses", uses: reference, with: keys.get("with") };
}

/** Reads a list of steps and refuses what the local runner cannot do. */
export function readSteps(template: Template | undefined): readonly Step[] {
  return itemsOf(template).map(readStep);
}
