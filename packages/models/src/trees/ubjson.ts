/** What UBJSON holds here: numbers, texts, lists (typed arrays where they are typed) and objects. */
export type UbjsonValue =
  | null
  | boolean
  | number
  | string
  | UbjsonArray
  | readonly UbjsonValue[]
  | { readonly [key: string]: UbjsonValue };

/** A list of numbers of one type. */
export type UbjsonArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array;

const DEEPEST = 64;
/** Empty lists take two bytes in the file and far more in memory. */
const MOST_CONTAINERS = 4_000_000;

const numberSizes: Readonly<Record<string, number>> = {
  i: 1,
  U: 1,
  I: 2,
  l: 4,
  L: 8,
  d: 4,
  D: 8,
};

/**
 * Reads a Universal Binary JSON document (draft 12), as XGBoost writes it. Whole numbers of 64
 * bits beyond 2^53 lose their last digits.
 *
 * @throws RangeError that says what was found at which byte, where the document is cut off,
 *   nested too deep, or claims more than it holds
 */
export function readUbjson(bytes: Uint8Array): UbjsonValue {
  const reader = createReader(bytes);
  const value = reader.value(reader.marker(), 0);
  reader.end();
  return value;
}

interface Reader {
  readonly marker: () => string;
  readonly value: (marker: string, depth: number) => UbjsonValue;
  readonly end: () => void;
}

function createReader(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  let at = 0;
  let containers = 0;

  const fail = (found: string): RangeError => new RangeError(`${found} at byte ${at}`);

  function take(count: number): number {
    if (count > bytes.length - at) {
      throw fail(`${count} more bytes are announced and ${bytes.length - at} are left`);
    }
    const start = at;
    at += count;
    return start;
  }

  function peek(): string {
    return at < bytes.length ? String.fromCharCode(bytes[at]!) : "";
  }

  /** The next marker; no-ops mean nothing. */
  function marker(): string {
    for (;;) {
      const found = String.fromCharCode(bytes[take(1)]!);
      if (found !== "N") return found;
    }
  }

  function numberOf(type: string): number {
    const size = numberSizes[type];
    if (size === undefined) throw fail(`the type ${JSON.stringify(type)} is no number`);
    return readNumber(view, take(size), type);
  }

  /** A length or count: whole, not negative, and no more than the bytes that are left. */
  function count(): number {
    const found = numberOf(marker());
    if (!Number.isInteger(found) || found < 0) throw fail(`the length ${found}`);
    if (found > bytes.length - at) {
      throw fail(`a length of ${found} where ${bytes.length - at} bytes are left`);
    }
    return found;
  }

  function text(): string {
    const length = count();
    const start = take(length);
    return decoder.decode(bytes.subarray(start, start + length));
  }

  /** The optional `$type` and `#count` of a container. */
  function header(): { readonly type: string | null; readonly length: number | null } {
    let type: string | null = null;
    if (peek() === "$") {
      take(1);
      type = marker();
    }
    if (peek() === "#") {
      take(1);
      return { type, length: count() };
    }
    if (type !== null) throw fail("a typed container without a count");
    return { type, length: null };
  }

  function array(depth: number): UbjsonValue {
    const { type, length } = header();
    if (type !== null && numberSizes[type] !== undefined) return numbers(type, length ?? 0);
    // A type whose values take no bytes could announce any number of them.
    if (type !== null && !"SC[{".includes(type))
      throw fail(`a list of type ${JSON.stringify(type)}`);
    const list: UbjsonValue[] = [];
    if (length !== null) {
      for (let k = 0; k < length; k += 1) list.push(value(type ?? marker(), depth));
      return list;
    }
    for (let next = marker(); next !== "]"; next = marker()) list.push(value(next, depth));
    return list;
  }

  function numbers(type: string, length: number): UbjsonArray {
    const size = numberSizes[type] ?? 1;
    const start = take(length * size);
    const into = allocateNumbers(type, length);
    for (let k = 0; k < length; k += 1) into[k] = readNumber(view, start + k * size, type);
    return into;
  }

  function object(depth: number): UbjsonValue {
    const { type, length } = header();
    // No prototype: a key called __proto__ is a key.
    const read: Record<string, UbjsonValue> = Object.create(null) as Record<string, UbjsonValue>;
    const entry = (): void => {
      const key = text();
      read[key] = value(type ?? marker(), depth);
    };
    if (length === null) {
      while (peek() !== "}") entry();
      take(1);
    } else {
      for (let k = 0; k < length; k += 1) entry();
    }
    return read;
  }

  function value(type: string, depth: number): UbjsonValue {
    if (depth > DEEPEST) throw fail(`nesting deeper than ${DEEPEST}`);
    if (type === "[" || type === "{") containers += 1;
    if (containers > MOST_CONTAINERS) throw fail(`more than ${MOST_CONTAINERS} lists and objects`);
    switch (type) {
      case "Z":
        return null;
      case "T":
        return true;
      case "F":
        return false;
      case "S":
        return text();
      case "C":
        return String.fromCharCode(bytes[take(1)]!);
      case "[":
        return array(depth + 1);
      case "{":
        return object(depth + 1);
      default:
        return numberOf(type);
    }
  }

  function end(): void {
    if (at < bytes.length) throw fail(`${bytes.length - at} bytes after the document's end`);
  }

  return { marker, value, end };
}

function readNumber(view: DataView, at: number, type: string): number {
  switch (type) {
    case "i":
      return view.getInt8(at);
    case "U":
      return view.getUint8(at);
    case "I":
      return view.getInt16(at);
    case "l":
      return view.getInt32(at);
    case "L":
      return Number(view.getBigInt64(at));
    case "d":
      return view.getFloat32(at);
    default:
      return view.getFloat64(at);
  }
}

function allocateNumbers(type: string, length: number): UbjsonArray {
  switch (type) {
    case "i":
      return new Int8Array(length);
    case "U":
      return new Uint8Array(length);
    case "I":
      return new Int16Array(length);
    case "l":
      return new Int32Array(length);
    case "d":
      return new Float32Array(length);
    default:
      return new Float64Array(length);
  }
}
