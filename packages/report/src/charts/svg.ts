import { escapeHtml } from "../html.ts";

/** A drawing, or a part of one, that may be put into a page as it stands. */
export interface Svg {
  readonly markup: string;
}

/** A note on a chart is one line. */
const LONGEST_TEXT = 160;

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element. Strings among the children are text and are escaped. */
export function element(
  name: string,
  attributes: Attributes,
  ...children: readonly (Svg | string | null)[]
): Svg {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${typeof value === "number" ? round(value) : escapeHtml(value, Number.POSITIVE_INFINITY)}"`,
    )
    .join("");
  const content = children
    .map((child) =>
      child === null
        ? ""
        : typeof child === "string"
          ? escapeHtml(child, LONGEST_TEXT)
          : child.markup,
    )
    .join("");
  return { markup: `<${name}${written}>${content}</${name}>` };
}

/** Several parts as one. */
export function group(attributes: Attributes, children: readonly (Svg | null)[]): Svg {
  return element("g", attributes, ...children);
}

/** The whole drawing; it fills the width that it is given and says what it shows to screen readers. */
export function drawing(
  size: { readonly width: number; readonly height: number; readonly label: string },
  children: readonly (Svg | null)[],
): Svg {
  const { width, height, label } = size;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      role: "img",
      "aria-label": label,
    },
    ...children,
  );
}

/** Two decimals are a hundredth of a pixel. */
function round(value: number): string {
  return String(Number(value.toFixed(2)));
}
