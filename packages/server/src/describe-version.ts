import type { Identity } from "./http/protocol.ts";
import type { OutputName } from "./http/open-inference-protocol.ts";
import type { ServedVersion } from "./load-version.ts";

/** Who answers. */
export function identityOf({ manifest }: ServedVersion): Identity {
  return { model: manifest.model, version: manifest.version };
}

/** What `GET /metadata` says: enough to know which model this is and how to ask it. */
export function describeVersion(version: ServedVersion, slipway: string): object {
  const { manifest, digest, signature, classes, kind, engine, columns } = version;
  return {
    ...identityOf(version),
    digest,
    created: manifest.created,
    task: manifest.run.task ?? kind,
    target: manifest.run.target,
    classes,
    columns: columns.map(({ name, kind: columnKind, expected }) => ({
      name,
      kind: columnKind,
      expected,
    })),
    signature,
    engine,
    server: { name: "slipway", version: slipway },
  };
}

/** The outputs that the Open Inference Protocol names. */
export function outputNames({ kind }: ServedVersion): readonly OutputName[] {
  return kind === "regression" ? ["prediction"] : ["label", "probabilities"];
}

const datatypes = {
  number: "FP64",
  integer: "INT64",
  text: "BYTES",
  boolean: "BOOL",
  date: "BYTES",
} as const;

/** The model's metadata in the Open Inference Protocol's form; -1 stands for any number of rows. */
export function describeForOpenInference(version: ServedVersion): object {
  const { manifest, columns, classes } = version;
  const outputs = {
    label: { name: "label", datatype: "BYTES", shape: [-1] },
    probabilities: { name: "probabilities", datatype: "FP64", shape: [-1, classes.length] },
    prediction: { name: "prediction", datatype: "FP64", shape: [-1] },
  };
  return {
    name: manifest.model,
    versions: [manifest.version],
    platform: "onnx_onnxv1",
    inputs: columns.map(({ name, kind }) => ({ name, datatype: datatypes[kind], shape: [-1, 1] })),
    outputs: outputNames(version).map((name) => outputs[name]),
  };
}
