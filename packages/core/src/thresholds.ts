import { InputError, type ErrorFacts } from "./errors.ts";
import { suggestNearest } from "./nearest.ts";
import { findMeantLines } from "./threshold-mistakes.ts";
import { findEmptyBound, type MetricRange } from "./threshold-ranges.ts";
import { parseVersion } from "./versions.ts";

/** A comparison in a threshold, read with the metric on its left. */
export type Operator = ">=" | ">" | "<=" | "<" | "==" | "!=";

/** What a metric is held against: a number, or a reference plus or minus something. */
export type Limit =
  | { readonly kind: "number"; readonly value: number }
  | {
      readonly kind: "reference";
      /** `production`, `latest`, `baseline`, `stable` or a version. */
      readonly reference: string;
      /** Added to the reference's value; relative ones are a share of its absolute value. */
      readonly offset: number;
      readonly relative: boolean;
    };

/** One side of a threshold. */
export interface Bound {
  readonly operator: Operator;
  readonly limit: Limit;
}

/** Rows that a threshold looks at: one value of a column, or each value (`value` is `null`). */
export interface SliceSelector {
  readonly column: string;
  readonly value: string | null;
}

/** One line of the threshold grammar. */
export interface Threshold {
  /** The line as it was written, without its comment. */
  readonly text: string;
  /** Counts from 1. */
  readonly line: number;
  readonly metric: string;
  readonly argument: string | null;
  readonly slice: SliceSelector | null;
  readonly bounds: readonly Bound[];
  readonly level: "error" | "warn";
}

/** What may be named in a threshold. */
export interface ThresholdVocabulary {
  readonly metrics: readonly string[];
  /** References besides versions; default production, latest, baseline, stable. */
  readonly references?: readonly string[];
  /** The numbers that a metric can be; `undefined` for any. Bounds beyond them are refused. */
  rangeOf?(metric: string): MetricRange | undefined;
  /** What to write in the place of a name that another tool gives to a metric; `undefined` for any other word. */
  hintOf?(name: string): string | undefined;
}

const REFERENCES = ["production", "latest", "baseline", "stable"];
const FLIPPED: Readonly<Record<Operator, Operator>> = {
  ">=": "<=",
  ">": "<",
  "<=": ">=",
  "<": ">",
  "==": "==",
  "!=": "!=",
};

/**
 * Reads thresholds, one a line, `#` comments.
 *
 * @throws InputError that lists every bad line with its line, column and the nearest known name
 */
export function parseThresholds(
  text: string,
  vocabulary: ThresholdVocabulary,
): readonly Threshold[] {
  const thresholds: Threshold[] = [];
  const faults: ErrorFacts[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = stripComment(raw);
    if (line.trim() === "") continue;
    try {
      thresholds.push(new LineReader(line, { line: index + 1, vocabulary }).read());
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      faults.push({
        code: error.code,
        message: error.message,
        ...(error.hint && { hint: error.hint }),
      });
    }
  }
  if (faults.length === 0) return thresholds;
  throw new InputError({
    code: "INVALID_THRESHOLDS",
    message: faults
      .map((fault) => `${fault.message}${fault.hint ? ` ${fault.hint}` : ""}`)
      .join("\n"),
    hint: "A threshold is `metric >= bound`, for example `accuracy >= 0.9` or `f1_macro >= production - 0.01`.",
  });
}

/** The name under which a threshold's measure is filed: `recall(rain)`, `accuracy[region=EU]`. */
export function measureName(threshold: Pick<Threshold, "metric" | "argument" | "slice">): string {
  const argument = threshold.argument === null ? "" : `(${threshold.argument})`;
  const { slice } = threshold;
  const where =
    slice === null ? "" : `[${slice.column}${slice.value === null ? "" : `=${slice.value}`}]`;
  return `${threshold.metric}${argument}${where}`;
}

