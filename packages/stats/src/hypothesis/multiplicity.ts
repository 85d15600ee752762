/**
 * p values adjusted so that calling those at most q bad keeps the false discovery rate at q
 * (Benjamini & Hochberg 1995); in the order given, NaN is not allowed.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = orderOf(pValues).reverse();
  const adjusted = Array.from(pValues);
  let smallest = 1;
  order.forEach((index, fromTop) => {
    const rank = pValues.length - fromTop;
    // This order of operations never rounds an adjusted p below p itself.
    smallest = Math.min(smallest, pValues[index]! * (pValues.length / rank));
    adjusted[index] = smallest;
  });
  return adjusted;
}

/** p values adjusted so that the chance of any false call stays at the level used (Holm 1979). */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = Array.from(pValues);
  let largest = 0;
  orderOf(pValues).forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[index]! * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** How p values of several tests are corrected for their number: Benjamini–Hochberg, Holm, or not. */
export type Correction = "bh" | "holm" | "none";

/** p values as a correction adjusts them, in the order given. */
export function adjustPValues(
  pValues: readonly number[],
  correction: Correction,
): readonly number[] {
  switch (correction) {
    case "bh":
      return benjaminiHochberg(pValues);
    case "holm":
      return holm(pValues);
    case "none":
      return pValues;
  }
}

function orderOf(pValues: readonly number[]): number[] {
  if (pValues.some((p) => !(p >= 0 && p <= 1))) throw new RangeError("a p value is not in 0..1");
  return pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
}
