import { describe, expect, it } from "vitest";
import { createMasker } from "./masks.ts";

describe("a masker", () => {
  it("hides a value, its lines and its usual encodings", () => {
    const masker = createMasker();
    masker.add('first "line"\nsecond+line');
    expect(masker.mask('a first "line" b')).toBe("a *** b");
    expect(masker.mask('{"k":"first \\"line\\"\\nsecond+line"}')).toBe('{"k":"***"}');
    expect(masker.mask(`x=${encodeURIComponent("second+line")}`)).toBe("x=***");
    expect(masker.mask(Buffer.from("second+line").toString("base64"))).toBe("***");
  });

  it("hides the longer of two secrets whole", () => {
    const masker = createMasker();
    masker.add("abc");
    masker.add("abcdef");
    expect(masker.mask("abcdef abc")).toBe("*** ***");
  });

  it("takes nothing for an empty secret", () => {
    const masker = createMasker();
    masker.add("");
    masker.add(" \n ");
    expect(masker.mask("a b\nc")).toBe("a b\nc");
  });
});
