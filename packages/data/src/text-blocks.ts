import { DataError } from "#core";

/** Bytes that end with a line feed: the rest of the block before, then whole lines. */
export interface TextBlock {
  readonly bytes: Buffer;
  /** Whether no byte of the text follows. */
  readonly final: boolean;
}

/** Feeds blocks of whole lines to a parser that may leave a rest. */
export interface BlockFeed {
  /** The next block; `undefined` after the final one. */
  next(): Promise<TextBlock | undefined>;
  /** Gives back the part of the last block, from `offset` on, that must come again in front of the next. */
  keep(bytes: Buffer, offset: number): void;
}

const largestRecordBytes = 256 * 1024 * 1024;

/**
 * Cuts chunks into blocks that end with a line feed (one is added after the last line). Memory is
 * one chunk and the longest line.
 *
 * @throws DataError `HUGE_RECORD` when a record passes 256 MiB: a quote that never closes
 */
export function feedBlocks(chunks: AsyncIterable<Uint8Array>, file: string): BlockFeed {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let wanted = 0;
  let done = false;

  async function next(): Promise<TextBlock | undefined> {
    if (done) return undefined;
    const parts = [rest];
    let length = rest.length;
    for (;;) {
      const step = await iterator.next();
      if (step.done) {
        done = true;
        if (length === 0) return undefined;
        const endsLine = (parts.at(-1)?.at(-1) ?? 0) === 10;
        if (!endsLine) parts.push(Uint8Array.of(10));
        return { bytes: Buffer.concat(parts), final: true };
      }
      parts.push(step.value);
      length += step.value.length;
      if (length > largestRecordBytes) throw hugeRecord(file);
      const cut = step.value.lastIndexOf(10);
      if (cut < 0 || length < wanted) continue;
      parts[parts.length - 1] = step.value.subarray(0, cut + 1);
      rest = step.value.subarray(cut + 1);
      wanted = 0;
      return { bytes: Buffer.concat(parts), final: false };
    }
  }

  function keep(bytes: Buffer, offset: number): void {
    const kept = bytes.subarray(offset);
    rest = Buffer.concat([kept, rest]);
    // A record longer than a block is scanned again only once there is twice as much of it.
    wanted = kept.length * 2;
  }

  return { next, keep };
}

function hugeRecord(file: string): DataError {
  return new DataError({
    code: "HUGE_RECORD",
    message: `${file} holds a record of more than ${largestRecordBytes / 1024 / 1024} MiB.`,
    hint: "Most often a quote opens and never closes; otherwise split the record.",
    place: { file },
  });
}
