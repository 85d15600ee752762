import { InputError, isStageName } from "#core";
import {
  duration,
  field,
  flag,
  inputs,
  modelName,
  number,
  oneOf,
  parseDurationMs,
  parserOf,
  settingsFields,
  text,
  versionSelector,
  type InferInputs,
} from "#toolkit";
import { readEnvironmentMap, readSecretMap, readTextMap } from "./container-values.ts";
import { readRolloutThresholds } from "./rollout-thresholds.ts";
import { readSmokeSetting, type SmokeSetting } from "./smoke-setting.ts";

const INGRESS = ["all", "internal", "internal-and-cloud-load-balancing"] as const;
const bothForms = { type: ["object", "string"] } as const;

/** The inputs of deploy-cloud-run; action.yml and the README are made from them. */
export const schema = inputs({
  mode: oneOf(
    ["deploy", "rollback", "status"],
    "`deploy` rolls a version out, `rollback` gives all traffic back to an earlier version at once, `status` only looks.",
    { default: "deploy" },
  ),
  model: modelName("Name of the model.", { required: true }),
  version: versionSelector(
    "The version, e.g. `v1.2.0`, `latest` or a stage; by default `latest`, for a rollback `previous`: the newest earlier version of the environment that was never rolled back.",
  ),
  service: text("Name of the Cloud Run service.", { required: true }),
  region: text("Region of the service, e.g. `europe-west1`.", { required: true }),
  project: text(
    "Google Cloud project; by default GOOGLE_CLOUD_PROJECT's or that of the credentials.",
  ),
  image: field({
    description:
      "The model server's image by digest (`…@sha256:…`), for instance Slipway's own; it gets `MODEL_URI`, `MODEL_VERSION` and `MODEL_DIGEST`. A deployment needs it.",
    read: readImage,
  }),
  strategy: oneOf(
    ["canary", "blue-green", "all-at-once"],
    "`canary` goes by `steps`, `blue-green` switches after the smoke test and watches once, `all-at-once` switches after the smoke test.",
    { default: "canary" },
  ),
  steps: field({
    description: "The candidate's percent of the traffic, step by step; the last one is 100.",
    default: "5,25,50,100",
    json: {
      oneOf: [{ type: "string" }, { type: "array", items: { type: "integer" } }],
    },
    read: readSteps,
  }),
  "bake-time": duration("How long each step is watched at least.", { default: "10m" }),
  "max-hold": duration("How long a rollout may stay at a step that could not be judged.", {
    default: "24h",
  }),
  thresholds: field({
    description:
      "What the candidate must hold at each look, one threshold a line: `error_rate`, `p50_ms`, `p95_ms`, `p99_ms` against a number or `stable`. `stable + 50%` of a latency allows at least 50 ms.",
    default: "error_rate <= stable + 0.005\np95_ms <= stable + 50%",
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: readRolloutThresholds,
  }),
  smoke: field({
    description:
      "smoke-test's own inputs as a map (`requests`, `thresholds`, `cases`, …), or `false` for no smoke test before traffic.",
    default: "true",
    json: { type: ["object", "string", "boolean"] },
    read: (raw: string): SmokeSetting => readSmokeSetting(raw),
  }),
  "on-inconclusive": oneOf(
    ["hold", "advance", "pass", "fail"],
    "When a look cannot tell: `hold` stays at the step, `advance` goes on to the next, `pass` promotes, `fail` rolls back.",
    { default: "hold" },
  ),
  "min-requests": number("Fewest requests to the candidate that a look is judged on.", {
    default: "50",
    min: 1,
    max: 1_000_000,
    whole: true,
  }),
  "metrics-timeout": duration("How long Cloud Monitoring may lag behind a look's end.", {
    default: "5m",
  }),
  cpu: field({
    description: "CPUs of an instance, e.g. `1`, `2` or `500m`; unchanged when not given.",
    read: readPattern(/^(?:\d+(?:\.\d+)?|\d+m)$/, "CPUs such as 1, 2 or 500m"),
  }),
  memory: field({
    description: "Memory of an instance, e.g. `512Mi` or `2Gi`; unchanged when not given.",
    read: readPattern(/^\d+(?:\.\d+)?(?:Mi|Gi|M|G)$/, "memory such as 512Mi or 2Gi"),
  }),
  concurrency: number("Most requests that one instance handles at once.", {
    min: 1,
    max: 1000,
    whole: true,
  }),
  "min-instances": number("Instances that the service keeps warm.", {
    min: 0,
    max: 1000,
    whole: true,
  }),
  "max-instances": number("Most instances of a revision.", { min: 1, max: 10_000, whole: true }),
  timeout: field({
    description: "How long a request may take, from 1s to 60m.",
    read: readRequestTimeout,
  }),
  env: field({
    description:
      "Environment variables as a map of names and values; `null` takes one out. Others stay as they are.",
    json: bothForms,
    read: readEnvironmentMap,
  }),
  secrets: field({
    description:
      "Environment variables from Secret Manager: a map of names and `secret` or `secret:version`.",
    json: bothForms,
    read: readSecretMap,
  }),
  "service-account": text("Account that the service runs as."),
  ingress: oneOf(INGRESS, "Where requests may come from; unchanged when not given."),
  "allow-unauthenticated": flag(
    "Whether everybody may call the service; unchanged when not given. A first deployment stays private without it.",
  ),
  "service-labels": field({
    description: "Labels of the service as a map; others stay as they are.",
    json: bothForms,
    read: readLabels,
  }),
  "startup-probe": field({
    description:
      "Path that answers 2xx once the server is ready, e.g. `/ready`; unchanged when not given.",
    read: readPattern(/^\/\S*$/, "a path that begins with /"),
  }),
  environment: field({
    description:
      "GitHub environment of the Deployment, stage that the version gets, and environment of slipway.yml.",
    default: "production",
    read: (raw: string) => {
      const name = raw.trim();
      if (isStageName(name)) return name;
      throw new Error("expected a stage's name: letters, digits, -, _ and /.");
    },
  }),
  reason: text("Why, for the stage tag's message.", { default: "deployed by a workflow" }),
  destination: text(
    "Where push-artifact puts files, e.g. `gs://acme-models`; used for a version that was registered without one.",
  ),
  "dry-run": flag("Let Cloud Run check the change and say what would happen; change nothing.", {
    default: "false",
  }),
  upload: oneOf(["auto", "false"], "Whether deployment.json becomes an artifact of the run.", {
    default: "auto",
  }),
  "run-directory": text("Where deployment.json is written.", { default: "slipway-run" }),
  token: text("Token that may write contents (stage tags) and deployments.", { secret: true }),
  config: settingsFields.config,
});
export type Inputs = InferInputs<typeof schema>;
/** Reads the inputs; every fault is reported at once. */
export const parseInputs = parserOf(schema);

