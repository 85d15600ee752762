import { InputError } from "#core";

/** The parts of a split, in their order. */
export type PartName = "train" | "validation" | "test";
export const partNames: readonly PartName[] = ["train", "validation", "test"];

/** Shares of train, validation and test; they sum to 1. */
export type Fractions = readonly [train: number, validation: number, test: number];

/**
 * Reads `0.8/0.1/0.1` (train, validation, test) or `0.8/0.2` (train, test). Percent work too:
 * `80/10/10`.
 *
 * @throws InputError `BAD_FRACTIONS`
 */
export function parseFractions(text: string): Fractions {
  const numbers = text.split("/").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const percent = Math.abs(numbers.reduce((sum, share) => sum + share, 0) - 100) < 1e-9;
  const shares = percent ? numbers.map((share) => share / 100) : numbers;
  const [train = Number.NaN, second = Number.NaN, third] = shares;
  const fractions: Fractions = third === undefined ? [train, 0, second] : [train, second, third];
  if (shares.length < 2 || shares.length > 3) {
    throw badFractions(text, `has ${shares.length} ${shares.length === 1 ? "part" : "parts"}`);
  }
  checkFractions(fractions, text);
  return fractions;
}

/** @throws InputError `BAD_FRACTIONS` when a share is no number in [0, 1] or they do not sum to 1 */
export function checkFractions(fractions: Fractions, written: string): void {
  if (!fractions.every((share) => share >= 0 && share <= 1)) {
    throw badFractions(written, "holds something other than numbers from 0 to 1");
  }
  const sum = fractions.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) > 1e-9)
    throw badFractions(written, `sums to ${Number(sum.toPrecision(12))}, not to 1`);
  if (fractions[0] === 0) throw badFractions(written, "leaves no row to train on");
}

function badFractions(written: string, fault: string): InputError {
  return new InputError({
    code: "BAD_FRACTIONS",
    message: `split: ${JSON.stringify(written)} ${fault}.`,
    hint: "Write the shares of train, validation and test, e.g. 0.8/0.1/0.1, or of train and test, e.g. 0.8/0.2.",
  });
}
