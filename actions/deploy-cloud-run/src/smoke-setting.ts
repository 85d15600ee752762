import type { SmokePlan } from "#probe";
import { parserOf, smokeFields, smokePlanOf } from "#toolkit";
import { parse } from "yaml";

/** How a candidate is asked before it gets traffic, or that it is not. */
export type SmokeSetting =
  | { readonly kind: "off" }
  | {
      readonly kind: "on";
      /** File of golden cases; `null` for the release's, `none` for none. */
      readonly cases: string | null;
      readonly plan: Omit<SmokePlan, "url" | "headers" | "expectation">;
    };

const parseSmokeInputs = parserOf(smokeFields);

/**
 * Reads the input `smoke`: `true`, `false`, or a map of smoke-test's inputs.
 *
 * @throws Error that lists every fault of the map
 */
export function readSmokeSetting(raw: string): SmokeSetting {
  const value: unknown = parse(raw);
  if (value === false) return { kind: "off" };
  const given = value === true || value === null ? {} : value;
  if (typeof given !== "object" || Array.isArray(given))
    throw new Error("expected false, or a map of smoke-test's inputs such as `requests: 20`.");
  const read = parseSmokeInputs(
    Object.fromEntries(
      Object.entries(given).map(([name, item]) => [name, { text: textOf(item), origin: null }]),
    ),
  );
  return { kind: "on", cases: read.cases, plan: smokePlanOf(read) };
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join("\n");
  return typeof value === "string" ? value : JSON.stringify(value);
}
