import { readFileSync } from "node:fs";
import path from "node:path";

const readme = path.resolve(import.meta.dirname, "../../actions/evaluate-gate/README.md");

/** A code block of the gate's README, by the name that stands before it. */
export function readRecipe(name: string): string {
  const block = new RegExp(`<!-- recipe: ${name} -->\\s+\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``);
  const found = block.exec(readFileSync(readme, "utf8"))?.[1];
  if (found === undefined) throw new Error(`README.md has no recipe ${name}.`);
  return found;
}

/** Markdown as a reader sees it: entities are characters, code stands between backticks. */
export function readable(markdown: string): string {
  return markdown
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/<\/?code>/g, "`")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
