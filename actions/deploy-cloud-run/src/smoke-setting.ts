import type { SmokePlan } from "#probe";
import { parseTolerance, SMOKE_METRICS } from "#probe/settings";
import { duration, field, flag, inputs, number, oneOf, parserOf, text, thresholds } from "#toolkit";
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

/** smoke-test's inputs, as far as a rollout does not settle them itself. */
const parseSmokeInputs = parserOf(
  inputs({
    cases: text("File of golden cases; `none` for no cases."),
    protocol: oneOf(["auto", "slipway", "oip-v2", "vertex", "tf-serving"], "How it is asked.", {
      default: "auto",
    }),
    tolerance: field({
      description: "Absolute and relative tolerance.",
      default: "1e-5, 1e-4",
      read: parseTolerance,
    }),
    thresholds: thresholds("What must hold.", {
      default: "error_rate == 0\nmismatches == 0\nbad_requests_accepted == 0",
      vocabulary: { metrics: SMOKE_METRICS, references: [] },
    }),
    requests: number("Measured requests.", { default: "50", min: 0, max: 100_000, whole: true }),
    concurrency: number("At once.", { default: "4", min: 1, max: 256, whole: true }),
    rate: number("Requests a second.", { min: 0.01, max: 10_000 }),
    warmup: number("Uncounted requests.", { default: "5", min: 0, max: 1000, whole: true }),
    timeout: duration("Of one answer.", { default: "10s" }),
    "ready-timeout": duration("Until ready.", { default: "2m" }),
    "bad-requests": flag("Whether bad requests are sent.", { default: "true" }),
  }),
);

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
  const { cases, protocol, timeout, readyTimeout, ...others } = read;
  return {
    kind: "on",
    cases,
    plan: {
      ...others,
      protocol: protocol === "auto" ? "slipway" : protocol,
      timeoutMs: timeout,
      readyTimeoutMs: readyTimeout,
    },
  };
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join("\n");
  return typeof value === "string" ? value : JSON.stringify(value);
}
