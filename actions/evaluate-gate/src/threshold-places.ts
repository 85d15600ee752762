/** A file of the repository in which thresholds may stand. */
export interface NamedText {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** A line of a file. */
export interface Place {
  readonly path: string;
  /** Counts from 1. */
  readonly line: number;
}

/**
 * Finds the lines on which thresholds stand, so that a remark about one appears beside it in the
 * diff. Of several files the first that holds the line counts; one that is nowhere has no place.
 */
export function placeThresholds(
  thresholds: readonly string[],
  files: readonly NamedText[],
): ReadonlyMap<string, Place> {
  const wanted = new Map(thresholds.map((text) => [normalise(text), text]));
  const found = new Map<string, Place>();
  for (const { path, text } of files) {
    for (const [index, line] of text.split("\n").entries()) {
      const threshold = wanted.get(normalise(bare(line)));
      if (threshold === undefined || found.has(threshold)) continue;
      found.set(threshold, { path, line: index + 1 });
    }
  }
  return found;
}

/** What a line of YAML says without its comment, its key and its list mark. */
function bare(line: string): string {
  return line
    .replace(/(^|\s)#.*$/, "")
    .replace(/^\s*thresholds\s*:/, "")
    .trim()
    .replace(/^-\s+/, "")
    .replaceAll(/^["']|["']$/g, "");
}

function normalise(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
