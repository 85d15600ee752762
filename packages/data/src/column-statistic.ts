import type { Column } from "#core";
import { forEachText, numbersOf } from "./column-values.ts";
import type { Expectation } from "./expectation-schema.ts";

/** A check of one number that is worked out of a column. */
export type StatisticExpectation = Extract<
  Expectation,
  { check: "mean" | "median" | "deviation" | "sum" | "quantile" | "distinct" | "distinct-share" }
>;

/** Its name in a sentence. */
export function describeStatistic(check: StatisticExpectation): string {
  switch (check.check) {
    case "quantile":
      return `${check.q} quantile`;
    case "distinct":
      return "number of distinct values";
    case "distinct-share":
      return "share of distinct values";
    case "mean":
    case "median":
    case "deviation":
    case "sum":
      return check.check;
  }
}

/** A statistic of the finite numbers (or of all present cells for distinct values); `null` where it does not exist. */
export function computeStatistic(column: Column, check: StatisticExpectation): number | null {
  if (check.check === "distinct" || check.check === "distinct-share") {
    let distinct = 0;
    let present = 0;
    forEachText(column, (_, count) => {
      distinct++;
      present += count;
    });
    if (check.check === "distinct") return distinct;
    return present === 0 ? null : distinct / present;
  }
  const { values } = numbersOf(column);
  const finite = values.filter((value) => Number.isFinite(value));
  const sum = finite.reduce((total, value) => total + value, 0);
  if (check.check === "sum") return sum;
  if (finite.length === 0) return null;
  const mean = sum / finite.length;
  if (check.check === "mean") return mean;
  if (check.check === "deviation") {
    if (finite.length < 2) return null;
    const squares = finite.reduce((total, value) => total + (value - mean) ** 2, 0);
    return Math.sqrt(squares / (finite.length - 1));
  }
  finite.sort();
  return interpolateQuantile(finite, check.check === "median" ? 0.5 : check.q);
}

function interpolateQuantile(sorted: Float64Array, q: number): number {
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  return low + (high - low) * (place - Math.floor(place));
}
