import type { Evaluation, Judgement } from "#core";
import { formatInterval, formatNumber, formatSigned, showablePart } from "#report";
import type { Place } from "./threshold-places.ts";

/** One thing that a reader of the diff should see. */
export interface Remark {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
  /** Where the threshold stands; `null` where that is not known. */
  readonly place: Place | null;
}

/** A remark for each threshold that is not kept, in their order. */
export function remarksOf(
  document: Evaluation,
  places: ReadonlyMap<string, Place>,
): readonly Remark[] {
  return document.judgements
    .filter(({ verdict }) => verdict === "fail")
    .map((judgement) => ({
      level: judgement.level === "error" ? "error" : "warning",
      title: `evaluate-gate ${document.model}`,
      message: messageOf(judgement),
      place: places.get(writtenOf(judgement)) ?? null,
    }));
}

/** The line as the user wrote it: a threshold for each value of a column is judged once a value. */
function writtenOf(judgement: Judgement): string {
  const of = judgement["each_of"];
  return typeof of === "string" ? of : judgement.threshold;
}

function messageOf({ threshold, measure, bounds, reason }: Judgement): string {
  const found = measure.value === null ? "undefined" : formatNumber(measure.value);
  const value = [found, ...bounds.flatMap(describeReference)].join(", ");
  // The mark of the remark says already that it only warns.
  const bound = threshold.replace(/\s+warn$/, "");
  return showablePart(`${bound}: ${value}${reason === undefined ? "" : ` (${reason})`}`, 400);
}

/** What the value was compared with, and the difference that decided. */
function describeReference({ reference, difference }: Judgement["bounds"][number]): string[] {
  if (reference === null || reference === undefined || reference.value === null) return [];
  const compared = `${reference.name} ${formatNumber(reference.value)}`;
  if (difference === null || difference === undefined || difference.value === null)
    return [compared];
  const { value, low, high } = difference;
  const range =
    typeof low === "number" && typeof high === "number" ? ` ${formatInterval(low, high)}` : "";
  return [compared, `difference ${formatSigned(value)}${range}`];
}
