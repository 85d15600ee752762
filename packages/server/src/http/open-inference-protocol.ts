import * as z from "zod/mini";
import { describePath } from "#core";
import { answerOf } from "../answers.ts";
import type { Identity, PredictProtocol, PredictRequest, ScoredRows } from "./protocol.ts";
import { refuseFaults, refuseShape, type Refusal } from "./refusal.ts";

const datatypes = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;

const inferRequestSchema = z.object({
  id: z.optional(z.string()),
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int().check(z.nonnegative())),
      datatype: z.enum(datatypes),
      data: z.array(z.unknown()),
    }),
  ),
  outputs: z.optional(z.array(z.object({ name: z.string() }))),
});
type InferRequest = z.infer<typeof inferRequestSchema>;
type InputTensor = InferRequest["inputs"][number];

/** The model's outputs by name, in the order in which they are answered. */
export type OutputName = "label" | "probabilities" | "prediction";

/** Open Inference Protocol v2 in JSON: one tensor a column in; label and probabilities, or prediction, out. */
export function openInferenceProtocol(
  identity: Identity,
  outputs: readonly OutputName[],
): PredictProtocol {
  return {
    decode: (body) => {
      const read = inferRequestSchema.safeParse(body);
      if (!read.success) {
        const faults = read.error.issues.map(
          ({ path, message }) => `${describePath(path)}: ${message}`,
        );
        return { refusal: refuseShape(`The body is no inference request. ${faults.join(" ")}`) };
      }
      return decodeRequest(read.data, { identity, outputs });
    },
    encodeRefusal: ({ message }) => JSON.stringify({ error: message }),
  };
}

interface Answering {
  readonly identity: Identity;
  readonly outputs: readonly OutputName[];
}

function decodeRequest(
  request: InferRequest,
  { identity, outputs }: Answering,
): PredictRequest | { readonly refusal: Refusal } {
  const tensors = request.inputs.map((input) => ({ ...input, data: input.data.flat(4) }));
  const rows = tensors[0]?.shape[0] ?? 0;
  const faults = tensors.flatMap((tensor, at) =>
    findTensorFaults(tensor, rows).map((message) => ({ path: `inputs[${at}]`, message })),
  );
  const names = tensors.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (rows === 0) faults.push({ path: "inputs", message: "expected tensors of at least one row" });
  if (twice !== undefined) faults.push({ path: "inputs", message: `${twice} is given twice` });
  const wanted = request.outputs?.map(({ name }) => name) ?? outputs;
  const unknown = wanted.filter((name) => !outputs.some((known) => known === name));
  if (unknown.length > 0) {
    const message = `there is no output ${unknown.join(", ")}; there are ${outputs.join(", ")}`;
    faults.push({ path: "outputs", message });
  }
  if (faults.length > 0) return { refusal: refuseFaults(faults) };
  const chosen = outputs.filter((name) => wanted.includes(name));
  return {
    instances: toInstances(tensors, rows),
    ids: null,
    pathOf: ({ kind, row, column }) => {
      const at = names.indexOf(column ?? "");
      if (at < 0) return `inputs (${column})`;
      const tensor = `inputs[${at}] (${column})`;
      return kind === "value" ? `${tensor}.data[${row}]` : tensor;
    },
    encode: (scored) => encodeAnswer(scored, { identity, chosen, id: request.id }),
  };
}

function findTensorFaults({ name, shape, data }: InputTensor, rows: number): readonly string[] {
  const [first, ...rest] = shape;
  if (first === undefined || rest.some((size) => size !== 1)) {
    return [`${name} has the shape [${shape.join(", ")}], expected one column: [${rows}, 1]`];
  }
  if (first !== rows) return [`${name} has ${first} rows, the first tensor has ${rows}`];
  if (data.length !== rows) return [`${name} has ${data.length} values for ${rows} rows`];
  return [];
}

function toInstances(
  tensors: readonly InputTensor[],
  rows: number,
): readonly Readonly<Record<string, unknown>>[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(tensors.map(({ name, data }) => [name, data[row]])),
  );
}

interface AnswerForm {
  readonly identity: Identity;
  readonly chosen: readonly OutputName[];
  readonly id: string | undefined;
}

function encodeAnswer(scored: ScoredRows, { identity, chosen, id }: AnswerForm): string {
  return JSON.stringify({
    model_name: identity.model,
    model_version: identity.version,
    ...(id !== undefined && { id }),
    outputs: chosen.map((name) => outputTensor(name, scored)),
  });
}

function outputTensor(
  name: OutputName,
  { predictions, start, rows }: ScoredRows,
): Readonly<Record<string, unknown>> {
  const answers = Array.from({ length: rows }, (_, row) => answerOf(predictions, start + row));
  switch (name) {
    case "label":
      return {
        name,
        datatype: "BYTES",
        shape: [rows],
        data: answers.map(({ prediction }) => prediction),
      };
    case "prediction":
      return {
        name,
        datatype: "FP64",
        shape: [rows],
        data: answers.map(({ prediction }) => prediction),
      };
    case "probabilities": {
      const classes = predictions.kind === "classification" ? predictions.classes : [];
      return {
        name,
        datatype: "FP64",
        shape: [rows, answers[0]?.scores?.length ?? 0],
        parameters: { classes: JSON.stringify(classes) },
        data: answers.flatMap(({ scores }) => scores ?? []),
      };
    }
  }
}
