import { field, type FieldFor, type FieldOptions } from "./field.ts";

/** A number in a range. */
export function number<
  const O extends FieldOptions & {
    readonly min?: number;
    readonly max?: number;
    readonly whole?: boolean;
  },
>(description: string, options?: O): FieldFor<number, O> {
  const {
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
    whole = false,
  } = options ?? {};
  return field({
    description,
    ...(options as O),
    json: {
      type: whole ? "integer" : "number",
      ...(Number.isFinite(min) && { minimum: min }),
      ...(Number.isFinite(max) && { maximum: max }),
    },
    read: (raw: string) => {
      const value = Number(raw.trim());
      const fits =
        Number.isFinite(value) &&
        value >= min &&
        value <= max &&
        (!whole || Number.isInteger(value));
      if (fits) return value;
      throw new Error(`expected a ${whole ? "whole number" : "number"}${describeRange(min, max)}.`);
    },
  });
}

function describeRange(min: number, max: number): string {
  if (Number.isFinite(min) && Number.isFinite(max)) return ` from ${min} to ${max}`;
  if (Number.isFinite(min)) return ` of at least ${min}`;
  return Number.isFinite(max) ? ` of at most ${max}` : "";
}

/** How far two numbers may be apart: `absolute, relative`, such as `1e-5, 1e-4`; without the second it is 0. */
export function tolerance<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<{ readonly absolute: number; readonly relative: number }, O> {
  return field({ description, ...(options as O), read: parseTolerance });
}

function parseTolerance(raw: string): { readonly absolute: number; readonly relative: number } {
  const parts = raw.split(/[,\n]/).map((part) => Number(part.trim() || "nothing"));
  const [absolute, relative = 0] = parts;
  const fits = parts.length <= 2 && parts.every((part) => Number.isFinite(part) && part >= 0);
  if (absolute !== undefined && fits) return { absolute, relative };
  throw new Error(
    "expected an absolute and a relative tolerance of at least 0, such as `1e-5, 1e-4`.",
  );
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration such as `90s`, `10m` or `1h30m`, in milliseconds. */
export function duration<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<number, O> {
  return field({ description, ...(options as O), read: parseDurationMs });
}

/**
 * Reads `1h30m` as milliseconds.
 *
 * @throws Error that says what was expected
 */
export function parseDurationMs(raw: string): number {
  const compact = raw.replaceAll(/\s+/g, "");
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(compact)) {
    if (compact === "0") return 0;
    throw new Error("expected a duration such as 90s, 10m or 1h30m.");
  }
  let total = 0;
  for (const [, amount = "0", unit = "s"] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  return total;
}
