/**
 * SHA-256 of many short messages at once, four in the lanes of WebAssembly's 128-bit vectors: the
 * one call a message of a library costs more than hashing it. The module is assembled here from the
 * standard's rounds; tests hold it against Node's own SHA-256.
 *
 * @see FIPS 180-4, section 6.2; https://webassembly.github.io/spec/core/binary/
 */
export interface Sha256Lanes {
  /** Messages that {@link Sha256Lanes.run} hashes at most. */
  readonly capacity: number;
  /** Word `t` of message `m` is at `(m >> 2) * 64 + t * 4 + (m & 3)`, big-endian bytes as a number. */
  readonly words: Int32Array;
  /** Hashes the first `count` messages (padded to four). */
  readonly run: (count: number) => void;
  /** The first and the second word of a message's digest, after {@link Sha256Lanes.run}. */
  readonly first: (message: number) => number;
  readonly second: (message: number) => number;
}

/** Bytes of a message beyond which it needs a second block. */
export const longestMessage = 55;

const groups = 256;
const groupBytes = 256;
const pageBytes = 65_536;

/** What is used of WebAssembly, whose types come with browsers' only. */
interface HasWebAssembly {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => {
      readonly exports: {
        readonly memory: { readonly buffer: ArrayBuffer };
        readonly run: (groups: number) => void;
      };
    };
  };
}

/** Compiles the hasher; it takes a few milliseconds and 128 KiB. */
export function createSha256Lanes(): Sha256Lanes {
  const { Instance, Module } = (globalThis as unknown as HasWebAssembly).WebAssembly;
  const { memory, run } = new Instance(new Module(assemble())).exports;
  const digests = new Uint32Array(memory.buffer, groups * groupBytes, groups * 8);
  const at = (message: number): number => (message >> 2) * 8 + (message & 3);
  return {
    capacity: groups * 4,
    words: new Int32Array(memory.buffer, 0, (groups * groupBytes) / 4),
    run: (count) => {
      if (count > 0) run(Math.ceil(count / 4));
    },
    first: (message) => digests[at(message)] as number,
    second: (message) => digests[at(message) + 4] as number,
  };
}

const primes = (count: number): readonly number[] => {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++)
    if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
};

/** The first 32 bits of the fractional part of a root, exactly: floor(root * 2^32) mod 2^32. */
function rootBits(value: number, degree: 2n | 3n): number {
  const scaled = BigInt(value) << (32n * degree);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= scaled) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
}

type Code = readonly number[];

function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const low = value & 127;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
  return isLast ? [low] : [low | 128, ...signed(rest)];
}

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const constant = (value: number): Code => [0x41, ...signed(value)];
const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const load = (offset: number): Code => [...vector(0), 4, ...unsigned(offset)];
const store = (offset: number): Code => [...vector(11), 4, ...unsigned(offset)];
const splat = (value: number): Code => [...constant(value), ...vector(0x11)];
const or = vector(0x50);
const xor = vector(0x51);
const select = vector(0x52);
const shiftLeft = vector(0xab);
const shiftRight = vector(0xad);
const add = vector(0xae);

const shifted = (x: number, by: number): Code => [...get(x), ...constant(by), ...shiftRight];
const rotated = (x: number, by: number): Code => [
  ...shifted(x, by),
  ...get(x),
  ...constant(32 - by),
  ...shiftLeft,
  ...or,
];
const xorOf = (first: Code, second: Code, third: Code): Code => [
  ...first,
  ...second,
  ...xor,
  ...third,
  ...xor,
];

/** Locals: the count of groups, where to read, where to write; then the vectors. */
const [count, source, target] = [0, 1, 2];
const word = (t: number): number => 3 + (t & 15);
const state = (k: number): number => 19 + (((k % 8) + 8) % 8);
const sum = 27;

/** `w[t] += s0(w[t-15]) + w[t-7] + s1(w[t-2])`, in a ring of sixteen. */
function extend(t: number): Code {
  const [early, late] = [word(t + 1), word(t + 14)];
  return [
    ...get(word(t)),
    ...xorOf(rotated(early, 7), rotated(early, 18), shifted(early, 3)),
    ...add,
    ...get(word(t + 9)),
    ...add,
    ...xorOf(rotated(late, 17), rotated(late, 19), shifted(late, 10)),
    ...add,
    ...set(word(t)),
  ];
}

/** One round; the variables a to h are not moved, their names are. */
function round(t: number, key: number): Code {
  const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, (_, k) => state(k - t)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return [
    ...get(h),
    ...xorOf(rotated(e, 6), rotated(e, 11), rotated(e, 25)),
    ...add,
    ...get(f),
    ...get(g),
    ...get(e),
    ...select,
    ...add,
    ...splat(key),
    ...add,
    ...get(word(t)),
    ...add,
    ...set(sum),
    ...get(d),
    ...get(sum),
    ...add,
    ...set(d),
    ...get(sum),
    ...xorOf(rotated(a, 2), rotated(a, 13), rotated(a, 22)),
    ...add,
    ...get(c),
    ...get(b),
    ...get(a),
    ...get(b),
    ...xor,
    ...select,
    ...add,
    ...set(h),
  ];
}

const step = (local: number, by: number): Code => [
  ...get(local),
  ...constant(by),
  0x6a,
  ...set(local),
];

function body(): Code {
  const start = primes(8).map((prime) => rootBits(prime, 2n));
  const keys = primes(64).map((prime) => rootBits(prime, 3n));
  const code: number[] = [...constant(groups * groupBytes), ...set(target), 0x03, 0x40];
  for (let t = 0; t < 16; t++) code.push(...get(source), ...load(16 * t), ...set(word(t)));
  start.forEach((value, k) => code.push(...splat(value), ...set(state(k))));
  keys.forEach((key, t) => code.push(...(t < 16 ? [] : extend(t)), ...round(t, key)));
  // After 64 rounds the names are back where they began.
  for (const k of [0, 1])
    code.push(...get(target), ...get(state(k)), ...splat(start[k] ?? 0), ...add, ...store(16 * k));
  code.push(...step(source, groupBytes), ...step(target, 32), ...step(count, -1));
  code.push(...get(count), 0x0d, 0, 0x0b, 0x0b);
  return code;
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

const name = (text: string): Code => [text.length, ...Buffer.from(text)];

const magicAndVersion: Code = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function assemble(): Uint8Array<ArrayBuffer> {
  // Locals besides the parameter: two numbers, then 25 vectors.
  const code = [2, 2, 0x7f, 25, 0x7b, ...body()];
  const pages = Math.ceil((groups * (groupBytes + 32)) / pageBytes);
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, [1, 0x60, 1, 0x7f, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, pages]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("run"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}
