import { parseTolerance, SMOKE_METRICS } from "#probe/settings";
import {
  duration,
  field,
  flag,
  inputs,
  modelName,
  number,
  oneOf,
  parserOf,
  settingsFields,
  text,
  thresholds,
  url,
  versionSelector,
  type InferInputs,
} from "#toolkit";

/** The inputs of smoke-test; action.yml and the README are made from them. */
export const schema = inputs({
  url: url("Base URL of the deployed model: a tag URL or a service URL.", { required: true }),
  model: modelName("The model that is expected there; compared with what the server says it is."),
  version: versionSelector(
    "The version that is expected there, e.g. `v1.2.0`; also `latest` or a stage.",
  ),
  cases: text(
    "File of golden cases, one JSON object a line; by default the version's own `golden.jsonl`, `none` for no cases.",
  ),
  protocol: oneOf(
    ["auto", "slipway", "oip-v2", "vertex", "tf-serving"],
    "How the server is asked; `auto` is Slipway's own server's way.",
    {
      default: "auto",
    },
  ),
  tolerance: field({
    description:
      "Absolute and relative tolerance of numbers in answers: the difference is at most `absolute + relative * |expected|`.",
    default: "1e-5, 1e-4",
    read: parseTolerance,
  }),
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
  auth: oneOf(
    ["auto", "google", "none"],
    "`google` sends an identity token for the URL, `auto` does so when Google credentials are there and the server asks for one.",
    {
      default: "auto",
    },
  ),
  "auth-header": text("A header of your own instead, e.g. `x-api-key: …`.", { secret: true }),
  "id-token": text("An identity token for the URL, where the job has one already.", {
    secret: true,
  }),
  "run-directory": text("Where the report is written.", { default: "slipway-run" }),
  token: text("Token that may read contents, for the golden cases.", { secret: true }),
  ...settingsFields,
});
export type Inputs = InferInputs<typeof schema>;
/** Reads the inputs; every fault is reported at once. */
export const parseInputs = parserOf(schema);
