import { escapePattern } from "./json.ts";

/** Turns one of GitHub's filter patterns into a regular expression over the whole text. */
export function compilePattern(pattern: string): RegExp {
  let source = "";
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index] ?? "";
    if (character === "*" && pattern[index + 1] === "*") {
      // `**/` also matches no folder at all.
      if (pattern[index + 2] === "/" && (index === 0 || pattern[index - 1] === "/")) {
        source += "(?:.*/)?";
        index += 2;
      } else {
        source += ".*";
        index += 1;
      }
    } else if (character === "*") source += "[^/]*";
    else if (character === "?" || character === "+") source += character;
    else if (character === "[") {
      const end = pattern.indexOf("]", index);
      if (end === -1) throw new Error(`the pattern ${pattern} has no closing ]`);
      source += pattern.slice(index, end + 1);
      index = end;
    } else if (character === "\\") {
      index += 1;
      source += escapePattern(pattern[index] ?? "");
    } else source += escapePattern(character);
  }
  return new RegExp(`^${source}$`);
}

/** Whether patterns let a name through: the last one that matches decides, `!` excludes. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negative = pattern.startsWith("!");
    if (compilePattern(negative ? pattern.slice(1) : pattern).test(name)) matched = !negative;
  }
  return matched;
}
