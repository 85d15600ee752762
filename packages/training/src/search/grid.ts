import { InputError } from "#core";
import type { Dimension, ParamValue, SearchSpace } from "./space.ts";

/** Ranges are not cut finer than this when a grid is made of them. */
const maxGridSize = 100_000;

/**
 * How many points the grid has.
 *
 * @throws InputError when a float range has no step, or the grid is too large
 */
export function countGrid(space: SearchSpace): number {
  const size = space.reduce((product, dimension) => product * countValues(dimension), 1);
  if (size > maxGridSize) {
    throw new InputError({
      code: "GRID_TOO_LARGE",
      message: `The grid has ${size} points; at most ${maxGridSize} are searched.`,
      hint: "Give fewer values, or use algorithm: tpe.",
    });
  }
  return size;
}

/** Point `index` of the grid (modulo its size); the last param changes fastest. */
export function suggestGrid(
  space: SearchSpace,
  index: number,
): Readonly<Record<string, ParamValue>> {
  let rest = index % countGrid(space);
  const entries = space.toReversed().map((dimension): readonly [string, ParamValue] => {
    const count = countValues(dimension);
    const value = valueAt(dimension, rest % count);
    rest = Math.floor(rest / count);
    return [dimension.name, value];
  });
  return Object.fromEntries(entries.reverse());
}

function countValues(dimension: Dimension): number {
  if (dimension.kind === "choice") return dimension.choices.length;
  if (dimension.step !== null) {
    return Math.round((dimension.high - dimension.low) / dimension.step) + 1;
  }
  throw new InputError({
    code: "GRID_NEEDS_STEPS",
    message: `search.${dimension.name} is a range without a step, which no grid can try out.`,
    hint: "List its values, give it a step, or use algorithm: random or tpe.",
  });
}

function valueAt(dimension: Dimension, index: number): ParamValue {
  if (dimension.kind === "choice") return dimension.choices[index] ?? "";
  const value = dimension.low + index * (dimension.step ?? 1);
  return Number(value.toPrecision(12));
}
