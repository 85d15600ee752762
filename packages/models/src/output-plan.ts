import { DataError, InputError, suggestNearest } from "#core";
import type { ElementType } from "./onnx-proto.ts";

/** What a model is for, where the caller knows it. */
export type PredictionTask = "classification" | "regression";

/** An output as the first run gave it; `width` is how many values a row has. */
export interface SeenOutput {
  readonly name: string;
  readonly type: ElementType;
  readonly width: number;
}

/** Where a classifier's scores stand: one output with a column a class, one output a class, or the positive class's score alone. */
export type ScoresPlan =
  | { readonly kind: "matrix"; readonly output: string; readonly width: number }
  | { readonly kind: "columns"; readonly outputs: readonly string[] }
  | { readonly kind: "positive"; readonly output: string };

/** Which output plays which role. */
export type OutputPlan =
  | { readonly kind: "regression"; readonly value: string }
  | {
      readonly kind: "classification";
      readonly label: string | null;
      readonly scores: ScoresPlan | null;
    };

/** What is known beside the outputs themselves. */
export interface PlanContext {
  readonly fileName: string;
  readonly task?: PredictionTask | undefined;
  /** The output that the user named. */
  readonly output?: string | undefined;
  readonly classNames: readonly string[] | null;
  readonly probabilityOutputs: ReadonlySet<string>;
}

/**
 * Gives each output its role by type and width, by the task and by the name that the user
 * gave. Throws when that leaves more than one reading, rather than guess.
 */
export function planOutputs(seen: readonly SeenOutput[], context: PlanContext): OutputPlan {
  const outputs = restrictToNamed(seen, context);
  const label = findLabel(outputs);
  const floats = outputs.filter(isFloat);
  if (context.task === "regression") return planRegression(floats, label, context);
  if (label === undefined) return planFloats(floats, context);
  return {
    kind: "classification",
    label: label.name,
    scores: planScores(floats, context),
  };
}

function restrictToNamed(seen: readonly SeenOutput[], context: PlanContext): readonly SeenOutput[] {
  const { output, task, fileName } = context;
  if (output === undefined) return seen;
  const named = seen.find(({ name }) => name === output);
  if (named === undefined) {
    const names = seen.map(({ name }) => name);
    throw new InputError({
      code: "OUTPUT_UNKNOWN",
      message: `output: ${fileName} has no readable output ${output} with a value a row.`,
      hint: suggestNearest(output, names),
    });
  }
  if (!isFloat(named) || task === "regression") return [named];
  // The label that belongs to the named scores stays.
  return [...seen.filter((one) => !isFloat(one)), named];
}

function isFloat({ type }: SeenOutput): boolean {
  return type === "float" || type === "double" || type === "float16";
}

function findLabel(outputs: readonly SeenOutput[]): SeenOutput | undefined {
  const candidates = outputs.filter((one) => !isFloat(one) && one.width === 1);
  return candidates.find(({ name }) => /label|class|pred/i.test(name)) ?? candidates[0];
}

function planRegression(
  floats: readonly SeenOutput[],
  label: SeenOutput | undefined,
  context: PlanContext,
): OutputPlan {
  const single = floats.filter(({ width }) => width === 1);
  const [only] = single;
  if (single.length === 1 && only !== undefined) return { kind: "regression", value: only.name };
  if (single.length > 1) throw ambiguous(single, context);
  if (label !== undefined && label.type !== "string")
    return { kind: "regression", value: label.name };
  throw new DataError({
    code: "NO_REGRESSION_OUTPUT",
    message: `${context.fileName} has no output of one number a row: ${describe(floats)}.`,
    hint: "Several targets at once are not supported yet: export one output a target, or use predict-command.",
  });
}

function planScores(floats: readonly SeenOutput[], context: PlanContext): ScoresPlan | null {
  const wide = floats.filter(({ width }) => width > 1);
  if (wide.length > 0) {
    const { name, width } = chooseProbabilities(wide, context);
    return { kind: "matrix", output: name, width };
  }
  const single = floats.filter(({ width }) => width === 1);
  const [only] = single;
  if (only === undefined) return null;
  if (single.length === 1) return { kind: "positive", output: only.name };
  const { classNames } = context;
  if (classNames?.length === single.length) {
    return { kind: "columns", outputs: orderByClass(single, classNames) };
  }
  throw ambiguous(single, context);
}

/** Outputs are called after their classes (`srain`, `ssun`); where they are not, their order is the classes'. */
function orderByClass(outputs: readonly SeenOutput[], classNames: readonly string[]): string[] {
  const names = outputs.map(({ name }) => name);
  const matched = classNames.map((one) => {
    const ending = names.filter((name) => name.endsWith(one));
    return ending.length === 1 ? ending[0] : undefined;
  });
  const usable = matched.filter((name) => name !== undefined);
  return new Set(usable).size === names.length ? usable : names;
}

function chooseProbabilities(wide: readonly SeenOutput[], context: PlanContext): SeenOutput {
  const [first] = wide;
  if (wide.length === 1 && first !== undefined) return first;
  for (const fits of [
    ({ name }: SeenOutput) => context.probabilityOutputs.has(name),
    ({ name }: SeenOutput) => /prob/i.test(name),
  ]) {
    const [only, ...others] = wide.filter(fits);
    if (only !== undefined && others.length === 0) return only;
  }
  throw ambiguous(wide, context);
}

function planFloats(floats: readonly SeenOutput[], context: PlanContext): OutputPlan {
  const [only] = floats;
  if (only === undefined) {
    throw new DataError({
      code: "NO_PREDICTION_OUTPUT",
      message: `${context.fileName} has no output with a label or a number for each row.`,
      hint: "Export the model with a batch dimension in its outputs, or use predict-command.",
    });
  }
  const classifies = context.task === "classification";
  if (floats.length > 1 && !classifies) throw ambiguous(floats, context);
  const isProbability = context.probabilityOutputs.has(only.name);
  if (floats.length === 1 && only.width === 1 && !classifies && !isProbability) {
    return { kind: "regression", value: only.name };
  }
  return { kind: "classification", label: null, scores: planScores(floats, context) };
}

function ambiguous(candidates: readonly SeenOutput[], { fileName }: PlanContext): InputError {
  return new InputError({
    code: "OUTPUT_AMBIGUOUS",
    message: `${fileName} has several outputs that could be the prediction: ${describe(candidates)}.`,
    hint: "Name one with output, and say the task (classification or regression).",
  });
}

function describe(outputs: readonly SeenOutput[]): string {
  const each = outputs.map(({ name, type, width }) => `${name} (${type}, ${width} a row)`);
  return each.length === 0 ? "none" : each.join(", ");
}
