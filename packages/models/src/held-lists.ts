import type { DescMessage, MessageShape, UnknownField } from "@bufbuild/protobuf";
import { create, mergeFromBinary } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
} from "./generated/onnx_pb.ts";
import type { AttributeProto, GraphProto, ModelProto, NodeProto } from "./onnx-proto.ts";
import type { WireCursor } from "./wire-format.ts";
import { LONGEST_VARINT, readVarint, skipRun, skipValue, wireTypes } from "./wire-format.ts";

/** Nodes of fewer bytes than this are decoded whole: their lists are short. */
const LONG_NODE_BYTES = 2 ** 16;
/** Attributes of fewer bytes than this are decoded whole. */
const LONG_ATTRIBUTE_BYTES = 2 ** 12;

const GRAPH_IN_MODEL = 7;
const NODE_IN_GRAPH = 1;
const ATTRIBUTE_IN_NODE = 5;
/** The lists of an `AttributeProto`, by field number. */
const listFields = { floats: 7, ints: 8, strings: 9 } as const;
const listNumbers: ReadonlySet<number> = new Set(Object.values(listFields));

/** What describes trees node by node or leaf by leaf; nothing but {@link integersOf} and its like reads it. */
const treeLists = /^(?:nodes|target|class|leaf)_|^tree_roots$/;

/**
 * Decodes a model that {@link scanOnnx} found whole, but leaves the lists of large tree
 * ensembles as the bytes that they are in the file, among the attribute's unknown fields: as
 * JavaScript's numbers and texts they take twenty times the memory, and few callers read them.
 * {@link integersOf}, {@link floatsOf} and {@link textsOf} read them; written again they are
 * the same. Throws what the decoder throws where a field is not as the schema has it.
 */
export function decodeHoldingLists(bytes: Uint8Array): ModelProto {
  const model = create(ModelProtoSchema);
  const takeOver: TakeOver = (field, length) => {
    if (field !== GRAPH_IN_MODEL || length < LONG_NODE_BYTES) return null;
    return (content) => {
      model.graph ??= create(GraphProtoSchema);
      mergeGraph(model.graph, content);
    };
  };
  mergeFields(ModelProtoSchema, model, { bytes, takeOver });
  return model;
}

function mergeGraph(graph: GraphProto, bytes: Uint8Array): void {
  const takeOver: TakeOver = (field, length) =>
    field === NODE_IN_GRAPH && length >= LONG_NODE_BYTES
      ? (content) => void graph.node.push(decodeNode(content))
      : null;
  mergeFields(GraphProtoSchema, graph, { bytes, takeOver });
}

function decodeNode(bytes: Uint8Array): NodeProto {
  const node = create(NodeProtoSchema);
  const takeOver: TakeOver = (field) =>
    field === ATTRIBUTE_IN_NODE
      ? (content) => void node.attribute.push(decodeAttribute(content))
      : null;
  mergeFields(NodeProtoSchema, node, { bytes, takeOver });
  return node;
}

function decodeAttribute(bytes: Uint8Array): AttributeProto {
  const attribute = create(AttributeProtoSchema);
  const runs = listRuns(bytes);
  let plainFrom = 0;
  const mergeUpTo = (end: number): void => {
    mergeFromBinary(AttributeProtoSchema, attribute, bytes.subarray(plainFrom, end));
  };
  for (const { start, end } of runs) {
    mergeUpTo(start);
    plainFrom = end;
  }
  mergeUpTo(bytes.length);
  // Only now is the name known, wherever it stands.
  const isHeld = treeLists.test(attribute.name);
  if (isHeld) attribute.$unknown = [...(attribute.$unknown ?? []), ...runs.map(({ held }) => held)];
  else
    for (const { start, end } of runs)
      mergeFromBinary(AttributeProtoSchema, attribute, bytes.subarray(start, end));
  return attribute;
}

/** Elements of one list that follow one another; the held data begins after the first one's tag, the other tags stand within. */
interface ListRun {
  readonly start: number;
  readonly end: number;
  readonly held: UnknownField;
}

function listRuns(bytes: Uint8Array): readonly ListRun[] {
  const runs: ListRun[] = [];
  const cursor = { at: 0, end: bytes.length };
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const tag = readTag(bytes, cursor);
    const value = cursor.at;
    skipElement(bytes, cursor, tag);
    if (!listNumbers.has(numberOf(tag))) continue;
    if (skipRun(bytes, cursor, tag) < 0) throw new RangeError("a list does not end");
    const data = bytes.subarray(value, cursor.at);
    runs.push({ start, end: cursor.at, held: { no: numberOf(tag), wireType: tag % 8, data } });
  }
  return runs;
}

