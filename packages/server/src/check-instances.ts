import { findNearest } from "#core";
import type { ServedColumn } from "./columns.ts";

/** A row of named values, checked. */
export type Instance = Readonly<Record<string, unknown>>;

/** What is wrong with one value, or with a whole row where `column` is `null`. */
export interface InstanceFault {
  readonly kind: "value" | "missing" | "unknown" | "row";
  readonly row: number;
  readonly column: string | null;
  /** `expected a number or null, found "warm"` */
  readonly message: string;
}

/** Faults that are listed in one answer; the rest would only repeat them. */
export const MOST_FAULTS = 100;

/** Makes the check of instances against the columns: every fault of every row, at most {@link MOST_FAULTS}. */
export function createInstanceChecker(
  columns: readonly ServedColumn[],
): (instances: readonly unknown[]) => readonly InstanceFault[] {
  const known = new Set(columns.map(({ name }) => name));
  return (instances) => {
    const faults: InstanceFault[] = [];
    for (let row = 0; row < instances.length && faults.length < MOST_FAULTS; row += 1) {
      const instance = instances[row];
      if (isInstance(instance)) checkInstance({ instance, row, columns, known }, faults);
      else {
        const message = `expected an object of columns, found ${showValue(instance)}`;
        faults.push({ kind: "row", row, column: null, message });
      }
    }
    return faults.slice(0, MOST_FAULTS);
  };
}

function isInstance(value: unknown): value is Instance {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Checking {
  readonly instance: Instance;
  readonly row: number;
  readonly columns: readonly ServedColumn[];
  readonly known: ReadonlySet<string>;
}

function checkInstance(checking: Checking, faults: InstanceFault[]): void {
  const { instance, row, columns } = checking;
  let present = 0;
  for (const column of columns) {
    // What an object inherits (a column called `constructor`) is never a plain value, so it does not fit.
    if (column.fits(instance[column.name])) present += 1;
    else if (Object.hasOwn(instance, column.name)) {
      present += 1;
      const found = showValue(instance[column.name]);
      faults.push({
        kind: "value",
        row,
        column: column.name,
        message: `expected ${column.expected}, found ${found}`,
      });
    } else {
      faults.push({
        kind: "missing",
        row,
        column: column.name,
        message: `is missing: expected ${column.expected}`,
      });
    }
  }
  if (Object.keys(instance).length !== present) reportUnknown(checking, faults);
}

function reportUnknown({ instance, row, columns, known }: Checking, faults: InstanceFault[]): void {
  for (const name of Object.keys(instance)) {
    if (known.has(name)) continue;
    const free = columns
      .map((column) => column.name)
      .filter((one) => !Object.hasOwn(instance, one));
    const nearest = findNearest(name, free.length > 0 ? free : known);
    const hint =
      nearest === undefined
        ? `the model takes ${[...known].slice(0, 12).join(", ")}${known.size > 12 ? ", …" : ""}`
        : `did you mean ${nearest}?`;
    faults.push({
      kind: "unknown",
      row,
      column: name,
      message: `is no column of this model: ${hint}`,
    });
  }
}

/** A value as a message quotes it, at most forty characters; what is nested is only named. */
export function showValue(value: unknown): string {
  // Writing out what a caller nested ten thousand deep would overflow the stack.
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
