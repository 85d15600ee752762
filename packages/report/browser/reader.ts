import { make } from "./elements.ts";
import type { Drawing, Target } from "./plots.ts";

/** Where a reader stands in a chart. */
interface Cursor {
  readonly series: number;
  readonly at: number;
}

/** A chart that pointer and keyboard read alike. */
export interface Reader {
  readonly area: HTMLElement;
  /** Shows another drawing; the cursor stays where it was, as far as it is still there. */
  show(drawing: Drawing): void;
}

/** Farther from every target than these pixels the pointer reads nothing. */
const REACH = 48;
const PAGE = 10;
/** Pixels between a target and what is said of it. */
const GAP = 14;

/** Makes the area of a chart; `announce` says what the keyboard reads. */
export function createReader(name: string, announce: (text: string) => void): Reader {
  const tip = make("div", { class: "tip", "aria-hidden": "true" });
  const ring = make("div", { class: "ring", "aria-hidden": "true" });
  const area = make("div", {
    class: "plot-area",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "interactive chart",
    "aria-label": `${name}. Arrow keys read its values, Escape stops.`,
  });
  let drawing: Drawing = { svg: make("div"), targets: [] };
  let cursor: Cursor | null = null;
  tip.hidden = true;
  ring.hidden = true;

  const read = (next: Cursor | null, aloud: boolean): void => {
    cursor = next;
    const target = next === null ? undefined : drawing.targets[next.series]?.[next.at];
    tip.hidden = target === undefined;
    ring.hidden = target === undefined;
    if (target === undefined) return;
    placeTip(area, { drawing, target, tip, ring });
    if (aloud) announce(target.lines.join(", "));
  };
  area.addEventListener("pointermove", (event) => read(findNearest(drawing, event), false));
  area.addEventListener("pointerdown", (event) => read(findNearest(drawing, event), false));
  area.addEventListener("pointerleave", () => read(null, false));
  area.addEventListener("blur", () => read(null, false));
  area.addEventListener("focus", () => {
    if (area.matches(":focus-visible")) read(moveCursor(drawing, null, "Home"), true);
  });
  area.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      read(null, false);
      return;
    }
    const next = moveCursor(drawing, cursor, event.key);
    if (next === null) return;
    event.preventDefault();
    read(next, true);
  });
  return {
    area,
    show: (next) => {
      drawing = next;
      area.replaceChildren(next.svg, ring, tip);
      const isThere = cursor !== null && next.targets[cursor.series]?.[cursor.at] !== undefined;
      read(isThere ? cursor : null, false);
    },
  };
}

/** Where a key leads; `null` for a key that leads nowhere. */
function moveCursor({ targets }: Drawing, from: Cursor | null, key: string): Cursor | null {
  const filled = targets.flatMap((own, series) => (own.length > 0 ? [series] : []));
  const [first] = filled;
  if (first === undefined) return null;
  const { series, at } = from ?? { series: first, at: 0 };
  const along = (step: number): Cursor => ({
    series,
    at: clamp(from === null ? 0 : at + step, (targets[series]?.length ?? 1) - 1),
  });
  const across = (step: number): Cursor => {
    if (filled.length === 1) return along(step);
    const next =
      filled[clamp(filled.indexOf(series) + (from === null ? 0 : step), filled.length - 1)];
    return { series: next ?? first, at: clamp(at, (targets[next ?? first]?.length ?? 1) - 1) };
  };
  switch (key) {
    case "ArrowRight":
      return along(1);
    case "ArrowLeft":
      return along(-1);
    case "ArrowDown":
      return across(1);
    case "ArrowUp":
      return across(-1);
    case "PageDown":
      return along(PAGE);
    case "PageUp":
      return along(-PAGE);
    case "Home":
      return along(-Infinity);
    case "End":
      return along(Infinity);
    default:
      return null;
  }
}

function clamp(value: number, highest: number): number {
  return Math.max(0, Math.min(highest, value));
}

/** How many pixels of the screen one of the drawing is. */
function scaleOf(svg: Element): { readonly box: DOMRect; readonly scale: number } {
  const box = svg.getBoundingClientRect();
  const width = Number(svg.getAttribute("width"));
  return { box, scale: width > 0 ? box.width / width : 1 };
}

function findNearest(drawing: Drawing, event: PointerEvent): Cursor | null {
  const { box, scale } = scaleOf(drawing.svg);
  const pointer = { x: (event.clientX - box.left) / scale, y: (event.clientY - box.top) / scale };
  const weight = (axis: "x" | "y"): number =>
    drawing.nearestBy === undefined || drawing.nearestBy === axis ? 1 : 0.05;
  let nearest: Cursor | null = null;
  let least = REACH;
  drawing.targets.forEach((own, series) =>
    own.forEach(({ x, y }, at) => {
      const distance = Math.hypot((x - pointer.x) * weight("x"), (y - pointer.y) * weight("y"));
      if (distance >= least) return;
      least = distance;
      nearest = { series, at };
    }),
  );
  return nearest;
}

interface Placing {
  readonly drawing: Drawing;
  readonly target: Target;
  readonly tip: HTMLElement;
  readonly ring: HTMLElement;
}

/** Beside the target, inside of the area. */
function placeTip(area: HTMLElement, { drawing, target, tip, ring }: Placing): void {
  const { box, scale } = scaleOf(drawing.svg);
  const around = area.getBoundingClientRect();
  const x = box.left - around.left + target.x * scale;
  const y = box.top - around.top + target.y * scale;
  ring.style.left = `${x}px`;
  ring.style.top = `${y}px`;
  const [title = "", ...lines] = target.lines;
  tip.replaceChildren(make("strong", {}, title), ...lines.map((line) => make("span", {}, line)));
  const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
  const fitsRight = x + GAP + wide <= around.width;
  const fitsLeft = x - GAP - wide >= 0;
  const left = fitsRight
    ? x + GAP
    : fitsLeft
      ? x - GAP - wide
      : clamp(x - wide / 2, around.width - wide);
  tip.style.left = `${Math.max(0, left)}px`;
  // Beside the target it may stand at any height; else above it, or below where there is no room.
  const above = y - GAP - high;
  const top =
    fitsRight || fitsLeft
      ? clamp(y - high / 2, around.height - high)
      : above >= 0
        ? above
        : y + GAP;
  tip.style.top = `${top}px`;
}
