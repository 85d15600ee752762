/** How much work may ask for in typed arrays; a smaller array than `countedFrom` bytes is not counted. */
export interface ArrayBounds {
  readonly totalBytes: number;
  readonly countedFrom: number;
}

const names = ["Float32Array", "Int32Array", "Uint8Array", "Float64Array"] as const;
type ArrayName = (typeof names)[number];

/**
 * Runs work of TensorFlow.js in plain JavaScript, in which every tensor is a typed array made by its
 * length: what asks for more than the bounds ends with a RangeError before any room is made. The shapes
 * that a graph computes are known to nobody before it runs. The constructors are put back afterwards;
 * one work at a time.
 *
 * @throws RangeError that begins `Array buffer allocation failed`
 */
export async function withBoundedArrays<T>(
  { totalBytes, countedFrom }: ArrayBounds,
  work: () => Promise<T>,
): Promise<T> {
  let asked = 0;
  const own = Object.fromEntries(names.map((name) => [name, globalThis[name]]));
  const bounded = (name: ArrayName) => {
    const make = globalThis[name];
    return new Proxy(make, {
      construct: (target, given: readonly unknown[], wanted) => {
        const [length] = given;
        const bytes = typeof length === "number" ? length * make.BYTES_PER_ELEMENT : 0;
        if (bytes >= countedFrom) asked += bytes;
        if (asked > totalBytes)
          throw new RangeError(
            `Array buffer allocation failed: ${asked} bytes were asked for, at most ${totalBytes} are given.`,
          );
        return Reflect.construct(target, given, wanted === globalThis[name] ? target : wanted);
      },
    });
  };
  for (const name of names) Reflect.set(globalThis, name, bounded(name));
  try {
    return await work();
  } finally {
    for (const name of names) Reflect.set(globalThis, name, own[name]);
  }
}
