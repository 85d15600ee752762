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
