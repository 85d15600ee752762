import type { ChartData } from "../src/charts/chart.ts";
import type { OperatingPoints } from "../src/charts/operating-points.ts";
import { drawConfusion } from "./draw-confusion.ts";
import { drawCurves } from "./draw-curves.ts";
import { drawHistogram } from "./draw-histogram.ts";
import { drawHistory, drawIntervals } from "./draw-intervals.ts";
import { drawScatter } from "./draw-scatter.ts";
import { make, makeSvg, readJson } from "./elements.ts";
import { colourOf, dashOf, shorten, type Drawing, type View } from "./plots.ts";
import { createReader } from "./reader.ts";
import { createStore, type Store } from "./store.ts";

/** What the charts of one group share. */
export interface Group {
  readonly operating: OperatingPoints | null;
  /** Place among the thresholds; `null` while none is chosen. */
  readonly place: Store<number | null>;
  readonly announce: (text: string) => void;
}

/** Draws a figure's chart above its table, and again whenever something that it shows changes. */
export function mountChart(figure: HTMLElement, group: Group): void {
  const data = readJson<ChartData>(figure);
  const caption = figure.querySelector("figcaption");
  if (data === null || caption === null) return;
  const hidden = createStore<ReadonlySet<number>>(new Set());
  const view = createStore(0);
  const reader = createReader(data.label, group.announce);
  const controls = [...pickerOf(data, view), ...legendOf(data, hidden)];
  caption.after(...controls, reader.area);

  let width = 0;
  const redraw = (): void => {
    if (width === 0) return;
    const now = { width, hidden: hidden.get(), view: view.get(), place: group.place.get() };
    reader.show(draw(data, group.operating, now));
  };
  hidden.watch(redraw);
  view.watch(redraw);
  if (isLinked(data)) group.place.watch(redraw);
  new ResizeObserver(() => {
    const next = Math.round(reader.area.clientWidth);
    if (next === width) return;
    width = next;
    redraw();
  }).observe(reader.area);
}

function isLinked(data: ChartData): boolean {
  return "operating" in data && data.operating !== undefined;
}

function draw(data: ChartData, operating: OperatingPoints | null, view: View): Drawing {
  switch (data.kind) {
    case "curves":
      return drawCurves(data, operating, view);
    case "histogram":
      return drawHistogram(data, operating, view);
    case "confusion":
      return drawConfusion(data, operating, view);
    case "scatter":
      return drawScatter(data, view);
    case "intervals":
      return drawIntervals(data, view);
    case "history":
      return drawHistory(data, view);
  }
}

/** A picker of the metric or model where there are several. */
function pickerOf(data: ChartData, view: Store<number>): readonly HTMLElement[] {
  if (!("views" in data) || data.views.length < 2) return [];
  const select = make(
    "select",
    {},
    ...data.views.map(({ name }, at) => make("option", { value: String(at) }, shorten(name, 60))),
  );
  select.addEventListener("change", () => view.set(Number(select.value)));
  const word = data.kind === "confusion" ? "Model " : "Metric ";
  return [make("div", { class: "controls" }, make("label", {}, word, select))];
}

/** A button a series that puts it away and back. */
function legendOf(data: ChartData, hidden: Store<ReadonlySet<number>>): readonly HTMLElement[] {
  if ((data.kind !== "curves" && data.kind !== "histogram") || data.series.length < 2) return [];
  const buttons = data.series.map(({ name }, at) => {
    const dashes =
      data.kind === "curves" || "outlined" in (data.series[at] ?? {}) ? dashOf(at) : "none";
    const swatch = makeSvg(
      "svg",
      { width: "26", height: "10", "aria-hidden": "true" },
      makeSvg("line", {
        x1: "1",
        x2: "25",
        y1: "5",
        y2: "5",
        stroke: colourOf(at),
        "stroke-width": "3",
        "stroke-dasharray": dashes,
      }),
    );
    const button = make(
      "button",
      { type: "button", "aria-pressed": "true" },
      swatch,
      shorten(name, 40),
    );
    button.addEventListener("click", () => {
      const next = new Set(hidden.get());
      if (!next.delete(at)) next.add(at);
      button.setAttribute("aria-pressed", String(!next.has(at)));
      hidden.set(next);
    });
    return button;
  });
  const name = `Series of ${data.label}`;
  return [make("div", { class: "legend", role: "group", "aria-label": name }, ...buttons)];
}
