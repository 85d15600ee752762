/** Bytes that one step of reading a frame asks for: to be looked at, or only to be passed over. */
type Wanted = { readonly look: number } | { readonly pass: number };

/** Where the frames of a zstd stream end, found as its bytes come. */
export interface FrameFinder {
  /** The end of the current frame in the bytes, -1 where it goes on behind them. */
  find(bytes: Uint8Array): number;
}

/** A finder of the end of one frame; another one is needed for the next. */
export function createFrameFinder(): FrameFinder {
  const steps = walkFrame();
  let wanted = nextWanted(steps, new Uint8Array(0));
  let looked: number[] = [];
  return {
    find(bytes) {
      let at = 0;
      while (wanted !== undefined) {
        const missing = "look" in wanted ? wanted.look - looked.length : wanted.pass;
        const taken = Math.min(missing, bytes.length - at);
        if ("look" in wanted) looked.push(...bytes.subarray(at, at + taken));
        at += taken;
        if (taken < missing) {
          if ("pass" in wanted) wanted = { pass: missing - taken };
          return -1;
        }
        wanted = nextWanted(steps, Uint8Array.from(looked));
        looked = [];
      }
      return at;
    },
  };
}

function nextWanted(
  steps: Generator<Wanted, void, Uint8Array>,
  looked: Uint8Array,
): Wanted | undefined {
  const step = steps.next(looked);
  return step.done === true ? undefined : step.value;
}

const magic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/** Whether four bytes begin a frame of compressed data. */
export function isFrameStart(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && readUint(bytes, 4) === magic;
}

/** Whether four bytes begin a frame that readers pass over. */
export function isSkippableStart(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && (readUint(bytes, 4) & 0xfffffff0) >>> 0 === skippableMagic;
}

/**
 * Passes over one frame by its headers, without unpacking it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
 */
function* walkFrame(): Generator<Wanted, void, Uint8Array> {
  const start = yield { look: 4 };
  if (isSkippableStart(start)) {
    yield { pass: readUint(yield { look: 4 }, 4) };
    return;
  }
  const [descriptor = 0] = yield { look: 1 };
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  yield { pass: (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes };
  for (let isLast = false; !isLast;) {
    const header = readUint(yield { look: 3 }, 3);
    isLast = (header & 1) === 1;
    const isRepeatedByte = ((header >> 1) & 3) === 1;
    yield { pass: isRepeatedByte ? 1 : header >> 3 };
  }
  const hasChecksum = (descriptor & 4) !== 0;
  if (hasChecksum) yield { pass: 4 };
}

function readUint(bytes: Uint8Array, length: number): number {
  let value = 0;
  for (let at = length - 1; at >= 0; at--) value = value * 256 + (bytes[at] ?? 0);
  return value;
}
