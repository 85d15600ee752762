import { showablePart } from "./markdown.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text from anywhere as HTML text or attribute value: no markup, no control characters, cut to `limit` characters. */
export function escapeHtml(text: string, limit = 600): string {
  return showablePart(text, limit).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** Figures beyond these digits cannot be seen. */
const DIGITS = 6;

/**
 * Data for a script, inside the page: text from anywhere ends neither the element nor begins a
 * comment, and is shown as {@link showablePart} shows it.
 */
export function embedJson(data: unknown): string {
  const json = JSON.stringify(data, (_, value: unknown) => {
    if (typeof value === "string") return showablePart(value);
    return typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  });
  const safe = json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `<script type="application/json">${safe}</script>`;
}
