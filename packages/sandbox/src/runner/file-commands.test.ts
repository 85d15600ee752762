import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePairs } from "./file-commands.ts";

describe("parsePairs", () => {
  it("reads lines and blocks", () => {
    const text = "a=1\nb<<END\nx\n\ny=2\nEND\nc==\nd=<<no block\n";
    expect(parsePairs(text)).toEqual({ a: "1", b: "x\n\ny=2", c: "=", d: "<<no block" });
  });

  it("accepts an empty value, an empty block and Windows line ends", () => {
    expect(parsePairs("a=\r\nb<<E\r\nE\r\n")).toEqual({ a: "", b: "" });
  });

  it.each([
    ["a", "Invalid format 'a'"],
    ["=a", "Invalid format '=a'"],
    ["a<<E\nx", "Matching delimiter not found 'E'"],
    ["a<<\nx", "Matching delimiter not found ''"],
  ])("refuses %j", (text, message) => {
    expect(() => parsePairs(text)).toThrow(message);
  });

  it("gives back any text that was written as a block", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme-ascii" })), (lines) => {
        const value = lines.join("\n");
        fc.pre(!value.includes("ghadelimiter"));
        expect(parsePairs(`k<<ghadelimiter\n${value}\nghadelimiter\n`)).toEqual({ k: value });
      }),
    );
  });
});
