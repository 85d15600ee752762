import type { Random } from "#stats";
import type { Dimension, ParamValue, SearchSpace } from "./space.ts";

/** Params drawn from the whole space, each on its own: uniform, or uniform by ratio. */
export function suggestRandom(
  space: SearchSpace,
  random: Random,
): Readonly<Record<string, ParamValue>> {
  return Object.fromEntries(space.map((dimension) => [dimension.name, draw(dimension, random)]));
}

function draw(dimension: Dimension, random: Random): ParamValue {
  if (dimension.kind === "choice") {
    return dimension.choices[Math.floor(random.uniform() * dimension.choices.length)] ?? "";
  }
  const { from, to } = rangeOf(dimension);
  return toValue(dimension, from + random.uniform() * (to - from));
}

/** A range as a search moves in it: in logarithms where so asked, half a step wider where values are discrete. */
export function rangeOf(dimension: Exclude<Dimension, { kind: "choice" }>): {
  readonly from: number;
  readonly to: number;
} {
  const half = (dimension.step ?? 0) / 2;
  const from = dimension.low - half;
  const to = dimension.high + half;
  return dimension.log ? { from: Math.log(from), to: Math.log(to) } : { from, to };
}

/** A place in {@link rangeOf}'s range as a param's value, on its step and within its ends. */
export function toValue(dimension: Exclude<Dimension, { kind: "choice" }>, place: number): number {
  const { low, high, step, log } = dimension;
  const value = log ? Math.exp(place) : place;
  const stepped = step === null ? value : low + Math.round((value - low) / step) * step;
  const kept = Math.min(Math.max(stepped, low), high);
  // A step like 0.1 leaves 0.30000000000000004 behind; nobody wants that in a record.
  return step === null ? kept : Number(kept.toPrecision(12));
}

/** A param's value as a place in {@link rangeOf}'s range. */
export function toPlace(dimension: Exclude<Dimension, { kind: "choice" }>, value: number): number {
  return dimension.log ? Math.log(value) : value;
}
