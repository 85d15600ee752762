import * as z from "zod/mini";
import { DataError, parseDocument } from "#core";

/** More than any topology needs; its weights are in files of their own. What it is read into takes twenty times that. */
const MAX_JSON_BYTES = 16 * 2 ** 20;

const weightSchema = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().check(z.nonnegative())),
  dtype: z.enum(["float32", "int32", "bool", "string", "complex64"]),
  quantization: z.optional(
    z.looseObject({
      dtype: z.enum(["uint8", "uint16", "float16"]),
      scale: z.optional(z.number()),
      min: z.optional(z.number()),
    }),
  ),
});

const modelJsonSchema = z.looseObject({
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(
    z.looseObject({ paths: z.array(z.string()), weights: z.array(weightSchema) }),
  ),
  generatedBy: z.optional(z.nullable(z.string())),
  convertedBy: z.optional(z.nullable(z.string())),
  userDefinedMetadata: z.optional(z.nullable(z.looseObject({}))),
});

/** A TensorFlow.js `model.json`. */
export type ModelJson = z.infer<typeof modelJsonSchema>;

/** One group of weights: the files that hold it one after another, and what is in them. */
export type WeightGroup = ModelJson["weightsManifest"][number];

/** Reads a `model.json`. Throws a {@link DataError} that names each place in it that is wrong. */
export function parseModelJson(bytes: Uint8Array, fileName: string): ModelJson {
  if (bytes.length > MAX_JSON_BYTES) {
    throw new DataError({
      code: "MODEL_JSON_TOO_LARGE",
      message: `${fileName} has ${bytes.length} bytes; a model.json of at most ${MAX_JSON_BYTES} is read.`,
      hint: "Weights belong into files of their own: save the model again (model.save, or tensorflowjs_converter).",
      place: { file: fileName },
    });
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return parseDocument(modelJsonSchema, text, fileName);
}
