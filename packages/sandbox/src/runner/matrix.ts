import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/** GitHub's limit of jobs that one matrix makes. */
const maxCombinations = 256;

/** `strategy:` after evaluation. */
export interface Strategy {
  readonly failFast: boolean;
  readonly maxParallel: number | undefined;
  /** One combination a job; a job without matrix has one empty combination. */
  readonly combinations: readonly JsonObject[];
}

function crossProduct(axes: readonly (readonly [string, readonly Json[]])[]): JsonObject[] {
  let combinations: JsonObject[] = [{}];
  for (const [name, values] of axes) {
    combinations = combinations.flatMap((combination) =>
      values.map((value) => ({ ...combination, [name]: value })),
    );
  }
  return combinations;
}

function matches(combination: JsonObject, pattern: JsonObject): boolean {
  return Object.entries(pattern).every(([key, value]) =>
    isDeepStrictEqual(combination[key], value),
  );
}

function objectsOf(value: Json | undefined, name: string): readonly JsonObject[] {
  if (value === undefined || value === null || value === "") return [];
  if (!Array.isArray(value) || !value.every(isJsonObject)) {
    throw new Error(`matrix.${name} must be a list of mappings`);
  }
  return value;
}

function addIncludes(
  base: readonly JsonObject[],
  axisNames: readonly string[],
  includes: readonly JsonObject[],
): JsonObject[] {
  const extended = base.map((combination) => ({ ...combination }));
  const added: JsonObject[] = [];
  for (const include of includes) {
    const shared = axisNames.filter((name) => name in include);
    const fitting = extended.filter((_, index) =>
      shared.every((name) => isDeepStrictEqual(base[index]?.[name], include[name])),
    );
    if (fitting.length === 0) added.push(include);
    for (const combination of fitting) Object.assign(combination, include);
  }
  return [...extended, ...added];
}

/**
 * Expands a matrix: the cross product of its lists, without what `exclude` matches, extended or
 * followed by what `include` names, as GitHub documents it.
 *
 * @throws Error for an empty or malformed matrix and above 256 combinations
 */
export function expandMatrix(matrix: Json): readonly JsonObject[] {
  if (!isJsonObject(matrix)) throw new Error("the matrix must be a mapping");
  const { include, exclude, ...rest } = matrix;
  const axes = Object.entries(rest).map(([name, values]) => {
    if (!Array.isArray(values)) throw new Error(`matrix.${name} must be a list`);
    if (values.length === 0) throw new Error(`matrix.${name} has no values`);
    return [name, values as readonly Json[]] as const;
  });
  const excludes = objectsOf(exclude, "exclude");
  const base =
    axes.length === 0
      ? []
      : crossProduct(axes).filter(
          (combination) => !excludes.some((pattern) => matches(combination, pattern)),
        );
  const axisNames = axes.map(([name]) => name);
  const combinations = addIncludes(base, axisNames, objectsOf(include, "include"));
  if (combinations.length === 0) throw new Error("the matrix has no combination");
  if (combinations.length > maxCombinations) {
    throw new Error(`the matrix makes ${combinations.length} jobs, more than ${maxCombinations}`);
  }
  return combinations;
}

/** Reads an evaluated `strategy:`. */
export function readStrategy(strategy: Json): Strategy {
  if (!isJsonObject(strategy))
    return { failFast: true, maxParallel: undefined, combinations: [{}] };
  const maxParallel = strategy["max-parallel"];
  const matrix = strategy["matrix"];
  return {
    failFast: strategy["fail-fast"] !== false,
    maxParallel: typeof maxParallel === "number" ? maxParallel : undefined,
    combinations: matrix === undefined || matrix === null ? [{}] : expandMatrix(matrix),
  };
}

/** The scalars of a combination, as they stand behind a job's name. */
export function describeCombination(combination: JsonObject): string {
  const scalars = (value: Json): string[] =>
    value !== null && typeof value === "object"
      ? Object.values(value).flatMap(scalars)
      : [String(value)];
  return Object.values(combination).flatMap(scalars).join(", ");
}
