import { describe, expect, it } from "vitest";
import { readUbjson } from "./ubjson.ts";

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part, "latin1"))),
  );

describe("UBJSON", () => {
  it("gives objects, texts, numbers of every size, and lists with and without types", () => {
    const numbers = bytes("[", "i", 0xff, "U", 0xff, "I", 1, 0, "l", 0, 1, 0, 0, "]");
    const floats = bytes("[$d#i", 2, 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0);
    const rest = bytes("i", 1, "c", "SU", 2, "hi", "i", 1, "d", "{}", "i", 1, "e", "[$l#i", 0);
    const document = Buffer.concat([
      bytes("{", "i", 1, "a"),
      numbers,
      bytes("i", 1, "b"),
      floats,
      rest,
      bytes("i", 1, "f", "[#i", 2, "T", "Z", "i", 1, "g", "Cx", "}"),
    ]);
    expect(readUbjson(document)).toEqual({
      a: [-1, 255, 256, 65536],
      b: Float32Array.of(1, -2),
      c: "hi",
      d: {},
      e: new Int32Array(0),
      f: [true, null],
      g: "x",
    });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an end too soon", bytes("{", "i", 5, "ab"), /a length of 5 where 2 bytes are left/],
    ["nothing", bytes(), /1 more bytes are announced and 0 are left/],
    ["a negative length", bytes("S", "i", 0xfe, "ab"), /the length -2/],
    [
      "a huge list of numbers",
      bytes("[$d#l", 0x7f, 0xff, 0xff, 0xff),
      /a length of 2147483647 where 0 bytes are left/,
    ],
    ["a huge list of nothings", bytes("[$Z#i", 1, "ZZ"), /a list of type "Z"/],
    ["deep nesting", bytes("[".repeat(100_000)), /nesting deeper than 64/],
    ["a typed list without a count", bytes("[$d", "x"), /a typed container without a count/],
    ["an unknown marker", bytes("H"), /the type "H" is no number/],
    ["something behind its end", bytes("Z", "Z"), /1 bytes after the document's end/],
  ])("with %s is refused by a message that says where", (_, document, message) => {
    expect(() => readUbjson(document)).toThrow(message);
    expect(() => readUbjson(document)).toThrow(/at byte \d+/);
  });

  it("keeps a key called __proto__ for a key", () => {
    const read = readUbjson(bytes("{", "i", 9, "__proto__", "T", "}")) as Record<string, unknown>;
    expect(Object.getOwnPropertyNames(read)).toEqual(["__proto__"]);
  });
});
