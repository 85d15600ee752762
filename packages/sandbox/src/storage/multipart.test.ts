import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitRelated } from "./multipart.ts";

const header = 'multipart/related; boundary="xyz"';

function bodyOf(
  metadata: string,
  content: Uint8Array,
  headers = "Content-Type: text/plain\r\n",
): Buffer {
  return Buffer.concat([
    Buffer.from(
      `--xyz\r\nContent-Type: application/json\r\n\r\n${metadata}\r\n--xyz\r\n${headers}\r\n`,
    ),
    content,
    Buffer.from("\r\n--xyz--\r\n"),
  ]);
}

async function* inPieces(body: Buffer, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("splitRelated", () => {
  it("gives both parts whatever the pieces the body comes in", async () => {
    // Bytes that look like the beginnings of boundaries.
    const content = fc
      .array(fc.constantFrom("\r", "\n", "\r\n--", "--xyz", "-", "x", "\r\n--xy", "a"), {
        maxLength: 40,
      })
      .map((parts) => Buffer.from(parts.join("")))
      .filter((bytes) => !bytes.includes("\r\n--xyz--"));
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 60 }), async (bytes, pieceBytes) => {
        const parts = await splitRelated(header, inPieces(bodyOf('{"a":1}', bytes), pieceBytes));
        expect(parts.metadata.toString()).toBe('{"a":1}');
        expect(parts.contentType).toBe("text/plain");
        expect((await collect(parts.content)).equals(bytes)).toBe(true);
      }),
    );
  });

  it("takes a part without headers", async () => {
    const parts = await splitRelated(header, inPieces(bodyOf("{}", Buffer.from("x"), ""), 7));
    expect(parts.contentType).toBeUndefined();
    expect((await collect(parts.content)).toString()).toBe("x");
  });

  it("refuses another content type and a body that breaks off", async () => {
    await expect(
      splitRelated("text/plain", inPieces(bodyOf("{}", Buffer.from("x")), 7)),
    ).rejects.toThrow("multipart/related");
    const cut = bodyOf("{}", Buffer.from("content")).subarray(0, -9);
    const parts = await splitRelated(header, inPieces(cut, 7));
    await expect(collect(parts.content)).rejects.toThrow("ends before its last boundary");
  });
});
