/** What a run of bytes was found to be. */
export const notNumber = 0;
/** A whole number, written as one, that a double holds exactly. */
export const wholeNumber = 1;
export const decimalNumber = 2;
/** A whole number, written as one, beyond ±(2^53 - 1): a double would round it. */
export const unsafeWholeNumber = 3;

/** 10^0 to 10^22, the powers of ten that a double holds exactly. */
export const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) =>
  Number(`1e${exponent}`),
);

/** Where {@link parseNumberBytes} leaves the number. */
export const parsed = new Float64Array(1);

/**
 * Reads a decimal number from ASCII bytes; the result is left in {@link parsed}, bit for bit
 * what `Number(text)` gives. Blanks around it are passed over. Also read are `nan`, `inf` and
 * `infinity` in any case, with or without a sign.
 *
 * @returns one of the kinds above
 */
export function parseNumberBytes(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start] as number)) start++;
  while (end > start && isBlank(bytes[end - 1] as number)) end--;
  if (end - start > 400) return notNumber;
  let p = start;
  const sign = bytes[p] as number;
  if (sign === 45 || sign === 43) p++;
  const digitsStart = p;
  while (p < end && isDigit(bytes[p] as number)) p++;
  let digits = p - digitsStart;
  const whole = p === end;
  let scale = 0;
  if (p < end && bytes[p] === 46) {
    const fraction = ++p;
    while (p < end && isDigit(bytes[p] as number)) p++;
    scale = p - fraction;
    digits += scale;
  }
  if (digits === 0) return parseSpecial(bytes, start, end);
  if (p === end) return finishPlain(bytes, { start, digitsStart, end, digits, scale, whole });
  const exponentMark = bytes[p] as number;
  if (exponentMark !== 101 && exponentMark !== 69) return notNumber;
  p++;
  if (p < end && (bytes[p] === 45 || bytes[p] === 43)) p++;
  const exponentStart = p;
  while (p < end && isDigit(bytes[p] as number)) p++;
  if (p !== end || p === exponentStart) return notNumber;
  parsed[0] = Number(asciiText(bytes, start, end));
  return decimalNumber;
}

interface PlainDecimal {
  readonly start: number;
  readonly digitsStart: number;
  readonly end: number;
  readonly digits: number;
  readonly scale: number;
  readonly whole: boolean;
}

function finishPlain(bytes: Uint8Array, plain: PlainDecimal): number {
  const { start, digitsStart, end, digits, scale, whole } = plain;
  let value = parseLongDecimal(bytes, digitsStart, end, digits, scale);
  if (value !== value) value = Number(asciiText(bytes, digitsStart, end));
  parsed[0] = bytes[start] === 45 ? -value : value;
  if (!whole) return decimalNumber;
  return value <= Number.MAX_SAFE_INTEGER ? wholeNumber : unsafeWholeNumber;
}

/**
 * A decimal without sign or exponent, of at most 19 digits and 22 decimals, correctly rounded;
 * NaN where it cannot be sure and `Number` must decide.
 *
 * The digits are held exactly in a pair of doubles and divided by an exact power of ten; the
 * quotient's error is below 2^-100 of it, so that rounding is certain unless the quotient lies
 * that close to the middle of two doubles (Ziv's rounding test).
 *
 * @see Dekker (1971), doi:10.1007/BF01397083, for the exact product
 */
export function parseLongDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  digits: number,
  scale: number,
): number {
  if (digits > 19 || scale > 22) return Number.NaN;
  let head = 0;
  let tail = 0;
  let taken = 0;
  let tailDigits = 0;
  for (let p = start; p < end; p++) {
    const digit = (bytes[p] as number) - 48;
    if (digit < 0) continue; // the point
    if (taken < 15) head = head * 10 + digit;
    else {
      tail = tail * 10 + digit;
      tailDigits++;
    }
    taken++;
  }
  const power = powersOfTen[scale] as number;
  if (tailDigits === 0) return head / power;
  const shift = powersOfTen[tailDigits] as number;
  // head * shift + tail, exactly, as high + low.
  const product = head * shift;
  const productError = exactError(head, shift, product);
  const high = product + tail;
  const low = tail - (high - product) + productError;
  const quotient = high / power;
  const back = quotient * power;
  const rest = high - back - exactError(quotient, power, back) + low;
  const correction = rest / power;
  const margin = quotient * 1e-28;
  const upper = quotient + (correction + margin);
  return upper === quotient + (correction - margin) ? upper : Number.NaN;
}

/** What `left * right` lost when it was rounded to `product`. */
function exactError(left: number, right: number, product: number): number {
  const splitLeft = 134217729 * left;
  const leftHigh = splitLeft - (splitLeft - left);
  const leftLow = left - leftHigh;
  const splitRight = 134217729 * right;
  const rightHigh = splitRight - (splitRight - right);
  const rightLow = right - rightHigh;
  return (
    leftLow * rightLow -
    (product - leftHigh * rightHigh - leftLow * rightHigh - leftHigh * rightLow)
  );
}

function parseSpecial(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 3 || end - start > 9) return notNumber;
  switch (asciiText(bytes, start, end).toLowerCase()) {
    case "nan":
    case "+nan":
    case "-nan":
      parsed[0] = Number.NaN;
      return decimalNumber;
    case "inf":
    case "+inf":
    case "infinity":
    case "+infinity":
      parsed[0] = Number.POSITIVE_INFINITY;
      return decimalNumber;
    case "-inf":
    case "-infinity":
      parsed[0] = Number.NEGATIVE_INFINITY;
      return decimalNumber;
    default:
      return notNumber;
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** Bytes as text, one character a byte. */
function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let p = start; p < end; p++) text += String.fromCharCode(bytes[p] as number);
  return text;
}
