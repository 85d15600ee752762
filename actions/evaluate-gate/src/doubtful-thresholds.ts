import { referencesOf } from "#core";
import { showablePart } from "#report";
import { describeMetric } from "#stats";
import type { Inputs } from "./inputs.ts";
import { isCostMetric } from "./vocabulary.ts";

/** Thresholds that pass in silence what they were hardly meant to: a sentence each. */
export function findDoubtfulThresholds(
  inputs: Pick<Inputs, "thresholds" | "baseline">,
): readonly string[] {
  return [...findWrongWay(inputs), ...findUnnamedBaseline(inputs)];
}

/**
 * Bounds that only a better model has to fear, such as `mae >= production`: a sentence each. A metric
 * that is held from both sides is meant so.
 */
function findWrongWay({ thresholds }: Pick<Inputs, "thresholds">): readonly string[] {
  return thresholds.flatMap(({ text, metric, bounds }) => {
    const [bound, ...more] = bounds;
    const isHigher = isCostMetric(metric)
      ? false
      : (describeMetric(metric)?.higherIsBetter ?? null);
    if (bound === undefined || more.length > 0 || isHigher === null) return [];
    const right = isHigher ? ">=" : "<=";
    const wrong = isHigher ? ["<=", "<"] : [">=", ">"];
    if (!wrong.includes(bound.operator)) return [];
    return [
      `${showablePart(text, 200)} lets worse models pass and better ones fail, since ${isHigher ? "more" : "less"} is better of ${metric}. Was ${right} meant?`,
    ];
  });
}

/** A baseline that was chosen, but that no threshold names although some name another: a sentence, or none. */
function findUnnamedBaseline({
  thresholds,
  baseline,
}: Pick<Inputs, "thresholds" | "baseline">): readonly string[] {
  if (baseline.kind === "none" || baseline.kind === "version") return [];
  const names = referencesOf(thresholds);
  if (names.length === 0 || names.includes("baseline")) return [];
  return [
    `No threshold is held against the input baseline: the thresholds name ${names.join(", ")}. Write baseline in its place to hold them against it.`,
  ];
}
