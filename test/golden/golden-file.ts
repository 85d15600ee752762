import { readFileSync } from "node:fs";
import { expect } from "vitest";

/** The cases of one golden file. */
export function readGolden<Case>(name: string): readonly Case[] {
  const url = new URL(`../fixtures/golden/${name}`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { cases: Case[] }).cases;
}

/** A number of a golden file, where NaN and the infinities are strings. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw new TypeError(`not a number of a golden file: ${JSON.stringify(value)}`);
}

/** Whether two numbers agree to a relative tolerance, or an absolute one near zero. */
export function isClose(
  found: number,
  expected: number,
  relative = 1e-9,
  absolute = 1e-12,
): boolean {
  if (Object.is(found, expected) || found === expected) return true;
  return Math.abs(found - expected) <= Math.max(relative * Math.abs(expected), absolute);
}

/** A metric as golden files write it: a number, an undefined one, or a value with a warning. */
export type Golden = number | string | UndefinedGolden | { readonly value: number | string };

interface UndefinedGolden {
  readonly undefined: true;
  readonly returns?: unknown;
  readonly zero_division_0?: number;
  readonly zero_division_1?: number;
}

/** Whether a golden value says that the metric is undefined. */
export function isUndefined(golden: Golden): golden is UndefinedGolden {
  return typeof golden === "object" && "undefined" in golden;
}

/** Expects a metric to be what a golden file says: its number, or none with a reason. */
export function expectMeasured(
  found: { readonly value: number | null; readonly reason?: string | undefined },
  golden: Golden,
  relative = 1e-9,
): void {
  if (isUndefined(golden)) {
    expect(found).toEqual({ value: null, reason: expect.stringMatching(/\w/u) as string });
    return;
  }
  const expected = numberOf(typeof golden === "object" ? golden.value : golden);
  if (found.value === null || !isClose(found.value, expected, relative))
    expect(found).toEqual({ value: expected });
  expect(found.value).not.toBeNull();
}
