import {
  inputs,
  modelName,
  oneOf,
  parserOf,
  settingsFields,
  smokeFields,
  text,
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
  ...smokeFields,
  auth: oneOf(
    ["auto", "google", "none"],
    "`google` sends an identity token for the URL, `auto` does so when Google credentials are there and the server asks for one.",
    { default: "auto" },
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
