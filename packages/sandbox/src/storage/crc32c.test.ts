import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCrc32c, updateCrc32c } from "./crc32c.ts";

const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);

describe("updateCrc32c", () => {
  // RFC 3720, appendix B.4.
  it.each([
    ["32 bytes of zero", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 ascending bytes", ascending, 0x46dd794e],
    ["32 descending bytes", ascending.toReversed(), 0x113fdb5c],
    ["the check value 123456789", Buffer.from("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
  ])("gives the published value for %s", (_, bytes, expected) => {
    expect(updateCrc32c(0, bytes)).toBe(expected);
  });

  it("is the same however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        const inTwo = updateCrc32c(updateCrc32c(0, bytes.subarray(0, cut)), bytes.subarray(cut));
        expect(inTwo).toBe(updateCrc32c(0, bytes));
      }),
    );
  });
});

describe("encodeCrc32c", () => {
  it("writes the highest byte first", () => {
    expect(encodeCrc32c(0xe3069283)).toBe("4waSgw==");
  });
});
