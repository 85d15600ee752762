import type { ServedColumn } from "../columns.ts";
import type { ServedVersion } from "../load-version.ts";

type Json = Readonly<Record<string, unknown>>;

/** The server's API as OpenAPI 3.1, made from the version's signature. */
export function describeApi(version: ServedVersion, slipway: string): Json {
  const { manifest, example } = version;
  return {
    openapi: "3.1.0",
    info: {
      title: `${manifest.model} ${manifest.version}`,
      version: manifest.version,
      description: `Predictions of the model ${manifest.model}, served by Slipway ${slipway}.`,
    },
    paths: {
      "/predict": { post: predictOperation(example) },
      ...readPaths(),
    },
    components: { schemas: schemasOf(version) },
  };
}

function predictOperation(example: Json): Json {
  return {
    operationId: "predict",
    summary: "Predicts one answer for each instance.",
    parameters: [
      {
        name: "X-Request-Id",
        in: "header",
        required: false,
        schema: { type: "string", maxLength: 200 },
        description: "The id under which the predictions are logged; made up when it is left out.",
      },
    ],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: reference("PredictRequest"),
          example: { instances: [example] },
        },
      },
    },
    responses: {
      "200": {
        ...jsonContent("PredictResponse", "One prediction an instance, in their order."),
        headers: identityHeaders,
      },
      "400": jsonContent("Error", "Not JSON, or not the right shape."),
      "413": jsonContent("Error", "Too many bytes or instances."),
      "415": jsonContent("Error", "Not application/json."),
      "422": jsonContent("Error", "Values that the model does not take, each with its path."),
      "500": jsonContent("Error", "The model could not answer."),
      "503": jsonContent("Error", "Not ready, or too many requests wait: see Retry-After."),
      "504": jsonContent("Error", "The answer took too long."),
    },
  };
}

const identityHeaders: Json = {
  "X-Model": { schema: { type: "string" }, description: "The model that answered." },
  "X-Model-Version": { schema: { type: "string" }, description: "Its version." },
  "X-Request-Id": { schema: { type: "string" }, description: "The id of this request." },
};

function readPaths(): Json {
  const reads = [
    ["/metadata", "getMetadata", "Model, version, digest, signature, classes."],
    ["/health", "getHealth", "Whether the process lives."],
    ["/ready", "getReady", "Whether predictions are answered; 503 while they are not."],
    ["/metrics", "getMetrics", "Counters for Prometheus, as text."],
  ] as const;
  return Object.fromEntries(
    reads.map(([path, operationId, summary]) => [
      path,
      {
        get: {
          operationId,
          summary,
          responses: {
            "200": {
              description: summary,
              content: path === "/metrics" ? { "text/plain": {} } : { "application/json": {} },
            },
            ...(path === "/ready" && { "503": { description: "Not ready yet, or no longer." } }),
          },
        },
      },
    ]),
  );
}

function schemasOf({ columns, classes, kind }: ServedVersion): Json {
  const isRegression = kind === "regression";
  const prediction = isRegression
    ? { type: ["number", "null"] }
    : { type: ["string", "null"], ...(classes.length > 0 && { enum: [...classes, null] }) };
  const scores = isRegression
    ? { type: "null" }
    : {
        type: ["object", "null"],
        properties: Object.fromEntries(classes.map((name) => [name, { type: ["number", "null"] }])),
        additionalProperties: { type: ["number", "null"] },
      };
  return {
    Instance: {
      type: "object",
      properties: Object.fromEntries(columns.map((column) => [column.name, schemaOf(column)])),
      required: columns.map(({ name }) => name),
      additionalProperties: false,
    },
    PredictRequest: objectOf(
      {
        instances: { type: "array", items: reference("Instance"), minItems: 1 },
        ids: {
          type: "array",
          items: { type: ["string", "integer"] },
          description: "An id of the caller's an instance, for the prediction log.",
        },
      },
      ["instances"],
    ),
    Prediction: objectOf({ prediction, scores }, ["prediction", "scores"]),
    PredictResponse: objectOf(
      {
        model: { type: "string" },
        version: { type: "string" },
        predictions: { type: "array", items: reference("Prediction") },
      },
      ["model", "version", "predictions"],
    ),
    Error: objectOf(
      {
        model: { type: "string" },
        version: { type: "string" },
        error: objectOf(
          {
            code: { type: "string" },
            message: { type: "string" },
            faults: {
              type: "array",
              items: objectOf({ path: { type: "string" }, message: { type: "string" } }, [
                "path",
                "message",
              ]),
            },
          },
          ["code", "message"],
        ),
      },
      ["error"],
    ),
  };
}

function objectOf(properties: Json, required: readonly string[]): Json {
  return { type: "object", properties, required };
}

/** JSON Schema of one column's values. */
function schemaOf({ kind, acceptsNull, expected }: ServedColumn): Json {
  const types = {
    number: ["number", "boolean"],
    integer: ["integer", "boolean"],
    text: ["string", "integer", "boolean"],
    boolean: ["boolean", "number"],
    date: ["string"],
  } as const;
  return {
    type: [...types[kind], ...(acceptsNull ? ["null"] : [])],
    description: `Expected: ${expected}.`,
  };
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function jsonContent(schema: string, description: string): Json {
  return { description, content: { "application/json": { schema: reference(schema) } } };
}
