import { showablePart } from "#report";
import type { Curves, MetricPoint } from "./metric-lines.ts";

/** Points drawn of one curve. */
const MOST_POINTS = 60;
/** Charts drawn at most: a summary is no dashboard. */
const MOST_CHARTS = 4;

/** The curves of a training as Mermaid charts; losses of both parts share one. */
export function drawCurves(curves: Curves): readonly string[] {
  const drawable = [...curves].filter(([, points]) => countDrawn(points) >= 2);
  const losses = drawable.filter(([name]) => name.endsWith(" loss"));
  const others = drawable.filter(([name]) => !name.endsWith(" loss"));
  const charts = [
    ...(losses.length === 0 ? [] : [drawChart(losses)]),
    ...others.map((curve) => drawChart([curve])),
  ];
  return charts.slice(0, MOST_CHARTS);
}

function countDrawn(points: readonly MetricPoint[]): number {
  return points.filter(({ value }) => value !== null).length;
}

type Named = readonly [name: string, points: readonly MetricPoint[]];

function drawChart(curves: readonly Named[]): string {
  const steps = curves.flatMap(([, points]) => points.map(({ step }) => step));
  const [first, last] = [Math.min(...sample(steps)), Math.max(...sample(steps))];
  const lines = curves.map(
    ([, points]) => `  line [${thin(points, first, last).map(formatValue).join(", ")}]`,
  );
  const title = curves.map(([name]) => plain(name)).join(" and ");
  return [
    "```mermaid",
    "xychart-beta",
    `  title "${title}${curves.length > 1 ? " (in this order)" : ""}"`,
    `  x-axis "step" ${first} --> ${last}`,
    ...lines,
    "```",
  ].join("\n");
}

/** `Math.min` takes its numbers as arguments: of very many, the ends are enough. */
function sample(steps: readonly number[]): readonly number[] {
  return steps.length <= 10_000 ? steps : [...steps.slice(0, 5000), ...steps.slice(-5000)];
}

/** Mermaid spaces points evenly: at even steps, the last value that was known. */
function thin(points: readonly MetricPoint[], first: number, last: number): readonly number[] {
  const known = points
    .filter((point): point is { step: number; value: number } => point.value !== null)
    .toSorted((left, right) => left.step - right.step);
  const count = Math.max(2, Math.min(MOST_POINTS, new Set(known.map(({ step }) => step)).size));
  let at = 0;
  return Array.from({ length: count }, (_, index) => {
    const step = first + ((last - first) * index) / (count - 1);
    while ((known[at + 1]?.step ?? Number.POSITIVE_INFINITY) <= step + 1e-9) at += 1;
    return known[at]?.value ?? 0;
  });
}

function formatValue(value: number): string {
  // Mermaid's grammar has no exponents.
  return Number(value.toPrecision(6)).toFixed(Math.abs(value) >= 1000 ? 1 : 6);
}

/** A metric's name comes from the command: nothing in it may end the title or the fence. */
function plain(name: string): string {
  return showablePart(name, 60).replaceAll(/[^\w ./@%()-]/g, "?");
}
