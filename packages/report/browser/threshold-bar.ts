import { countsAt, type OperatingPoints } from "../src/charts/operating-points.ts";
import { formatNumber } from "../src/format.ts";
import { make } from "./elements.ts";
import { describeValue, shorten } from "./plots.ts";
import { ratesOf } from "./rates.ts";
import type { Store } from "./store.ts";

/** The slider that chooses the threshold of a group's charts, and what the models do there. */
export function createThresholdBar(
  operating: OperatingPoints,
  place: Store<number | null>,
): HTMLElement {
  const { thresholds, classes } = operating;
  const start = nearestPlace(thresholds, 0.5);
  const slider = make("input", {
    type: "range",
    min: "0",
    max: String(thresholds.length - 1),
    step: "1",
    value: String(start),
  });
  const output = make("output", {});
  const reset = make("button", { type: "button" }, "As the model predicted");
  const rates = make("ul", { class: "rates" });
  const show = (): void => {
    const at = place.get();
    const text = at === null ? "not chosen" : formatNumber(thresholds[at]);
    output.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    reset.disabled = at === null;
    rates.replaceChildren(...describeModels(operating, at ?? start));
    rates.hidden = at === null;
  };
  slider.addEventListener("input", () => place.set(Number(slider.value)));
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clear();
  });
  const clear = (): void => {
    slider.value = String(start);
    place.set(null);
  };
  reset.addEventListener("click", () => {
    clear();
    slider.focus();
  });
  place.watch(show);
  show();
  const name = make(
    "span",
    {},
    "Predict ",
    make("code", {}, shorten(classes[1], 40)),
    " from a score of",
  );
  return make(
    "div",
    { class: "threshold", role: "group", "aria-label": "Decision threshold" },
    make("label", {}, name, slider),
    output,
    reset,
    rates,
  );
}

function describeModels(operating: OperatingPoints, place: number): readonly HTMLElement[] {
  return operating.models.map((model) => {
    const rates = ratesOf(countsAt(model, place), operating.confidence);
    const named = [
      ["precision", rates.precision],
      ["recall", rates.recall],
      ["false positive rate", rates.falsePositiveRate],
      ["accuracy", rates.accuracy],
    ] as const;
    const parts = named.map(([name, rate]) =>
      rate.value === null ? `${name} —` : describeValue(name, rate.value, rate),
    );
    return make(
      "li",
      {},
      make("strong", {}, shorten(model.name, 40)),
      `: ${[...parts, `F1 ${formatNumber(rates.f1)}`].join(" · ")}`,
    );
  });
}

function nearestPlace(thresholds: readonly number[], wanted: number): number {
  return thresholds.reduce(
    (best, value, at) =>
      Math.abs(value - wanted) < Math.abs((thresholds[best] ?? Infinity) - wanted) ? at : best,
    0,
  );
}
