import { dirname } from "node:path/posix";
import type { FileEntry, Signature } from "#core";
import type { RunDirectory } from "#toolkit";
import { parseDocument } from "yaml";
import * as z from "zod/mini";

const columnSchema = z.looseObject({ name: z.optional(z.string()), type: z.string() });
const signatureSchema = z.looseObject({
  signature: z.looseObject({ inputs: z.string(), outputs: z.optional(z.nullable(z.string())) }),
});

type ColumnKind = Signature["columns"][number]["kind"];
const kinds: Readonly<Record<string, ColumnKind>> = {
  double: "number",
  float: "number",
  long: "integer",
  integer: "integer",
  string: "text",
  boolean: "boolean",
  datetime: "date",
};

/** The column signature of an MLflow `MLmodel` file among the run's; `null` where there is none or it is one of tensors. */
export async function readMlflowSignature(
  files: readonly FileEntry[],
  directory: Pick<RunDirectory, "readText">,
): Promise<Signature | null> {
  const described = files.find(({ format }) => format === "mlflow");
  if (described === undefined) return null;
  const document: unknown = parseDocument(await directory.readText(described.path)).toJS();
  const read = signatureSchema.safeParse(document);
  if (!read.success) return null;
  const columns = readColumns(read.data.signature.inputs);
  const outputs = readColumns(read.data.signature.outputs ?? "[]") ?? [];
  if (columns === null) return null;
  return {
    columns: columns.map(({ name, type }, index) => ({
      name: name ?? `input[${index}]`,
      kind: kinds[type] ?? "text",
      input: name ?? dirname(described.path),
      index: name === undefined ? index : 0,
    })),
    outputs: outputs.map(({ name, type }) => ({ name: name ?? "prediction", type, shape: [null] })),
  };
}

function readColumns(text: string): readonly z.infer<typeof columnSchema>[] | null {
  try {
    const read = z.array(columnSchema).safeParse(JSON.parse(text));
    return read.success && read.data.every(({ type }) => type in kinds) ? read.data : null;
  } catch {
    return null;
  }
}
