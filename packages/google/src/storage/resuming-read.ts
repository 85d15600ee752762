import type { Clock } from "#core";
import { errorOfFailure } from "../remote-errors.ts";
import { backoffMs, type RetryPolicy } from "../retry.ts";
import { formatCrc32c, updateCrc32c } from "./crc32c.ts";
import { brokenDownload, wholeForPart } from "./object-errors.ts";
import type { ByteRange } from "./object-store.ts";

/** A read over HTTP that goes on where a dropped connection ended. */
export interface ResumingRead {
  /** As messages show it: without anything that is a credential. */
  readonly label: string;
  readonly range: ByteRange | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retryPolicy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  /** Asks for the bytes from `start` on; `first` is the answer that began the read. */
  open(start: number, first: Response | null): Promise<Response>;
  /** Base64 crc32c of the whole object as the first answer tells it, or `null`. */
  expectedCrc32c(first: Response): string | null;
  /** Whether a second answer can be trusted to carry the same object as the first. */
  canResume(first: Response): boolean;
}

/** Streams an object; never yields a byte twice and never ends early without an error. */
export async function* readResuming(read: ResumingRead): AsyncGenerator<Uint8Array> {
  const start = read.range?.start ?? 0;
  const whole = start === 0 && read.range?.end === undefined;
  let position = start;
  let crc = 0;
  let first: Response | null = null;
  let attempt = 0;
  for (;;) {
    const response: Response = await read.open(position, first);
    first ??= response;
    if (asksForPart(position, read.range) && response.status !== 206) {
      await response.body?.cancel();
      throw wholeForPart(read.label, position);
    }
    try {
      for await (const chunk of response.body ?? []) {
        attempt = 0;
        position += chunk.length;
        if (whole) crc = updateCrc32c(crc, chunk);
        yield chunk;
      }
      break;
    } catch (error) {
      read.signal?.throwIfAborted();
      attempt += 1;
      const failure = errorOfFailure(`read ${read.label} from byte ${position}`, error);
      if (attempt >= read.retryPolicy.attempts || !read.canResume(first)) throw failure;
      await read.clock.wait(
        backoffMs({ policy: read.retryPolicy, attempt, retryAfterMs: null }, read.random()),
        read.signal,
      );
    }
  }
  if (whole) checkCrc32c(read, first, crc);
}

function checkCrc32c(read: ResumingRead, first: Response, crc: number): void {
  const expected = read.expectedCrc32c(first);
  const found = formatCrc32c(crc);
  if (expected !== null && expected !== found) {
    throw brokenDownload(read.label, `crc32c ${expected}`, `crc32c ${found}`);
  }
}

/** The `Range` header for the rest of a read, or none for a whole object. */
export function rangeHeader(
  start: number,
  range: ByteRange | undefined,
): Readonly<Record<string, string>> {
  if (!asksForPart(start, range)) return {};
  return { range: `bytes=${start}-${range?.end === undefined ? "" : range.end - 1}` };
}

function asksForPart(start: number, range: ByteRange | undefined): boolean {
  return start !== 0 || range?.end !== undefined;
}
