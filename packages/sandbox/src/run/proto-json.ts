import { createRequire } from "node:module";
import protobuf, { type Field, type INamespace, type Type } from "protobufjs/light.js";
import { ApiError } from "../google-identity/api-error.ts";

const servicePackage = "google.cloud.run.v2";
let root: protobuf.Root | undefined;

// The messages as Google publishes them decide which fields there are, not our memory of them.
function lookupType(name: string): Type {
  root ??= protobuf.Root.fromJSON(
    createRequire(import.meta.url)("@google-cloud/run/build/protos/protos.json") as INamespace,
  );
  return root.lookupType(name.includes(".") ? name : `${servicePackage}.${name}`);
}

/**
 * A message in proto3 JSON as a client may send it, brought to the one form it is kept in: names in
 * camelCase, enums by name, whole numbers of 64 bits as strings, output-only fields and default
 * values left out.
 *
 * @param typeName message in `google.cloud.run.v2`, or a full name
 * @param path where the value stands in the request, for messages
 * @throws ApiError 400 for an unknown field or a wrong type
 * @see https://protobuf.dev/programming-guides/json/
 */
export function readMessage(typeName: string, value: unknown, path: string): JsonObject {
  return readFields(lookupType(typeName), value, path);
}

/** A JSON object in proto3's form. */
export type JsonObject = Readonly<Record<string, unknown>>;

function readFields(type: Type, value: unknown, path: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badValue(path, type.name, value);
  }
  const entries = Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
    const field = findField(type, name);
    if (field === undefined) {
      throw new ApiError(
        "INVALID_ARGUMENT",
        `Invalid JSON payload received. Unknown name "${name}" at '${path}': Cannot find field.`,
      );
    }
    if (item === null || isOutputOnly(field)) return [];
    const read = readField(field, item, path === "" ? field.name : `${path}.${field.name}`);
    return isDefault(field, read) ? [] : [[field.name, read]];
  });
  return Object.fromEntries(entries);
}

function findField(type: Type, name: string): Field | undefined {
  return type.fields[name] ?? type.fields[camelCase(name)];
}

/** `snake_case` as `camelCase`. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function isOutputOnly(field: Field): boolean {
  return field.options?.["(google.api.field_behavior)"] === "OUTPUT_ONLY";
}

function isDefault(field: Field, value: unknown): boolean {
  const hasPresence = field.partOf !== null || field.options?.["proto3_optional"] === true;
  if (Array.isArray(value)) return value.length === 0;
  if (field.map) return Object.keys(value as JsonObject).length === 0;
  if (hasPresence) return false;
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return resolvedType.values[String(value)] === 0;
  return (
    value === 0 || value === "" || value === false || (value === "0" && field.type === "int64")
  );
}

function readField(field: Field, value: unknown, path: string): unknown {
  field.resolve();
  if (field.repeated) {
    if (!Array.isArray(value)) throw badValue(path, "list", value);
    return value.map((item, index) => readValue(field, item, `${path}[${index}]`));
  }
  if (!field.map) return readValue(field, value, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badValue(path, "map", value);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, readValue(field, item, `${path}.${key}`)]),
  );
}

function readValue(field: Field, value: unknown, path: string): unknown {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Enum) return readEnum(resolvedType, value, path);
  if (resolvedType !== null) {
    // Times and durations are strings in JSON.
    if (resolvedType.fullName.startsWith(".google.protobuf.")) return readText(value, path);
    return readFields(resolvedType, value, path);
  }
  switch (type) {
    case "bool":
      if (typeof value !== "boolean") throw badValue(path, "TYPE_BOOL", value);
      return value;
    case "int32": {
      const number = typeof value === "string" && value !== "" ? Number(value) : value;
      if (typeof number !== "number" || (number | 0) !== number) {
        throw badValue(path, "TYPE_INT32", value);
      }
      return number;
    }
    case "int64":
      if (!/^-?\d{1,19}$/.test(String(value))) throw badValue(path, "TYPE_INT64", value);
      return String(value);
    default:
      return readText(value, path);
  }
}

function readText(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw badValue(path, "TYPE_STRING", value);
}

function readEnum(known: protobuf.Enum, value: unknown, path: string): string {
  const name = typeof value === "number" ? known.valuesById[value] : value;
  if (typeof name === "string" && known.values[name] !== undefined) return name;
  throw badValue(path, `type.googleapis.com${known.fullName.replace(/^\./, "/")}`, value);
}

function badValue(path: string, expected: string, found: unknown): ApiError {
  return new ApiError(
    "INVALID_ARGUMENT",
    `Invalid value at '${path}' (${expected}), ${JSON.stringify(found) ?? "nothing"}`,
  );
}

/**
 * A message with its enums as numbers, for clients that ask for `enum-encoding=int`; an `Any`
 * (`@type`) within is converted by its own type.
 */
export function encodeEnumsAsNumbers(typeName: string, message: JsonObject): JsonObject {
  return numberFields(lookupType(typeName), message);
}

function numberFields(type: Type, message: JsonObject): JsonObject {
  const anyType = message["@type"];
  const actual =
    typeof anyType === "string" ? lookupType(anyType.replace("type.googleapis.com/", "")) : type;
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => {
      const field = actual.fields[name];
      if (field === undefined) return [name, value];
      field.resolve();
      const convert = (item: unknown): unknown => numberValue(field, item);
      return [name, Array.isArray(value) ? value.map(convert) : convert(value)];
    }),
  );
}

function numberValue(field: Field, value: unknown): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return resolvedType.values[String(value)] ?? value;
  const isMessage = resolvedType !== null && typeof value === "object" && value !== null;
  return isMessage && !field.map ? numberFields(resolvedType, value as JsonObject) : value;
}
