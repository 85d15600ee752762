import gammaln from "@stdlib/math-base-special-gammaln";

const largestSteps = 1_000_000;
const smallest = 1e-300;

/** log |Γ(x)| for every real x but 0 and the negative whole numbers, where it is Infinity. */
export function logGamma(x: number): number {
  return gammaln(x);
}

/**
 * The error of Stirling's formula: log Γ(a + 1) - (a + 1/2) log a + a - log(2π)/2.
 *
 * @see C. Loader, "Fast and accurate computation of binomial probabilities" (2000)
 */
export function stirlingError(a: number): number {
  if (a < 16) return logGamma(a + 1) - (a + 0.5) * Math.log(a) + a - 0.5 * Math.log(2 * Math.PI);
  const square = a * a;
  const tail = 1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360360 / square) / square) / square;
  return (1 / 12 - (1 / 360 - tail / square) / square) / a;
}

/** a log(a / x) + x - a without the cancellation where x is near a (Loader's deviance part). */
function deviance(a: number, x: number): number {
  const distance = x - a;
  if (Math.abs(distance) > 0.1 * (a + x)) return a * Math.log(a / x) + distance;
  // log(x / a) as 2 artanh of this ratio; its series loses no digits.
  const ratio = distance / (a + x);
  const square = ratio * ratio;
  let power = 2 * a * ratio * square;
  let sum = distance * ratio;
  for (let k = 3; k < 1000; k += 2) {
    const next = sum - power / k;
    if (next === sum) break;
    sum = next;
    power *= square;
  }
  return sum;
}

/** x^a e^-x / Γ(a + 1), by Loader's saddle point where the plain logarithm would lose digits. */
function poissonTerm(a: number, x: number): number {
  if (a < 10) return Math.exp(a * Math.log(x) - x - logGamma(a + 1));
  return Math.exp(-stirlingError(a) - deviance(a, x)) / Math.sqrt(2 * Math.PI * a);
}

/** Sum of x^k / ((a+1)...(a+k)); every term is positive. */
function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < largestSteps; k++) {
    term *= x / (a + k);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum;
}

/** The continued fraction of Γ(a, x) / (x^a e^-x), by Lentz's method. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / smallest;
  let d = 1 / b;
  let value = d;
  for (let k = 1; k < largestSteps; k++) {
    const numerator = -k * (k - a);
    b += 2;
    d = numerator * d + b;
    if (Math.abs(d) < smallest) d = smallest;
    c = b + numerator / c;
    if (Math.abs(c) < smallest) c = smallest;
    d = 1 / d;
    const factor = d * c;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}

/** Whether the power series of P is the better way; else the continued fraction of Q. */
function isSeriesBetter(a: number, x: number): boolean {
  return x < a + 1 && !(a < 1 && x > 0.5);
}

/**
 * Regularised lower incomplete gamma function P(a, x), in 0..1: series below a + 1, continued
 * fraction above (Numerical Recipes 6.2), scaled by Loader's saddle point.
 *
 * @param a above 0.
 * @param x 0 or more.
 * @returns NaN outside that range.
 */
export function regularizedGammaP(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) return Number.NaN;
  if (x === 0) return 0;
  if (x === Infinity) return 1;
  if (isSeriesBetter(a, x)) return Math.min(1, poissonTerm(a, x) * lowerSeries(a, x));
  return 1 - poissonTerm(a, x) * a * upperFraction(a, x);
}

/** Regularised upper incomplete gamma function Q = 1 - P, accurate in its tail. */
export function regularizedGammaQ(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) return Number.NaN;
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  if (isSeriesBetter(a, x)) return Math.max(0, 1 - poissonTerm(a, x) * lowerSeries(a, x));
  return poissonTerm(a, x) * a * upperFraction(a, x);
}
