import type { MetricDescription } from "./catalog.ts";
import type { CountOptions } from "./count-metrics.ts";
import type { FairnessOptions } from "./fairness.ts";
import { type Undefined, undefinedBecause } from "./measure.ts";

/** A metric as thresholds write it: `recall(rain)` is `{ name: "recall", argument: "rain" }`. */
export interface MetricReference {
  readonly name: string;
  readonly argument?: string | undefined;
}

/** How metrics treat what they cannot divide. */
export type MetricOptions = CountOptions & FairnessOptions;

/** What a binder gets: a known metric, its argument and how to treat empty denominators. */
export interface BindRequest {
  readonly metric: MetricDescription;
  readonly argument: string | undefined;
  readonly options: MetricOptions;
}

/** A number argument, its default where it is left out, or why it is none. */
export function numberArgument(
  { metric, argument }: BindRequest,
  isAllowed: (value: number) => boolean,
): number | Undefined {
  const value = argument === undefined ? metric.argument?.default : Number(argument);
  if (value !== undefined && isAllowed(value)) return value;
  return undefinedBecause(`${metric.name}(${argument ?? ""}): not a number that it can take`);
}
