import type { Difference, Threshold } from "#core";
import { describeMetric } from "#stats";
import { compareRows, differenceOf, haveMeasure } from "./compare.ts";
import type { Inputs } from "./inputs.ts";
import type { Bench } from "./measure.ts";
import { headlineMetrics, isHigherBetter, type NamedQuantity } from "./metric-lists.ts";
import type { ScoredReference } from "./reference.ts";
import { isCostMetric, MEAN_METRIC } from "./vocabulary.ts";

/** A metric of both models on their common rows. */
export interface ComparedMetric {
  readonly name: string;
  readonly metric: string;
  /** `null` where neither more nor less is better. */
  readonly higherIsBetter: boolean | null;
  readonly candidate: number | null;
  readonly reference: number | null;
  readonly difference: Difference;
}

/** What is compared, and which way it is meant to go. */
interface DirectedQuantity extends NamedQuantity {
  readonly higherIsBetter: boolean | null;
}

/** The headline metrics and those that thresholds hold against a reference, on the common rows. */
export function compareHeadlines(
  baseline: ScoredReference,
  inputs: Inputs,
  bench: Bench,
): readonly ComparedMetric[] {
  const directed = (quantity: NamedQuantity): DirectedQuantity => ({
    ...quantity,
    higherIsBetter: isHigherBetter(quantity.metric),
  });
  const named = inputs.thresholds.flatMap((threshold) => heldQuantity(threshold, baseline, bench));
  // `auc` and `roc_auc` are one metric: what a threshold calls it is how it is shown.
  const wanted = new Map(
    [...headlineMetrics(bench.evaluation).map(directed), ...named].map((one) => [
      `${describeMetric(one.metric)?.name ?? one.metric}(${one.argument ?? ""})`,
      one,
    ]),
  );
  return [...wanted.values()].map((quantity) => compareOne(quantity, baseline, bench));
}

/** What a threshold holds against a reference on all rows; of a measure a row, the bound tells which way is better. */
function heldQuantity(
  { metric, argument, bounds, slice }: Threshold,
  baseline: ScoredReference,
  bench: Bench,
): readonly DirectedQuantity[] {
  const bound = bounds.find(({ limit }) => limit.kind === "reference");
  if (bound === undefined || slice !== null || isCostMetric(metric) || metric.startsWith("run."))
    return [];
  const name = argument === null ? metric : `${metric}(${argument})`;
  const quantity: NamedQuantity = { metric, argument, rows: null, name };
  if (metric !== MEAN_METRIC) return [{ ...quantity, higherIsBetter: isHigherBetter(metric) }];
  const higherIsBetter = bound.operator.startsWith(">")
    ? true
    : bound.operator.startsWith("<")
      ? false
      : null;
  return haveMeasure(argument ?? "", { bench, reference: baseline })
    ? [{ ...quantity, higherIsBetter }]
    : [];
}

function compareOne(
  quantity: DirectedQuantity,
  baseline: ScoredReference,
  bench: Bench,
): ComparedMetric {
  const found = compareRows(quantity, baseline, { bench, nullDifference: 0 });
  return {
    name: quantity.name,
    metric: quantity.metric,
    higherIsBetter: quantity.higherIsBetter,
    candidate: found.candidate,
    reference: found.reference,
    difference: differenceOf(found),
  };
}
