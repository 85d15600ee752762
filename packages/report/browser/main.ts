/** Brings a report page to life: charts, the threshold that they share, tables in any order. */
import type { OperatingPoints } from "../src/charts/operating-points.ts";
import { make, readJson } from "./elements.ts";
import { mountChart } from "./mount-chart.ts";
import { makeSortable } from "./sort-tables.ts";
import { createStore } from "./store.ts";
import { createThresholdBar } from "./threshold-bar.ts";

document.documentElement.classList.add("js");
const status = make("p", { class: "unseen", role: "status" });
document.querySelector("main")?.append(status);
const announce = (text: string): void => {
  status.textContent = text;
};

for (const charts of document.querySelectorAll<HTMLElement>(".charts")) {
  const operating = readJson<OperatingPoints>(charts);
  const place = createStore<number | null>(null);
  for (const figure of charts.querySelectorAll("figure"))
    mountChart(figure, { operating, place, announce });
  if (operating !== null) charts.before(createThresholdBar(operating, place));
}
for (const data of document.querySelectorAll<HTMLDetailsElement>("details.data")) data.open = false;
for (const table of document.querySelectorAll("table")) makeSortable(table);
for (const scroller of document.querySelectorAll<HTMLElement>(".table")) {
  // Only what scrolls needs a stop of the Tab key.
  new ResizeObserver(() => {
    if (scroller.scrollWidth > scroller.clientWidth) scroller.tabIndex = 0;
    else scroller.removeAttribute("tabindex");
  }).observe(scroller);
}