function readImage(raw: string): string {
  const image = raw.trim();
  if (/^\S+@sha256:[0-9a-f]{64}$/.test(image)) return image;
  throw new InputError({
    code: "IMAGE_NOT_PINNED",
    message: "expected an image by digest, name@sha256:<64 hexadecimal digits>.",
    hint: "A tag can be moved while a rollout runs. Read its digest with `gcloud artifacts docker images describe IMAGE --format='value(image_summary.digest)'`.",
  });
}

function readSteps(raw: string): readonly number[] {
  const steps = raw
    .split(/[,\s]+/)
    .filter((part) => part !== "")
    .map((part) => Number(part.replace(/%$/, "")));
  const rising = steps.every(
    (step, index) =>
      Number.isInteger(step) && step >= 1 && step <= 100 && step > (steps[index - 1] ?? 0),
  );
  if (rising && steps.at(-1) === 100) return steps;
  throw new Error("expected rising whole percentages that end with 100, such as 5,25,50,100.");
}

function readPattern(pattern: RegExp, expected: string): (raw: string) => string {
  return (raw) => {
    const value = raw.trim();
    if (pattern.test(value)) return value;
    throw new Error(`expected ${expected}.`);
  };
}

function readRequestTimeout(raw: string): number {
  const milliseconds = parseDurationMs(raw);
  if (milliseconds >= 1000 && milliseconds <= 3_600_000) return milliseconds;
  throw new Error("expected a duration from 1s to 60m.");
}

function readLabels(raw: string): Readonly<Record<string, string>> {
  const labels = readTextMap(raw);
  const bad = Object.entries(labels).find(
    ([name, value]) =>
      !/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(name) ||
      value === null ||
      !/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value),
  );
  if (bad === undefined) return labels as Readonly<Record<string, string>>;
  throw new Error(
    `expected labels of lower-case letters, digits, - and _, at most 63 characters; found ${bad[0]}: ${bad[1]}.`,
  );
}
