/** A smooth function: writes its gradient at `point` into `gradient` and returns its value. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

/** When to stop. */
export interface MinimizeOptions {
  /** Steps at most. */
  readonly maxSteps: number;
  /** Stop when no component of the gradient is larger. */
  readonly tolerance: number;
  /** Pairs of steps remembered, 10 by default. */
  readonly memory?: number;
  /** Called after each step with the value reached. */
  readonly onStep?: (step: number, value: number) => void;
}

/** Where the search ended. */
export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly steps: number;
  readonly converged: boolean;
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

/**
 * Minimum of a smooth convex function by limited-memory BFGS with a weak Wolfe line search.
 *
 * @see Nocedal, Wright (2006), Numerical Optimization, algorithm 7.4; Lewis, Overton (2013),
 * doi:10.1007/s10107-012-0514-2 for the bisection line search
 */
export function minimize(
  objective: Objective,
  start: Float64Array,
  options: MinimizeOptions,
): Minimum {
  let point = start.slice();
  let gradient = new Float64Array(point.length);
  let value = objective(point, gradient);
  const pairs: Pair[] = [];
  for (let step = 0; step < options.maxSteps; step += 1) {
    if (largest(gradient) <= options.tolerance) {
      return { point, value, steps: step, converged: true };
    }
    const direction = descend(gradient, pairs);
    const next = searchLine(objective, { point, gradient, value }, direction);
    if (next === null) return { point, value, steps: step, converged: false };
    remember(pairs, makePair({ point, gradient }, next), options.memory ?? 10);
    ({ point, gradient, value } = next);
    options.onStep?.(step + 1, value);
  }
  return {
    point,
    value,
    steps: options.maxSteps,
    converged: largest(gradient) <= options.tolerance,
  };
}

interface State {
  readonly point: Float64Array<ArrayBuffer>;
  readonly gradient: Float64Array<ArrayBuffer>;
  readonly value: number;
}

function makePair(from: Omit<State, "value">, to: State): Pair {
  const step = to.point.map((value, index) => value - (from.point[index] ?? 0));
  const change = to.gradient.map((value, index) => value - (from.gradient[index] ?? 0));
  return { step, change, inverse: 1 / dot(step, change) };
}

function remember(pairs: Pair[], pair: Pair, memory: number): void {
  if (!Number.isFinite(pair.inverse) || pair.inverse <= 0) return;
  pairs.push(pair);
  if (pairs.length > memory) pairs.shift();
}

/** The two-loop recursion: minus the inverse Hessian's estimate times the gradient. */
function descend(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const factors: number[] = [];
  for (const pair of pairs.toReversed()) {
    const factor = pair.inverse * dot(pair.step, direction);
    factors.push(factor);
    addScaled(direction, pair.change, -factor);
  }
  const newest = pairs.at(-1);
  const scale =
    newest === undefined
      ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)))
      : dot(newest.step, newest.change) / dot(newest.change, newest.change);
  for (let index = 0; index < direction.length; index += 1) {
    direction[index] = (direction[index] ?? 0) * scale;
  }
  pairs.forEach((pair, index) => {
    const factor = factors[pairs.length - 1 - index] ?? 0;
    addScaled(direction, pair.step, factor - pair.inverse * dot(pair.change, direction));
  });
  return direction;
}

const sufficientDecrease = 1e-4;
const curvature = 0.9;

function searchLine(objective: Objective, from: State, direction: Float64Array): State | null {
  const slope = dot(from.gradient, direction);
  if (!(slope < 0)) return null;
  let low = 0;
  let high = Infinity;
  let length = 1;
  let fallback: State | null = null;
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const point = from.point.map((value, index) => value + length * (direction[index] ?? 0));
    const gradient = new Float64Array(point.length);
    const value = objective(point, gradient);
    if (!(value <= from.value + sufficientDecrease * length * slope)) high = length;
    else {
      fallback = { point, gradient, value };
      if (dot(gradient, direction) >= curvature * slope) return fallback;
      low = length;
    }
    length = high === Infinity ? 2 * low : (low + high) / 2;
  }
  return fallback;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) {
    sum += (left[index] ?? 0) * (right[index] ?? 0);
  }
  return sum;
}

function addScaled(into: Float64Array, values: Float64Array, factor: number): void {
  for (let index = 0; index < into.length; index += 1) {
    into[index] = (into[index] ?? 0) + factor * (values[index] ?? 0);
  }
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
