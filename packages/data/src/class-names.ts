/** How the values of a column are the known classes under other names. */
export type NamingDifference =
  /** `1.0` for `1`: one number, written in two ways. */
  | { readonly kind: "number-format"; readonly found: string; readonly known: string }
  /** `Yes` for `yes `: other capitals or spaces. */
  | { readonly kind: "spelling"; readonly found: string; readonly known: string }
  /** Names where codes 0, 1, … are known. */
  | { readonly kind: "names-for-codes" }
  /** Whole numbers where names are known. */
  | { readonly kind: "codes-for-names" }
  /** Nothing in common, and no more values than classes. */
  | { readonly kind: "other-names" };

/**
 * Tells whether values that are none of the known classes seem to be those classes, written
 * otherwise.
 *
 * @param found the values that a column holds
 * @returns `null` where a value is truly unknown: some are known and others are not, or there are more
 */
export function findNamingDifference(
  found: readonly string[],
  classes: readonly string[],
): NamingDifference | null {
  const strangers = found.filter((value) => !classes.includes(value));
  const [first] = strangers;
  if (first === undefined) return null;
  for (const kind of ["number-format", "spelling"] as const) {
    const twins = strangers.map((value) => classes.find((name) => isTwin[kind](value, name)));
    const [known] = twins;
    if (known !== undefined && !twins.includes(undefined)) return { kind, found: first, known };
  }
  if (strangers.length < found.length || found.length > classes.length) return null;
  if (classes.every((name, place) => name === String(place)) && !found.every(isWhole))
    return { kind: "names-for-codes" };
  if (found.every(isWhole) && !classes.every(isWhole)) return { kind: "codes-for-names" };
  return { kind: "other-names" };
}

const isTwin = {
  "number-format": (value: string, name: string) =>
    isNumber(value) && isNumber(name) && Number(value) === Number(name),
  spelling: (value: string, name: string) => fold(value) === fold(name),
} as const;

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function isWhole(text: string): boolean {
  return /^-?\d{1,15}$/.test(text);
}

function fold(text: string): string {
  return text.normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase();
}
