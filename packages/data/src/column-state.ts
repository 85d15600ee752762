import type { ColumnKind } from "./read-options.ts";

/** The place and text of one value, for messages. */
export interface Evidence {
  readonly file: string;
  /** Line of a text file, counted from 1. */
  readonly line?: number;
  /** Row of a file without lines, counted from 1. */
  readonly row?: number;
  /** What stood there, shortened to 80 characters. */
  readonly value: string;
}

/** Why a column that looked like numbers or dates is text. */
export interface TypeNote {
  readonly column: string;
  /** What the values before were. */
  readonly was: "number" | "date";
  readonly evidence: Evidence;
  readonly message: string;
}

/** What is known of a column's type so far, held over chunks, row groups and files. */
export interface ColumnState {
  readonly name: string;
  kind: ColumnKind | "unknown";
  /** The caller named the type: a value of another type is an error instead of a change of type. */
  readonly forced: boolean;
  /** The first value that is neither number nor date; set on text columns. */
  evidence: Evidence | null;
  note: TypeNote | null;
}

/** A column of which nothing was seen yet, or one whose type is given. */
export function createState(name: string, forced: ColumnKind | undefined): ColumnState {
  return {
    name,
    kind: forced ?? "unknown",
    forced: forced !== undefined,
    evidence: null,
    note: null,
  };
}

/** Turns a column into text for good, and says why. */
export function becomeText(state: ColumnState, evidence: Evidence, reason?: string): void {
  const was = state.kind;
  state.kind = "text";
  state.evidence ??= evidence;
  if (was !== "number" && was !== "date") return;
  const values = was === "number" ? "numbers" : "dates";
  state.note = {
    column: state.name,
    was,
    evidence,
    message: `${evidence.file}: column ${state.name} holds ${values} until ${describePlace(evidence)}, which holds ${reason ?? JSON.stringify(evidence.value)}; the whole column is read as text.`,
  };
}

/** `line 42` or `row 41`. */
export function describePlace(evidence: Evidence): string {
  return evidence.line === undefined ? `row ${evidence.row}` : `line ${evidence.line}`;
}

/** A value as a message shows it: at most 80 characters. */
export function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
