import { ScalarType, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { DataError } from "#core";
import { ModelProtoSchema } from "./generated/onnx_pb.ts";
import { readVarint, skipRun, skipValue, wireTypes } from "./wire-format.ts";

/** Bytes of memory that a decoded model may take beside its raw weights. */
const MAX_DECODED_BYTES = 1.5 * 2 ** 30;
/** Messages within messages: some 40 subgraphs within one another, more than a model has. */
const MAX_DEPTH = 128;

/** About what the decoder makes of each thing, in bytes (measured on Node 24, rounded up). */
const costs = { node: 1000, message: 400, text: 150, integer64: 40, number: 12 } as const;

/** What a file is going to be once it is decoded. */
interface OnnxCensus {
  readonly nodes: number;
  readonly messages: number;
  readonly texts: number;
  readonly listedNumbers: number;
  readonly estimatedBytes: number;
}

/**
 * Walks a serialized ONNX model without decoding it and refuses one whose structure would fill
 * the memory (nodes, attributes, texts, lists by the million) or the stack (messages nested
 * without end). Raw weights cost nothing here: they are not copied. Throws a {@link DataError}.
 *
 * @returns whether the bytes are protobuf to their end, without groups
 */
export function scanOnnx(bytes: Uint8Array, fileName: string): boolean {
  const census = { nodes: 0, messages: 0, texts: 0, listedNumbers: 0, estimatedBytes: 0 };
  const pending: Span[] = [{ start: 0, end: bytes.length, message: ModelProtoSchema, depth: 0 }];
  for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
    if (span.depth > MAX_DEPTH) throw tooDeep(fileName);
    if (!walkFields(bytes, span, { census, pending })) return false;
    if (census.estimatedBytes > MAX_DECODED_BYTES) throw tooLarge(fileName, census);
  }
  return true;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly message: DescMessage;
  readonly depth: number;
}

interface Walk {
  readonly census: { -readonly [K in keyof OnnxCensus]: OnnxCensus[K] };
  readonly pending: Span[];
}

/** Counts the fields of one message; `false` where it is no protobuf. */
function walkFields(bytes: Uint8Array, span: Span, walk: Walk): boolean {
  const fields = fieldsOf(span.message);
  const { census } = walk;
  const cursor = { at: span.start, end: span.end };
  while (cursor.at < span.end && census.estimatedBytes <= MAX_DECODED_BYTES) {
    const tag = readVarint(bytes, cursor);
    if (tag < 0) return false;
    const field = fields.get(Math.floor(tag / 8));
    const wireType = tag % 8;
    if (wireType === wireTypes.delimited) {
      const length = readVarint(bytes, cursor);
      const start = cursor.at;
      if (length < 0 || start + length > span.end) return false;
      cursor.at += length;
      countDelimited(
        bytes,
        { field, inner: { start, end: cursor.at }, depth: span.depth + 1 },
        walk,
      );
      if (field?.fieldKind !== "list" || field.scalar !== ScalarType.BYTES) continue;
      const more = skipRun(bytes, cursor, tag);
      if (more < 0) return false;
      census.texts += more;
      census.estimatedBytes += more * costs.text;
      continue;
    }
    if (!skipValue(bytes, cursor, wireType)) return false;
    if (field === undefined) census.estimatedBytes += costs.text;
    if (field?.fieldKind !== "list") continue;
    const more = skipRun(bytes, cursor, tag);
    if (more < 0) return false;
    countNumbers(census, 1 + more, costs.integer64);
  }
  return true;
}

interface Delimited {
  readonly field: DescField | undefined;
  readonly inner: { readonly start: number; readonly end: number };
  readonly depth: number;
}

function countDelimited(bytes: Uint8Array, found: Delimited, { census, pending }: Walk): void {
  const { field, inner, depth } = found;
  const length = inner.end - inner.start;
  if (field?.message !== undefined) {
    const isNode = field.message.name === "NodeProto";
    if (isNode) census.nodes += 1;
    census.messages += 1;
    // Counted before it is walked, so that what is pending stays within the limit too.
    census.estimatedBytes += isNode ? costs.node : costs.message;
    if (length > 0) pending.push({ ...inner, message: field.message, depth });
    return;
  }
  const isPacked =
    field?.fieldKind === "list" &&
    field.scalar !== ScalarType.STRING &&
    field.scalar !== ScalarType.BYTES;
  if (isPacked) {
    const { count, cost } = countPacked(bytes, inner, field.scalar);
    countNumbers(census, count, cost);
    return;
  }
  census.texts += 1;
  census.estimatedBytes += costs.text + (field?.scalar === ScalarType.STRING ? length : 0);
}

function countNumbers(census: Walk["census"], count: number, cost: number): void {
  census.listedNumbers += count;
  census.estimatedBytes += count * cost;
}

function countPacked(
  bytes: Uint8Array,
  { start, end }: Delimited["inner"],
  scalar: ScalarType | undefined,
): { readonly count: number; readonly cost: number } {
  if (scalar === ScalarType.FLOAT) return { count: (end - start) / 4, cost: costs.number };
  if (scalar === ScalarType.DOUBLE) return { count: (end - start) / 8, cost: costs.number };
  let count = 0;
  // Each varint ends at a byte below 128.
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) < 0x80) count += 1;
  const isLong = scalar === ScalarType.INT64 || scalar === ScalarType.UINT64;
  return { count, cost: isLong ? costs.integer64 : costs.number };
}

const fieldMaps = new Map<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(message: DescMessage): ReadonlyMap<number, DescField> {
  const known = fieldMaps.get(message);
  if (known !== undefined) return known;
  const fields = new Map(message.fields.map((field) => [field.number, field]));
  fieldMaps.set(message, fields);
  return fields;
}

function tooDeep(fileName: string): DataError {
  return new DataError({
    code: "MODEL_TOO_DEEP",
    message: `${fileName}: its graphs are nested in one another more than ${MAX_DEPTH} messages deep.`,
    hint: "Export the model again; a model for tables needs a few levels at most.",
    place: { file: fileName },
  });
}

function tooLarge(fileName: string, census: OnnxCensus): DataError {
  const { nodes, texts, listedNumbers } = census;
  const counted = [
    `${nodes.toLocaleString("en")} nodes`,
    `${texts.toLocaleString("en")} texts`,
    `${listedNumbers.toLocaleString("en")} numbers in lists`,
  ].join(", ");
  return new DataError({
    code: "MODEL_TOO_LARGE",
    message: `${fileName}: reading its structure would take more than ${MAX_DECODED_BYTES / 2 ** 30} GiB of memory; counted up to there: ${counted}.`,
    hint: "Keep weights as raw data (onnx.save does) and the graph smaller, or score the model with predict-command.",
    place: { file: fileName },
  });
}