/** The references that any of the thresholds names, each once. */
export function referencesOf(thresholds: readonly Threshold[]): readonly string[] {
  const names = thresholds.flatMap((threshold) =>
    threshold.bounds.flatMap((bound) =>
      bound.limit.kind === "reference" ? [bound.limit.reference] : [],
    ),
  );
  return [...new Set(names)];
}

/** A line of thresholds without its comment: a `#` inside quotes belongs to a class or slice name. */
export function stripComment(line: string): string {
  const match = /^(?:[^#"]|"[^"]*")*/.exec(line);
  return match?.[0] ?? "";
}

interface ReadingOptions {
  readonly line: number;
  readonly vocabulary: ThresholdVocabulary;
  /** Whether a refusal names a line that may be meant. */
  readonly suggests?: boolean;
}

function isThreshold(line: string, vocabulary: ThresholdVocabulary): boolean {
  try {
    new LineReader(line, { line: 1, vocabulary, suggests: false }).read();
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Reads one line from left to right; every fault knows its column. */
class LineReader {
  readonly #text: string;
  readonly #line: number;
  readonly #vocabulary: ThresholdVocabulary;
  readonly #suggests: boolean;
  #at = 0;

  constructor(text: string, { line, vocabulary, suggests = true }: ReadingOptions) {
    this.#text = text;
    this.#line = line;
    this.#vocabulary = vocabulary;
    this.#suggests = suggests;
  }

  read(): Threshold {
    const bounds: Bound[] = [];
    const places: number[] = [];
    if (/^\s*[-+]?[\d.]/.test(this.#text)) {
      places.push(this.#place());
      const limit = this.#readLimit();
      bounds.push({ operator: FLIPPED[this.#readOperator()], limit });
    }
    const metric = this.#readMetric();
    const argument = this.#readBracketed("(", ")");
    const slice = this.#readSlice();
    const right = this.#tryOperator();
    if (right !== undefined) {
      places.push(this.#place());
      bounds.push({ operator: right, limit: this.#readLimit() });
    } else if (bounds.length === 0) this.#fail("a comparison (>=, >, <=, <, ==, !=)");
    const level = this.#take(/warn\b/y) === undefined ? "error" : "warn";
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("the end of the line");
    this.#refuseEmptyBounds(metric, bounds, places);
    return { text: this.#text.trim(), line: this.#line, metric, argument, slice, bounds, level };
  }

  #readMetric(): string {
    const start = this.#at;
    const name = this.#take(/[A-Za-z_][\w]*(?:\.[\w./-]+)?/y);
    if (name === undefined) return this.#fail("a metric's name");
    const known = this.#vocabulary.metrics.includes(name) || name.startsWith("run.");
    if (!known) {
      this.#at = start;
      this.#skipSpace();
      this.#refuse(
        `there is no metric "${name}"`,
        this.#vocabulary.hintOf?.(name) ??
          this.#suggestLine() ??
          suggestNearest(name, this.#vocabulary.metrics),
      );
    }
    return name;
  }

  #refuseEmptyBounds(metric: string, bounds: readonly Bound[], places: readonly number[]): void {
    const range = this.#vocabulary.rangeOf?.(metric);
    if (range === undefined) return;
    bounds.forEach((bound, index) => {
      const fault = findEmptyBound(metric, range, bound);
      if (fault === undefined) return;
      this.#at = places[index] ?? 0;
      this.#refuse(fault.message, fault.hint);
    });
  }

  #readBracketed(open: string, close: string): string | null {
    this.#skipSpace();
    if (this.#text[this.#at] !== open) return null;
    this.#at += 1;
    const quoted = this.#take(/"([^"]*)"/y);
    const content =
      quoted === undefined ? this.#take(close === ")" ? /[^)]+/y : /[^\]]+/y) : quoted.slice(1, -1);
    this.#skipSpace();
    if (content === undefined || this.#text[this.#at] !== close)
      this.#fail(`something and then ${close}`);
    this.#at += 1;
    return quoted === undefined ? content.trim() : content;
  }

  #readSlice(): SliceSelector | null {
    this.#skipSpace();
    if (this.#text[this.#at] !== "[") return null;
    this.#at += 1;
    const column = (this.#take(/"[^"]*"|[^\]="]+/y) ?? this.#fail("a column's name")).trim();
    let value: string | null = null;
    if (this.#take(/=/y) !== undefined)
      value = (this.#take(/"[^"]*"|[^\]"]+/y) ?? this.#fail("a value")).trim();
    if (this.#take(/\]/y) === undefined) this.#fail("]");
    return { column: unquote(column), value: value === null ? null : unquote(value) };
  }

  #tryOperator(): Operator | undefined {
    const found = this.#take(/>=|<=|==|!=|>|</y);
    return found === undefined ? undefined : (found as Operator);
  }

  #readOperator(): Operator {
    return this.#tryOperator() ?? this.#fail("a comparison (>=, >, <=, <, ==, !=)");
  }

  #readLimit(): Limit {
    const number = this.#tryNumber();
    if (number !== undefined)
      return { kind: "number", value: number.percent ? number.value / 100 : number.value };
    const start = this.#at;
    const reference = this.#take(/[A-Za-z][\w.]*(?:-[0-9A-Za-z][\w.]*)*/y);
    if (reference === undefined) return this.#fail("a number or a reference such as production");
    const references = this.#vocabulary.references ?? REFERENCES;
    const version = versionOf(reference);
    if (version === undefined && !references.includes(reference)) {
      this.#at = start;
      this.#skipSpace();
      this.#refuse(
        `"${reference}" is no reference`,
        this.#suggestLine() ?? suggestNearest(reference, [...references, "v1.2.3"]),
      );
    }
    const sign = this.#take(/[-+]/y);
    if (sign === undefined) {
      return { kind: "reference", reference: version ?? reference, offset: 0, relative: false };
    }
    const offset = this.#tryNumber() ?? this.#fail("a number or a percentage");
    const signed = sign === "-" ? -offset.value : offset.value;
    return {
      kind: "reference",
      reference: version ?? reference,
      offset: offset.percent ? signed / 100 : signed,
      relative: offset.percent,
    };
  }

  #tryNumber(): { readonly value: number; readonly percent: boolean } | undefined {
    const found = this.#take(/[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*%?/y);
    if (found === undefined) return undefined;
    const percent = found.endsWith("%");
    return { value: Number(percent ? found.slice(0, -1) : found), percent };
  }

  #take(pattern: RegExp): string | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at += 1;
  }

  /** Where the next word begins. */
  #place(): number {
    this.#skipSpace();
    return this.#at;
  }

  /** The line that this one seems to mean, where the grammar takes it. */
  #suggestLine(): string | undefined {
    if (!this.#suggests) return undefined;
    const references = this.#vocabulary.references ?? REFERENCES;
    const isReference = (word: string): boolean =>
      references.includes(word) || versionOf(word) !== undefined;
    const lines = findMeantLines(this.#text, isReference);
    if (lines.length === 0 || !lines.every((line) => isThreshold(line, this.#vocabulary)))
      return undefined;
    const [line = "", ...more] = lines.map((meant) => `\`${meant}\``);
    return more.length === 0
      ? `Did you mean ${line}?`
      : `Write one threshold a line: ${[line, ...more].join(", then ")}.`;
  }

  #fail(expected: string): never {
    this.#skipSpace();
    const found = this.#text.slice(this.#at).trim();
    return this.#refuse(
      `expected ${expected}, found ${found === "" ? "the end of the line" : `"${found}"`}`,
      this.#suggestLine(),
    );
  }

  #refuse(what: string, hint?: string): never {
    throw new InputError({
      code: "INVALID_THRESHOLD",
      message: `Threshold line ${this.#line}, column ${this.#at + 1}: ${what}.`,
      ...(hint !== undefined && { hint }),
    });
  }
}

function versionOf(word: string): string | undefined {
  return /^v\d/.test(word) ? parseVersion(word) : undefined;
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
}
