import { isModelName, parseVersion } from "#core";
import {
  field,
  flag,
  inputs,
  lines,
  modelName,
  oneOf,
  parserOf,
  settingsFields,
  text,
  versionSelector,
  type InferInputs,
} from "#toolkit";

/** The inputs of register-version; action.yml and the README are made from them. */
export const schema = inputs({
  model: modelName("Name of the model.", { required: true }),
  "run-directory": text("Where train-model and evaluate-gate left their files.", {
    default: "slipway-run",
  }),
  version: field({
    description:
      "The version to register, e.g. `v2.0.0`; with `stage` and no run, the version to assign (also `latest` or `previous`).",
    read: (raw: string) => {
      const written = raw.trim();
      const version = parseVersion(written);
      if (version !== undefined) return version;
      if (isModelName(written) && !/^v?\d/.test(written)) return written;
      throw new Error(
        "expected a semantic version such as v1.4.0, or latest, previous or a stage.",
      );
    },
  }),
  bump: oneOf(
    ["major", "minor", "patch"],
    "The bump, where the rule's is not wanted: major, minor or patch.",
  ),
  "allow-smaller-bump": flag("Whether `bump` or `version` may be smaller than the rule's.", {
    default: "false",
  }),
  stage: field({
    description: "Assign this stage at once, e.g. `staging`.",
    read: (raw: string) => {
      if (isModelName(raw.trim())) return raw.trim();
      throw new Error("expected a stage's name: letters, digits, -, _ and /.");
    },
  }),
  deprecate: flag("Mark the whole model as deprecated.", { default: "false" }),
  deregister: versionSelector(
    "Take this version out of the history's view; its tag and release stay.",
  ),
  "require-verdict": oneOf(
    ["not-fail", "pass", "none"],
    "Which evaluations may become a version: `not-fail` refuses a failed one, `pass` needs a passed one, `none` needs none.",
    { default: "not-fail" },
  ),
  release: flag("Whether to make a GitHub Release.", { default: "true" }),
  assets: lines("Further files of the run directory for the release, one a line."),
  notes: text("Text for the top of the release's model card."),
  prerelease: oneOf(
    ["until-production", "true", "false"],
    "Whether the release is marked as a prerelease; `until-production` until the version first reaches production.",
    { default: "until-production" },
  ),
  destination: text(
    "Where push-artifact will put the files, e.g. `gs://acme-models`; recorded as the version's home.",
  ),
  reason: text("Why, for the tag's message.", { default: "registered by a workflow" }),
  token: text("Token that may write contents.", { secret: true }),
  ...settingsFields,
});
export type Inputs = InferInputs<typeof schema>;
/** Reads the inputs; every fault is reported at once. */
export const parseInputs = parserOf(schema);
