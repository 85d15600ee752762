import type { NamedTensors, TensorData, TensorValue } from "./engine.ts";
import type { BoundInput } from "./bind-inputs.ts";
import type { ElementType } from "./onnx-proto.ts";

/** Which rows to feed: `count` rows from `start`, padded with copies of the last one to `paddedTo`. */
export interface RowWindow {
  readonly start: number;
  readonly count: number;
  readonly paddedTo: number;
}

/** Rows that are ready to be fed, whatever they came from. */
export interface RowSource {
  readonly rows: number;
  readonly notes: readonly string[];
  readonly feed: (window: RowWindow) => NamedTensors;
}

/** Arrays that numbers are written into. */
export type NumberArray = Exclude<TensorData, readonly string[] | BigInt64Array | BigUint64Array>;

/** Writes one column's window into a row-major array. */
export type ColumnWriter =
  | { readonly kind: "numbers"; readonly write: (to: NumberArray, place: Stride) => void }
  | {
      readonly kind: "bigints";
      readonly write: (to: BigInt64Array | BigUint64Array, place: Stride) => void;
    }
  | { readonly kind: "texts"; readonly write: (to: string[], place: Stride) => void };

/** The window of rows, and where a column stands among the `width` of its input. */
export interface Stride {
  readonly start: number;
  readonly count: number;
  readonly column: number;
  readonly width: number;
}

/** Makes one input's tensor of a window from the writers of its columns. */
export function fillInput(
  input: BoundInput,
  writers: readonly ColumnWriter[],
  { start, count, paddedTo }: RowWindow,
): TensorValue {
  const width = writers.length;
  const data = allocate(input.type, paddedTo * width);
  writers.forEach((writer, column) => {
    const stride = { start, count, column, width };
    // The writers were made for this input's type, so each finds the array that it writes to.
    if (writer.kind === "numbers") writer.write(data as NumberArray, stride);
    else if (writer.kind === "bigints") writer.write(data as BigInt64Array, stride);
    else writer.write(data as string[], stride);
  });
  for (let row = count; row < paddedTo; row += 1) {
    data.copyWithin(row * width, (count - 1) * width, count * width);
  }
  return { type: input.type, dims: input.rank === 1 ? [paddedTo] : [paddedTo, width], data };
}

function allocate(
  type: ElementType,
  length: number,
): NumberArray | BigInt64Array | BigUint64Array | string[] {
  switch (type) {
    case "float":
      return new Float32Array(length);
    case "double":
      return new Float64Array(length);
    case "int8":
      return new Int8Array(length);
    case "uint8":
    case "bool":
      return new Uint8Array(length);
    case "int16":
      return new Int16Array(length);
    case "uint16":
    case "float16":
      return new Uint16Array(length);
    case "int32":
      return new Int32Array(length);
    case "uint32":
      return new Uint32Array(length);
    case "int64":
      return new BigInt64Array(length);
    case "uint64":
      return new BigUint64Array(length);
    case "string":
      return Array.from({ length }, () => "");
  }
}
