import type { ElementType } from "./onnx-proto.ts";

const MAX_FLOAT32 = 3.4028235677973366e38;

const integerRanges: Partial<Readonly<Record<ElementType, readonly [number, number]>>> = {
  bool: [0, 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 53), 2 ** 53],
  uint64: [0, 2 ** 53],
};

/**
 * Says why a number cannot be fed as that element type, `null` when it can. NaN (a missing
 * value) goes into floating point inputs only.
 */
export function refuseNumber(value: number, type: ElementType): string | null {
  const range = integerRanges[type];
  if (range !== undefined) {
    if (Number.isNaN(value)) return `is missing, and the input takes ${type}`;
    if (!Number.isInteger(value))
      return `is ${value}, and the input takes ${type}, whole numbers only`;
    if (value < range[0] || value > range[1]) {
      return `is ${value}, outside ${range[0]}..${range[1]} of the input's ${type}`;
    }
    return null;
  }
  if (type === "float" && Number.isFinite(value) && Math.abs(value) >= MAX_FLOAT32) {
    return `is ${value}, too large for the input's 32-bit float`;
  }
  return null;
}

/** Whether an element type holds 64-bit integers, which JavaScript writes as bigint. */
export function isBigIntType(type: ElementType): boolean {
  return type === "int64" || type === "uint64";
}
