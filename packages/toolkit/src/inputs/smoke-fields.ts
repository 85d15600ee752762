import { SMOKE_METRICS } from "#core";
import { flag, oneOf } from "./choice-fields.ts";
import { duration, number, tolerance } from "./number-fields.ts";
import type { InferInputs } from "./parse-inputs.ts";
import { thresholds } from "./structured-fields.ts";
import { text } from "./text-fields.ts";

/**
 * How a deployed model is asked: inputs of smoke-test, and what the input `smoke` of deploy-cloud-run
 * may hold.
 */
export const smokeFields = {
  cases: text(
    "File of golden cases, one JSON object a line; by default the version's own `golden.jsonl`, `none` for no cases.",
  ),
  protocol: oneOf(
    ["auto", "slipway", "oip-v2", "vertex", "tf-serving"],
    "How the server is asked; `auto` is Slipway's own server's way.",
    { default: "auto" },
  ),
  tolerance: tolerance(
    "Absolute and relative tolerance of numbers in answers: the difference is at most `absolute + relative * |expected|`.",
    { default: "1e-5, 1e-4" },
  ),
  thresholds: thresholds("What must hold, one threshold a line.", {
    default: "error_rate == 0\nmismatches == 0\nbad_requests_accepted == 0",
    vocabulary: { metrics: SMOKE_METRICS, references: [] },
  }),
  requests: number("How many requests the latency is measured on; 0 measures none.", {
    default: "50",
    min: 0,
    max: 100_000,
    whole: true,
  }),
  concurrency: number("How many requests are under way at once without a `rate`.", {
    default: "4",
    min: 1,
    max: 256,
    whole: true,
  }),
  rate: number(
    "Requests a second, sent on time whether or not earlier ones were answered, so that a stall is counted.",
    { min: 0.01, max: 10_000 },
  ),
  warmup: number("Requests that are sent first and not counted.", {
    default: "5",
    min: 0,
    max: 1000,
    whole: true,
  }),
  timeout: duration("How long one answer may take.", { default: "10s" }),
  "ready-timeout": duration("How long the server may take to be ready.", { default: "2m" }),
  "bad-requests": flag(
    "Whether to send malformed, oversized and wrong-typed bodies, which must be answered with 4xx.",
    { default: "true" },
  ),
};

/** The inputs of {@link smokeFields} as the plan of a smoke test has them; the cases are found by whoever asks. */
export function smokePlanOf(inputs: InferInputs<typeof smokeFields>) {
  const { protocol, tolerance: allowed, thresholds: held, badRequests } = inputs;
  const { requests, concurrency, rate, warmup } = inputs;
  return {
    protocol: protocol === "auto" ? ("slipway" as const) : protocol,
    tolerance: allowed,
    thresholds: held,
    requests,
    concurrency,
    rate,
    warmup,
    timeoutMs: inputs.timeout,
    readyTimeoutMs: inputs.readyTimeout,
    badRequests,
  };
}
