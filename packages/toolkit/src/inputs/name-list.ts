const NAME = /\s*(?:#[^\r\n]*|"((?:[^"]|"")*)"[^\S\r\n]*|([^\s",#][^,\r\n]*))?(?:[,\r\n]|$)/y;

/**
 * Reads `a, "b, c"` as two names, as a line of a CSV is read: a quote within quotes is doubled. A JSON
 * list of texts is one of names too.
 *
 * @throws Error for quotes that do not end, or are followed by more
 */
export function readNames(raw: string): readonly string[] {
  const listed = readJsonList(raw);
  if (listed !== null) return listed;
  const found: string[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < raw.length) {
    const at = NAME.lastIndex;
    const match = NAME.exec(raw);
    if (match === null) {
      const rest =
        raw
          .slice(at)
          .trim()
          .split(/[\r\n]/)[0] ?? "";
      throw new Error(
        `expected names, each alone or in double quotes (a quote within them is written twice), with a comma or a line's end between; found ${rest.slice(0, 60)}.`,
      );
    }
    const [, quoted, plain] = match;
    found.push(quoted?.replaceAll('""', '"') ?? plain?.trim() ?? "");
  }
  return found.filter((name) => name !== "");
}

function readJsonList(raw: string): readonly string[] | null {
  if (!/^\s*\[.*\]\s*$/s.test(raw)) return null;
  try {
    const value: unknown = JSON.parse(raw);
    const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
    return isList ? value : null;
  } catch {
    return null;
  }
}

/** Names as {@link readNames} reads them back, one a line. */
export function writeNames(names: readonly string[]): string {
  return names
    .map((name) => (/^[\s"#[]|[,\r\n]|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name))
    .join("\n");
}
