import type { GoldenCase } from "#core";
import type { ProbeRequest } from "./request.ts";

/** A way of asking for predictions. */
export type ProtocolName = "slipway" | "oip-v2" | "vertex" | "tf-serving";

/** How a protocol asks and where it says that it is ready. */
export interface Protocol {
  readonly name: ProtocolName;
  readonly readyPaths: readonly string[];
  readonly predictPath: string;
  encode(request: GoldenCase["request"]): ProbeRequest;
  /** Predictions in an answer, a value an instance; `undefined` when the answer has not that form. */
  decode(text: string): readonly unknown[] | undefined;
}

/** The protocol of that name for one model. */
export function protocolOf(name: ProtocolName, model: string): Protocol {
  switch (name) {
    case "slipway":
      return instancesProtocol({
        name,
        readyPaths: ["/ready", "/health"],
        predictPath: "/predict",
      });
    case "vertex":
      return instancesProtocol({ name, readyPaths: ["/health"], predictPath: "/predict" });
    case "tf-serving": {
      const base = `/v1/models/${encodeURIComponent(model)}`;
      return instancesProtocol({ name, readyPaths: [base], predictPath: `${base}:predict` });
    }
    case "oip-v2":
      return openInferenceProtocol(model);
  }
}

function instancesProtocol(parts: Pick<Protocol, "name" | "readyPaths" | "predictPath">): Protocol {
  return {
    ...parts,
    encode: (request) => ({
      method: "POST",
      path: parts.predictPath,
      body: JSON.stringify(request),
    }),
    decode: (text) => {
      const predictions = field(parseJson(text), "predictions");
      return Array.isArray(predictions) ? predictions : undefined;
    },
  };
}

/** Open Inference Protocol: one tensor a column in, one tensor an output out. */
function openInferenceProtocol(model: string): Protocol {
  const predictPath = `/v2/models/${encodeURIComponent(model)}/infer`;
  return {
    name: "oip-v2",
    readyPaths: ["/v2/health/ready"],
    predictPath,
    encode: ({ instances }) => {
      const names = [...new Set(instances.flatMap((instance) => Object.keys(instance)))];
      const inputs = names.map((name) => {
        const data = instances.map((instance) => instance[name] ?? null);
        const numeric = data.every((value) => typeof value === "number" || value === null);
        return { name, shape: [instances.length, 1], datatype: numeric ? "FP64" : "BYTES", data };
      });
      return { method: "POST", path: predictPath, body: JSON.stringify({ inputs }) };
    },
    decode: (text) => {
      const outputs = field(parseJson(text), "outputs");
      if (!Array.isArray(outputs)) return undefined;
      return outputs.map((output) => field(output, "data"));
    },
  };
}

/** JSON, or `undefined`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
