/** How far numbers may be apart: at most `absolute + relative * |expected|`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** A place where an answer is not what was expected. */
export interface Difference {
  /** `[0].scores.rain` */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

const MOST_DIFFERENCES = 20;

/** Where two JSON values differ beyond a tolerance; shapes are strict, NaN (as `null` in JSON) equals itself only. */
export function findDifferences(
  expected: unknown,
  actual: unknown,
  tolerance: Tolerance,
): readonly Difference[] {
  const differences: Difference[] = [];
  collect({ path: "", expected, actual }, tolerance, differences);
  return differences;
}

function collect(pair: Difference, tolerance: Tolerance, into: Difference[]): void {
  if (into.length >= MOST_DIFFERENCES) return;
  const { path, expected, actual } = pair;
  if (typeof expected === "number" && typeof actual === "number") {
    const allowed = tolerance.absolute + tolerance.relative * Math.abs(expected);
    const equal = Object.is(expected, actual) || Math.abs(expected - actual) <= allowed;
    if (!equal) into.push(pair);
  } else if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) {
      into.push({ path: `${path}.length`, expected: expected.length, actual: actual.length });
      return;
    }
    for (const [index, item] of expected.entries()) {
      collect(
        { path: `${path}[${index}]`, expected: item, actual: actual[index] },
        tolerance,
        into,
      );
    }
  } else if (isRecord(expected) && isRecord(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      collect(
        {
          path: path === "" ? key : `${path}.${key}`,
          expected: expected[key],
          actual: actual[key],
        },
        tolerance,
        into,
      );
    }
  } else if (expected !== actual) into.push(pair);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
