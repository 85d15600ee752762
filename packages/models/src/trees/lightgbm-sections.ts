import { treeFault } from "./tree-faults.ts";

/** Lines `key=value` by their key, and where they stand, for messages. */
export interface Section {
  readonly fileName: string;
  /** E.g. `the header` or `tree 3`. */
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

/** A LightGBM text model taken apart, its numbers not yet read. */
export interface LightgbmText {
  readonly header: Section;
  readonly trees: readonly Section[];
  /** The parameters it was trained with, by name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** JSON of the pandas categories, as LightGBM's Python package writes it; `null` where there are none. */
  readonly pandasCategories: string | null;
}

/** Takes a model's text apart. Throws a DataError where it is cut off. */
export function splitLightgbmText(text: string, fileName: string): LightgbmText {
  const lines = text.split(/\r?\n/);
  const end = lines.indexOf("end of trees");
  if (end < 0) {
    throw treeFault(
      fileName,
      `it ends after ${lines.length} lines without its line "end of trees"`,
    );
  }
  const starts = lines.flatMap((line, at) => (at < end && line.startsWith("Tree=") ? [at] : []));
  const header = readSection(lines.slice(0, starts[0] ?? end), { fileName, name: "the header" });
  const trees = starts.map((start, at) =>
    readSection(lines.slice(start, starts[at + 1] ?? end), { fileName, name: `tree ${at}` }),
  );
  const tail = lines.slice(end);
  const categories = tail.find((line) => line.startsWith("pandas_categorical:"));
  return {
    header,
    trees,
    parameters: new Map(
      tail.flatMap((line) => {
        const match = /^\[([^:\]]+): (.*)\]$/.exec(line);
        return match === null ? [] : [[match[1] ?? "", match[2] ?? ""] as const];
      }),
    ),
    pandasCategories: categories?.slice("pandas_categorical:".length) ?? null,
  };
}

function readSection(lines: readonly string[], facts: Omit<Section, "values">): Section {
  const values = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf("=");
    // A line without a value, such as average_output, is a flag.
    if (line !== "")
      values.set(at < 0 ? line : line.slice(0, at), at < 0 ? "" : line.slice(at + 1));
  }
  return { ...facts, values };
}

/** The text of a key, which must be there unless a fallback is given. */
export function textOf(section: Section, key: string, fallback?: string): string {
  const value = section.values.get(key) ?? fallback;
  if (value !== undefined) return value;
  throw treeFault(section.fileName, `${section.name} has no line ${key}=`);
}

/** A whole number in 0..most. */
export function countOf(
  section: Section,
  key: string,
  limits: { readonly most: number; readonly fallback?: string },
): number {
  const text = textOf(section, key, limits.fallback);
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= limits.most) return value;
  throw treeFault(
    section.fileName,
    `${section.name} says ${key}=${shorten(text)}, a whole number up to ${limits.most} was expected`,
  );
}

/** The numbers of a key, `length` of them; `nan` and `inf` as C writes them. */
export function numbersOf(section: Section, key: string, length: number): Float64Array {
  const texts = textOf(section, key, length === 0 ? "" : undefined)
    .split(" ")
    .filter((one) => one !== "");
  if (texts.length !== length) {
    throw treeFault(
      section.fileName,
      `${section.name} has ${texts.length} numbers in ${key}, ${length} were expected`,
    );
  }
  return Float64Array.from(texts, (text) => {
    const value = toNumber(text);
    if (!Number.isNaN(value)) return value;
    throw treeFault(
      section.fileName,
      `${section.name} has ${JSON.stringify(shorten(text))} in ${key}`,
    );
  });
}

function toNumber(text: string): number {
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === "-" ? -Infinity : Infinity;
  return /^[+-]?(?:\d|\.\d)/.test(text) ? Number(text) : Number.NaN;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
