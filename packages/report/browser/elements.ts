type Child = Node | string;

interface Attributes {
  readonly [name: string]: string;
}

/** An HTML element with attributes and children; strings become text. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. */
export function makeSvg(
  name: string,
  attributes: Attributes,
  ...children: readonly Node[]
): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The data that a JSON element inside of `parent` carries; `null` where there is none. */
export function readJson<T>(parent: Element): T | null {
  const holder = parent.querySelector(':scope > script[type="application/json"]');
  return holder === null ? null : (JSON.parse(holder.textContent) as T);
}
