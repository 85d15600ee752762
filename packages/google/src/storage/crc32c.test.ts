import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCrc32c, updateCrc32c } from "./crc32c.ts";

/** The definition, bit by bit. */
function crc32cByBits(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe("updateCrc32c", () => {
  it.each([
    ["32 zero bytes", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 rising bytes", Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
    ["32 falling bytes", Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113fdb5c],
    ["the digits 1 to 9", new TextEncoder().encode("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(), 0],
  ])("gives RFC 3720's value for %s", (_name, bytes, expected) => {
    expect(updateCrc32c(0, bytes)).toBe(expected);
  });

  it("equals the definition, in one piece or in two", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        const whole = crc32cByBits(bytes);
        const inTwo = updateCrc32c(updateCrc32c(0, bytes.subarray(0, cut)), bytes.subarray(cut));
        expect([updateCrc32c(0, bytes), inTwo]).toEqual([whole, whole]);
      }),
    );
  });
});

describe("formatCrc32c", () => {
  it("writes four bytes, the most significant first, in base64", () => {
    // 0xE3069283 = e3 06 92 83
    expect(formatCrc32c(0xe3069283)).toBe("4waSgw==");
  });
});
