import { open, stat } from "node:fs/promises";
import { InputError } from "#core";
import { digestBytes, digestFile, type Digests } from "./digests.ts";
import { changedSource } from "./object-errors.ts";
import type { ObjectSource } from "./object-store.ts";

/** Big enough for few wake-ups, small enough that many uploads at once stay small. */
const pieceBytes = 256 * 1024;

/** A source that was read once: its digests are known, its parts can be read again. */
export interface OpenedSource extends Digests {
  /** How messages name it. */
  readonly label: string;
  /** Bytes from `start` up to and without `end`; a piece is good until the next is asked for. */
  pieces(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Refuses a file that was written to since it was opened. */
  verifyUnchanged(): Promise<void>;
}

/**
 * Reads a source once for its digests.
 *
 * @throws DataError when it does not have the digest that was named, or changes meanwhile
 */
export async function openSource(
  source: ObjectSource,
  expectedSha256: string | undefined,
): Promise<OpenedSource> {
  const opened = "path" in source ? await openFile(source.path) : openBytes(source.bytes);
  if (expectedSha256 !== undefined && expectedSha256 !== opened.sha256) {
    throw changedSource(opened.label, expectedSha256, opened.sha256);
  }
  return opened;
}

function openBytes(bytes: Uint8Array): OpenedSource {
  const copy = new Uint8Array(bytes);
  return {
    ...digestBytes(copy),
    label: "the value",
    async *pieces(start, end) {
      yield copy.subarray(start, end);
    },
    verifyUnchanged: async () => {},
  };
}

async function openFile(path: string): Promise<OpenedSource> {
  const before = await fileState(path);
  const digests = await digestFile(path);
  const verifyUnchanged = async () => {
    if ((await fileState(path)) !== before) {
      throw changedSource(path, `the file as it was with ${digests.sha256}`, "changed since");
    }
  };
  await verifyUnchanged();
  return {
    ...digests,
    label: path,
    pieces: (start, end) => readPieces(path, start, end),
    verifyUnchanged,
  };
}

async function* readPieces(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(pieceBytes, end - start)));
  const file = await open(path, "r");
  try {
    for (let at = start; at < end;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) {
        throw changedSource(path, `at least ${end} bytes`, `only ${at} bytes`);
      }
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** All bytes of a source, for one that is small. */
export async function readWhole(source: OpenedSource): Promise<Uint8Array> {
  const copies: Uint8Array[] = [];
  for await (const piece of source.pieces(0, source.bytes)) copies.push(Uint8Array.from(piece));
  return Buffer.concat(copies);
}

async function fileState(path: string): Promise<string> {
  const facts = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw new InputError({
      code: "FILE_NOT_FOUND",
      message: `${path} cannot be read.`,
      hint: "Check the path; it is relative to the workspace.",
      cause,
    });
  });
  if (!facts.isFile()) {
    throw new InputError({
      code: "NOT_A_FILE",
      message: `${path} is not a file.`,
      hint: "Name files; a folder's are named by a glob like folder/**.",
    });
  }
  return `${facts.ino}-${facts.size}-${facts.mtimeNs}-${facts.ctimeNs}`;
}
