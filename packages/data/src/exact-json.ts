/** What the standard says of a reviver, with the number as it was written. */
type ParseExactly = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/** Where `JSON.parse` alone may lose something: a long whole number, or half a surrogate pair. */
const suspicious = /\d{16}|\\u[dD]/;

/**
 * Parses JSON without losing what was written: a whole number that a double would round is a
 * bigint.
 *
 * @throws SyntaxError when it is no JSON; RangeError when a text in it holds half a surrogate pair,
 * which is nothing that UTF-8 can hold
 */
export function parseExactJson(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text) as unknown;
  return (JSON.parse as ParseExactly)(text, (key, value, { source }) => {
    if (!key.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) {
      throw new RangeError(
        "an escape from \\ud800 to \\udfff stands alone, which is half a character",
      );
    }
    const isRounded =
      typeof value === "number" &&
      source !== undefined &&
      /^-?\d+$/.test(source) &&
      String(value) !== source &&
      !Number.isSafeInteger(value);
    return isRounded ? BigInt(source) : value;
  });
}
