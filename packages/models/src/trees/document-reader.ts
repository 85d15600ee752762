import { treeFault } from "./tree-faults.ts";

/** A part of a JSON-like document with its path, for messages. */
export interface DocumentPart {
  readonly value: unknown;
  readonly path: string;
  readonly fileName: string;
}

/** The part under a key; `undefined` as its value where there is none. */
export function partOf(part: DocumentPart, key: string): DocumentPart {
  const { value, path, fileName } = part;
  const found = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return { value: found, path: path === "" ? key : `${path}.${key}`, fileName };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value)
  );
}

/** Throws a DataError that says what stands there and what was expected. */
export function partFault(part: DocumentPart, expected: string): Error {
  return treeFault(part.fileName, `${part.path} is ${show(part.value)}, ${expected} was expected`);
}

function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return `a list of ${(value as unknown as ArrayLike<unknown>).length}`;
  }
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The text there. */
export function textIn(part: DocumentPart): string {
  if (typeof part.value === "string") return part.value;
  throw partFault(part, "a text");
}

/** A whole number from 0 on, which XGBoost writes as text; `fallback` where nothing stands there. */
export function countIn(part: DocumentPart, fallback?: number): number {
  const { value } = part;
  if (value === undefined && fallback !== undefined) return fallback;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  throw partFault(part, "a whole number from 0 on");
}

/** The parts of a list, at least `fewest` of them. */
export function listIn(part: DocumentPart): readonly DocumentPart[] {
  const { value, path, fileName } = part;
  if (!Array.isArray(value)) throw partFault(part, "a list");
  return value.map((one: unknown, at) => ({ value: one, path: `${path}[${at}]`, fileName }));
}

/** The numbers of a list, `length` of them where that is known. */
export function numbersIn(part: DocumentPart, length?: number): ArrayLike<number> {
  const { value } = part;
  const isList =
    Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (!isList) throw partFault(part, "a list of numbers");
  const numbers = value as unknown as ArrayLike<unknown>;
  if (length !== undefined && numbers.length !== length) {
    throw partFault(part, `a list of ${length}`);
  }
  return Array.isArray(value) ? plainNumbers(value, part) : (value as unknown as ArrayLike<number>);
}

/** JSON has no NaN: `null` stands for it. */
function plainNumbers(list: readonly unknown[], part: DocumentPart): readonly number[] {
  return list.map((one, at) => {
    if (typeof one === "number") return one;
    if (one === null) return Number.NaN;
    if (typeof one === "boolean") return Number(one);
    throw partFault({ ...part, path: `${part.path}[${at}]`, value: one }, "a number");
  });
}

/** The texts of a list. */
export function textsIn(part: DocumentPart): readonly string[] {
  return listIn(part).map(textIn);
}
