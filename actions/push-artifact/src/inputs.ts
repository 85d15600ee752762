import { InputError } from "#core";
import {
  field,
  inputs,
  lines,
  modelName,
  number,
  parserOf,
  settingsFields,
  text,
  url,
  versionSelector,
  type InferInputs,
} from "#toolkit";

/** The inputs of push-artifact; action.yml and the README are made from them. */
export const schema = inputs({
  model: modelName("Name of the model.", { required: true }),
  version: versionSelector("The version to push, e.g. `v1.2.0`, `latest` or a stage.", {
    default: "latest",
  }),
  "run-directory": text(
    "Where the run's files are; what is not there is taken from the version's release.",
    { default: "slipway-run" },
  ),
  files: lines("Paths of the version to push, one a line; by default every file of its manifest."),
  destination: field({
    description:
      "`gs://bucket/prefix` or `file:///folder`; by default the home that the version was registered with.",
    read: (raw: string) => {
      const destination = raw.trim().replace(/\/+$/, "");
      if (/^(?:gs:\/\/[^/]+|file:\/\/\/)/.test(destination)) return destination;
      throw new InputError({
        code: "INVALID_DESTINATION",
        message: "expected gs://bucket/prefix or file:///folder.",
        ...(destination.startsWith("s3://") && { hint: "s3:// is not supported yet." }),
      });
    },
  }),
  "path-template": field({
    description: "Where under the destination a version's files go.",
    default: "{model}/{version}",
    read: (raw: string) => {
      const template = raw.trim();
      const unknown = [...template.matchAll(/\{([^}]*)\}/g)]
        .map(([, name]) => name)
        .find((name) => name !== "model" && name !== "version");
      if (unknown !== undefined)
        throw new Error(`expected only {model} and {version} in braces, found {${unknown}}.`);
      if (template.includes("{version}")) return template;
      throw new Error("expected {version} in it: versions would take each other's names.");
    },
  }),
  concurrency: number("How many files are uploaded at once.", {
    default: "8",
    min: 1,
    max: 64,
    whole: true,
  }),
  "chunk-mib": number("Size of a resumable upload's pieces in MiB.", {
    default: "16",
    min: 0.25,
    max: 1024,
  }),
  "cache-control": text("Cache-Control of the objects.", {
    default: "private, max-age=31536000, immutable",
  }),
  project: text("Project to bill where the requester pays."),
  endpoint: url("Endpoint of Cloud Storage, for those behind a proxy or a private endpoint."),
  token: text("Token that may read contents.", { secret: true }),
  ...settingsFields,
});
export type Inputs = InferInputs<typeof schema>;
/** Reads the inputs; every fault is reported at once. */
export const parseInputs = parserOf(schema);
