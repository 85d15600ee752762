/** A number that exists. */
export interface Defined {
  readonly value: number;
  readonly reason?: undefined;
}

/** A number that does not exist, and why. */
export interface Undefined {
  readonly value: null;
  readonly reason: string;
}

/** A number, or `null` with the reason why there is none. */
export type Measured = Defined | Undefined;

/** Wraps a number that exists. */
export function defined(value: number): Defined {
  return { value };
}

/** Says that a metric has no value here, and why. */
export function undefinedBecause(reason: string): Undefined {
  return { value: null, reason };
}
