import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decompress } from "./decompress.ts";

/** A frame that readers pass over: its magic, its length, and that many bytes. */
const skippable = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpack(
  bytes: Uint8Array,
  compression: "gzip" | "zstd",
  chunkBytes = 1000,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompress(inChunks(bytes, chunkBytes), compression, "rows.csv"))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

describe("decompress", () => {
  it.each([1, 2, 7, 1000])("unpacks every member and frame, %d bytes at a time", async (size) => {
    const parts = ["a,b\n", "1,2\n".repeat(100), "", "3,é\n"];
    const gzip = Buffer.concat(parts.map((part) => gzipSync(part)));
    const zstd = Buffer.concat(parts.flatMap((part) => [zstdCompressSync(part), skippable]));
    expect(await unpack(gzip, "gzip", size)).toBe(parts.join(""));
    expect(await unpack(zstd, "zstd", size)).toBe(parts.join(""));
    expect(await unpack(Buffer.concat([skippable, zstd]), "zstd", size)).toBe(parts.join(""));
  });

  it("finds the end of any frame, of several blocks and with a checksum too", async () => {
    const part = fc
      .tuple(fc.integer({ min: 0, max: 300_000 }), fc.boolean(), fc.integer({ min: -5, max: 9 }))
      .map(([length, isPlain, level]) => ({
        level,
        text: Array.from({ length }, (_, at) => (isPlain ? "x" : (at * at) % 9973))
          .join("")
          .slice(0, length),
      }));
    const { constants } = await import("node:zlib");
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 3 }), async (parts) => {
        const frames = parts.map(({ text, level }) =>
          zstdCompressSync(text, {
            params: {
              [constants.ZSTD_c_compressionLevel]: level,
              [constants.ZSTD_c_checksumFlag]: level & 1,
            },
          }),
        );
        const whole = parts.map(({ text }) => text).join("");
        expect(await unpack(Buffer.concat(frames), "zstd", 65_536)).toBe(whole);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["gzip", gzipSync("1\n"), "incorrect header check"],
    ["zstd", zstdCompressSync("1\n"), "its frame 2 does not start as one"],
  ] as const)("refuses text behind %s", async (compression, packed, reason) => {
    await expect(
      unpack(Buffer.concat([packed, Buffer.from("2\n3\n")]), compression),
    ).rejects.toMatchObject({
      code: "BAD_COMPRESSION",
      message: `rows.csv starts as ${compression} but does not unpack: ${reason}.`,
    });
  });

  it("refuses a second frame that is cut off", async () => {
    const frame = zstdCompressSync("1\n".repeat(50));
    const cut = Buffer.concat([frame, frame.subarray(0, frame.length - 1)]);
    await expect(unpack(cut, "zstd")).rejects.toMatchObject({
      message: "rows.csv starts as zstd but does not unpack: unexpected end of file.",
    });
  });

  it("closes its source when the reader stops early", async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield zstdCompressSync("1\n");
      } finally {
        closed = true;
      }
    }
    for await (const chunk of decompress(source(), "zstd", "rows.csv")) {
      expect(chunk.length).toBe(2);
      break;
    }
    expect(closed).toBe(true);
  });
});
