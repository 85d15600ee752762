import * as Plot from "@observablehq/plot";
import { formatNumber } from "../src/format.ts";

/** A place of a drawing that can be read, in its pixels. */
export interface Target {
  readonly x: number;
  readonly y: number;
  /** The first line names it. */
  readonly lines: readonly string[];
}

/** A chart as it is drawn now. */
export interface Drawing {
  readonly svg: Element;
  /** By series, in reading order. */
  readonly targets: readonly (readonly Target[])[];
  /** Along which axis the pointer looks for the nearest target; by default along both. */
  readonly nearestBy?: "x" | "y";
}

/** What a drawing depends on besides its data. */
export interface View {
  readonly width: number;
  /** Series that the reader has put away. */
  readonly hidden: ReadonlySet<number>;
  /** Which of its views the chart shows. */
  readonly view: number;
  /** Place among the thresholds; `null` where none is chosen. */
  readonly place: number | null;
}

/** Colour of the n-th series. */
export function colourOf(series: number): string {
  return `var(--c${series % 8})`;
}

const DASHES = ["none", "7 4", "2 3", "9 3 2 3", "12 4", "4 2", "1 4", "8 2 2 2 2 2"];

/** Dashes tell series apart where colours do not. */
export function dashOf(series: number): string {
  return DASHES[series % DASHES.length] ?? "none";
}

/** A plot in the page's style; `scaleOf` then maps data to its pixels. */
export function plot(options: Plot.PlotOptions & { readonly label: string }): {
  readonly svg: Element;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
} {
  const { label, ...rest } = options;
  const figure = Plot.plot({ className: "plot", ariaLabel: label, ...rest });
  figure.setAttribute("role", "img");
  // Plot names its groups after its marks, which ARIA forbids on elements without a role.
  for (const group of figure.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
  const map =
    (name: "x" | "y") =>
    (value: number): number => {
      const scale = figure.scale(name);
      const half = (scale?.bandwidth ?? 0) / 2;
      return Number(scale?.apply(value) ?? 0) + half;
    };
  return { svg: figure, x: map("x"), y: map("y") };
}

/** Options of an axis with numbers. */
export function numberAxis(label: string, domain?: readonly [number, number]): Plot.ScaleOptions {
  return {
    label,
    labelAnchor: "center",
    labelArrow: "none",
    grid: true,
    ticks: 5,
    nice: domain === undefined,
    ...(domain !== undefined && { domain: [...domain] }),
  };
}

/** Text that fits into some characters. */
export function shorten(text: string, characters: number): string {
  const all = Array.from(text);
  return all.length > characters ? `${all.slice(0, characters - 1).join("")}…` : text;
}

/** `0.81, interval 0.78 to 0.84` */
export function describeValue(
  label: string,
  value: number,
  interval?: {
    readonly low?: number | null | undefined;
    readonly high?: number | null | undefined;
  },
): string {
  const { low, high } = interval ?? {};
  const range =
    typeof low === "number" && typeof high === "number"
      ? ` [${formatNumber(low)}, ${formatNumber(high)}]`
      : "";
  return `${label} ${formatNumber(value)}${range}`;
}

/** `12 rows` */
export function describeRows(rows: number): string {
  return `${formatNumber(Math.round(rows * 100) / 100)} ${rows === 1 ? "row" : "rows"}`;
}

/** `12.5 %` */
export function describeShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