/** Decodes a message's fields in their order; `takeOver` may want the content of a long one itself. */
function mergeFields<S extends DescMessage>(
  schema: S,
  message: MessageShape<S>,
  { bytes, takeOver }: { readonly bytes: Uint8Array; readonly takeOver: TakeOver },
): void {
  const cursor = { at: 0, end: bytes.length };
  let plainFrom = 0;
  const mergeUpTo = (end: number): void => {
    mergeFromBinary(schema, message, bytes.subarray(plainFrom, end));
  };
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const tag = readTag(bytes, cursor);
    const value = cursor.at;
    skipElement(bytes, cursor, tag);
    if (tag % 8 !== wireTypes.delimited || cursor.at - value < LONG_ATTRIBUTE_BYTES) continue;
    const take = takeOver(numberOf(tag), cursor.at - value);
    if (take === null) continue;
    mergeUpTo(start);
    plainFrom = cursor.at;
    const content = { at: value, end: cursor.at };
    readVarint(bytes, content);
    take(bytes.subarray(content.at, content.end));
  }
  mergeUpTo(bytes.length);
}

/** Who takes a field of a number and a length, if anybody. */
type TakeOver = (field: number, length: number) => ((content: Uint8Array) => void) | null;

function readTag(bytes: Uint8Array, cursor: WireCursor): number {
  const tag = readVarint(bytes, cursor);
  if (tag < 0) throw new RangeError("a field's tag does not end");
  return tag;
}

function skipElement(bytes: Uint8Array, cursor: WireCursor, tag: number): void {
  if (!skipValue(bytes, cursor, tag % 8)) throw new RangeError("a field's value does not end");
}

function numberOf(tag: number): number {
  return Math.floor(tag / 8);
}

/** An attribute's whole numbers, also those that are held as bytes; exact up to 2^53. */
export function integersOf(attribute: AttributeProto): readonly number[] {
  const held = readHeld(attribute, listFields.ints, readInteger);
  return held ?? attribute.ints.map(Number);
}

/** An attribute's 32-bit numbers, also those that are held as bytes. */
export function floatsOf(attribute: AttributeProto): readonly number[] {
  return readHeld(attribute, listFields.floats, readFloat) ?? attribute.floats;
}

const decoder = new TextDecoder();

/** An attribute's texts, also those that are held as bytes. */
export function textsOf(attribute: AttributeProto): readonly string[] {
  let last: Uint8Array = new Uint8Array(0);
  let text = "";
  const readText: ElementReader<string> = (bytes, cursor) => {
    const length = readVarint(bytes, cursor);
    const content = bytes.subarray(cursor.at, cursor.at + length);
    cursor.at += length;
    // Trees say one of a few words at every node, mostly the one before.
    if (Buffer.compare(content, last) !== 0) text = decoder.decode(content);
    last = content;
    return text;
  };
  const held = readHeld(attribute, listFields.strings, readText);
  return held ?? attribute.strings.map((bytes) => decoder.decode(bytes));
}

/** Reads one element and moves on. */
type ElementReader<T> = (bytes: Uint8Array, cursor: WireCursor) => T;

/** The elements of a list that is held as bytes; `null` where it is not. */
function readHeld<T>(
  attribute: AttributeProto,
  field: number,
  readElement: ElementReader<T>,
): readonly T[] | null {
  const runs = attribute.$unknown?.filter(({ no }) => no === field) ?? [];
  if (runs.length === 0) return null;
  const elements: T[] = [];
  for (const { data, wireType } of runs) {
    const cursor = { at: 0, end: data.length };
    const isPacked = wireType === WireType.LengthDelimited && field !== listFields.strings;
    while (cursor.at < data.length) {
      // Between elements stands the tag again; the first one's is not in the data.
      if (cursor.at > 0) readTag(data, cursor);
      if (!isPacked) {
        elements.push(readElement(data, cursor));
        continue;
      }
      const length = readVarint(data, cursor);
      const end = cursor.at + length;
      while (cursor.at < end) elements.push(readElement(data, cursor));
    }
  }
  return elements;
}

function readFloat(bytes: Uint8Array, cursor: WireCursor): number {
  const value = new DataView(bytes.buffer, bytes.byteOffset + cursor.at, 4).getFloat32(0, true);
  cursor.at += 4;
  return value;
}

/** Negative numbers are written as ten bytes of two's complement. */
function readInteger(bytes: Uint8Array, cursor: WireCursor): number {
  const start = cursor.at;
  const value = readVarint(bytes, cursor);
  if (cursor.at - start < LONGEST_VARINT || (bytes[cursor.at - 1]! & 1) === 0) return value;
  let complement = 0;
  for (let at = cursor.at - 2; at >= start; at -= 1) {
    complement = complement * 128 + (~bytes[at]! & 0x7f);
  }
  return -complement - 1;
}
